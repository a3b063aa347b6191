"""What happens in the pretended Slack: events, sockets, views, limits, faults."""
