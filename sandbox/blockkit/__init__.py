"""Whether Slack would take these blocks."""
