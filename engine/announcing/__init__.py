"""Who hears what of a recorded step: events to effects."""
