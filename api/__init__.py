"""HTTP callers: health, readiness and metrics on one FastAPI application. It knows nothing of Slack or mail."""
