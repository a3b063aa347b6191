"""How things look in Slack. Pure: values in, blocks out."""
