"""Slack out: the courier, how often Slack lets us speak, what its errors mean."""
