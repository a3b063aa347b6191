"""Promises to requesters (SLA targets): clocks that run, pause and break, and who is paged when nobody comes."""
