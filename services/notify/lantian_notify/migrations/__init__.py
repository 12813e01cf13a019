"""The store's steps from release to release, in their order; one more is one module and one line here."""

from lantian_kit.migrations import Migration
from lantian_notify.migrations import m0001_silenced_deliveries

MIGRATIONS: tuple[Migration, ...] = (m0001_silenced_deliveries.MIGRATION,)
