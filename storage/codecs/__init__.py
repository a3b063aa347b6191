"""How events and messages are written as JSON and read again, also what older desks wrote."""
