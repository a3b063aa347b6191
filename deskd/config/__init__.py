"""Settings read, checked against each other and shown."""
