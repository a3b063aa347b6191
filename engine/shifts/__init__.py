"""Who is there and who gets what: shifts, giving out work, evening out loads, handing over."""
