"""Watches the watchers: a synthetic outlet exceeds on schedule, and its lead has to arrive."""
