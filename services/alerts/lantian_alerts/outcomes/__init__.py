"""What inspections said about leads, and how often each rule was right."""
