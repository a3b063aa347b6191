"""Who is on duty, how much work each person has, and who would get a ticket."""
