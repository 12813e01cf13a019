"""Where acknowledged frames are safe while Kafka is away (docs/decisions)."""
