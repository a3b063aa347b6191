"""Tables, columns and the ways of two databases. Nothing of tickets is decided here."""
