"""The handbook of people says what the machine, the policy and the catalogue say."""

from .handbook_tables import ANEW, PAGE, with_tables


def test_the_handbook_is_of_this_ledger() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page, ANEW
