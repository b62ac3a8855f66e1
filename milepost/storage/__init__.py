"""S3, the only place where data lives."""
