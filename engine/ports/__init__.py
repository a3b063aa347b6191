"""What the engine needs from outside, as protocols; storage and deskd keep these promises."""
