"""What several tests share: fakes that pass the suite of the real thing, and examples read from proto/examples."""
