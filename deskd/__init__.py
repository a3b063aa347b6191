"""The daemon: the only folder that knows all the others, and joins them."""
