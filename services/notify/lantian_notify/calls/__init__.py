"""People are asked until somebody acknowledges."""
