"""The store's steps from release to release, in their order; one more is one module and one line here."""

from lantian_kit.migrations import Migration
from lantian_tasks.migrations import (
    m0001_ledger_copies,
    m0002_lists_in_order,
    m0003_leads_in_order,
    m0004_rounds_start,
)

MIGRATIONS: tuple[Migration, ...] = (
    m0001_ledger_copies.MIGRATION,
    m0002_lists_in_order.MIGRATION,
    m0003_leads_in_order.MIGRATION,
    m0004_rounds_start.MIGRATION,
)
