"""The rules of the desk: no network, no database, no clock and no log of their own."""
