"""The rows of one workspace, read and written inside a transaction."""
