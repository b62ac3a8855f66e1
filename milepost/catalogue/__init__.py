"""What is on the shelf: search and descriptions of views, features and services."""
