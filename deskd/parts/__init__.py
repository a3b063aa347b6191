"""What the daemon runs: each with its name, its trouble and its loop."""
