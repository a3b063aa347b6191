"""Block Kit as HTML that looks as in Slack."""
