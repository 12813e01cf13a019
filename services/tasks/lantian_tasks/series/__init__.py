"""What a source has sent: curves, and rates by month."""
