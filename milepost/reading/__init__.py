"""The client: point-in-time lookups and training sets from a release."""
