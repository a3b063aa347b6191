"""Slack's Web API, as strict as Slack."""
