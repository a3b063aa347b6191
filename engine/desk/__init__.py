"""The use cases: every change of a ticket, one plain function of a Transaction each."""
