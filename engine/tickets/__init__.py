"""The ticket: its nouns, its history, which moves exist and who may make them."""
