"""Talking back: commands to devices, what becomes of them, and what is asked for again after a gap."""
