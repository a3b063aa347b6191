"""When time counts: working hours, holidays, durations."""
