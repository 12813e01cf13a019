"""Events that nobody serves yet."""
