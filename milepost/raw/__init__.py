"""The raw log: what loaders land, and which landing dates are closed."""
