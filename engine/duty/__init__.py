"""Who is on duty, how much each has in hand, and who would get a ticket."""
