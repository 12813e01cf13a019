"""A notice on its way: claimed, sent, recorded."""
