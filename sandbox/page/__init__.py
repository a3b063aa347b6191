"""The one web page of the stand-ins, for people who try the desk."""
