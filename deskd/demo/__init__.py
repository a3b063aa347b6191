"""`deskd demo`: the real daemon with stand-ins for Slack and a mailbox, and a small town."""
