"""What is held back, by whom and until when."""
