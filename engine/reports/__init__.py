"""What managers read: figures of a period, and what is likely to come."""
