"""The ledger as one file: taken while the suite runs, checked before anything is written back."""
