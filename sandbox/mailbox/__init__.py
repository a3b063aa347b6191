"""Every employee's mailbox: real SMTP in and out."""
