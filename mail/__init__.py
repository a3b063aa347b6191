"""E-mail: mail in by SMTP, read and threaded; mail out composed and given to a relay. No rules of the desk."""
