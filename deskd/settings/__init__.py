"""Every setting there is, what it may be, and where it stands."""
