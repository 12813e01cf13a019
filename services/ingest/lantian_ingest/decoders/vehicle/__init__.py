"""Vehicles: GB 17691-2018 annex Q, HJ 1239-2021 and GB/T 32960.3-2016 and -2025; see README.md beside this file."""
