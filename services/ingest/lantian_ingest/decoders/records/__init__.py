"""Records of publishers: JSON, CSV and Arrow documents by one table of kinds. Pure."""
