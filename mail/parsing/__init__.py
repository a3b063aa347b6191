"""Bytes of a mail to what a person would read. Never raises."""
