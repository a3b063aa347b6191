"""The commands. Each imports what it needs when it runs, so that `deskd --help` answers at once."""
