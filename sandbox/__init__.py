"""Stand-ins on loopback for Slack, a mailbox and a model; they know nothing of the desk."""
