"""What follows the feed of everything recorded, a moment behind: the index that search reads."""
