"""Slack's face, with the real Bolt over real sockets against the strict stand-in."""
