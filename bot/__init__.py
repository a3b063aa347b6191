"""Slack: what people do there becomes requests to the desk, and what the desk says is shown there."""
