"""Who is on duty and who gets which tickets: shifts, assigning, balancing, handing over."""
