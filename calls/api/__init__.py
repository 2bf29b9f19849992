"""The programming interface: the calls as JSON, for whoever may see them."""
