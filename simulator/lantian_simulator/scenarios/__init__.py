"""Labelled outlets, stations and vehicles as arrays: every fraud and failure by its mechanism, with a random strength.

Pure functions of a seed, vectorised, so that an outlet's month costs milliseconds. What happens is written from the
way it is done in the field (domain.md appendix A, hj212.md 11), never from the threshold of a rule: a weak fraud may
stay below every rule, and then counts as missed.
"""
