"""What would have happened under other rules: recorded tickets replayed, and two replays compared."""
