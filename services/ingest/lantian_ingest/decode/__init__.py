"""Frames to JSON without Kafka: what `lantian decode` prints."""
