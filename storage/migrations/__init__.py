"""The schema's history, one file per step. `storage.upgrade` runs them."""
