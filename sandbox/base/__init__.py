"""What all stand-ins share: their log, their errors, the workspace as values."""
