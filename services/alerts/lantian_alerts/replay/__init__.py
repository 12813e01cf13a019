"""A rule version over the history kept in Kafka, and what it would have changed for people."""
