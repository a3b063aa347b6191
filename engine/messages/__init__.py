"""What the desk says to people: one frozen dataclass for each kind of message, and the instruction to say it."""
