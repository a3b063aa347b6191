"""Lists and search: what is asked for, what its reader may read, and what words are looked up."""
