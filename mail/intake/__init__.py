"""Mail in: doors that keep before they say yes, and the reader that hands it to the desk."""
