"""Slack in: the app, its sockets, the inbox that stores before it acks."""
