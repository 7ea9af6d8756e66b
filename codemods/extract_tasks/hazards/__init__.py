"""Why work must stay with the request: what a worker does not have, and what the client would miss."""
