"""What people read, and what machines get."""
