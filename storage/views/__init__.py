"""Reads for lists, cards, reports and operators: a moment old, never written back."""
