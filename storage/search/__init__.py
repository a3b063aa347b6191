"""Full-text search: the feed that it follows, one row per ticket, and how words find it."""
