"""The engine of the running suite over a file: no Kafka, no clock. The oracle of tests, of replays and of quality."""
