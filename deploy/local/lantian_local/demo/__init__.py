"""`lantian demo`: the suite at work on captured frames and simulated stacks, checked against a known truth."""

from lantian_local.demo.show import run

__all__ = ["run"]
