"""What waits: spool, outbox, timers, chores, each leased to one daemon at a time."""
