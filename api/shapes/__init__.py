"""The stable JSON shapes, a module per family: what REST, webhooks, exports and every `--json` write.

No key is ever removed. Instants are RFC 3339 in UTC with Z, days ISO dates, durations seconds; null says "not so".
Nothing here knows a server, a request or a database: only pydantic and the rules.
"""
