"""Slack as tests, the demo and the page take it: a server, and people at their clients."""
