"""What deskd.toml declares, in the words of the engine."""
