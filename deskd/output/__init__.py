"""What commands print and write: tables, files, JSON."""
