"""What would have been under other rules: recorded tickets replayed, and two worlds compared."""
