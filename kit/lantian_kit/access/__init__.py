"""Who calls a service and what it may see, the same for every service."""
