"""Browser tests have verbs of their own (`make console`, `make story`); `make test` does not run them."""
