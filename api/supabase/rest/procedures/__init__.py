"""The old database's functions, as `rpc` calls them."""
