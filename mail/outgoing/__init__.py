"""Mail out: what the desk tells, composed and given to a relay."""
