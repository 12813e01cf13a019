"""The pure core of detection: time and facts come from the stream, nothing here reads a clock, a socket or a store."""
