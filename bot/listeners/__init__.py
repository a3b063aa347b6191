"""What people did in Slack, as requests to the desk. Nothing is decided here."""
