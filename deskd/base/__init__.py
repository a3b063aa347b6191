"""What everything in the daemon rests on: time, ids, errors, logs, a terminal."""
