"""How storage is opened, brought up to date and written to."""
