"""A release as it stands on S3: its manifest, its files, and what can be asked of them."""
