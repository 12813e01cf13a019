"""What a principal may see; the rule itself stands in kit, the same for every service."""

from lantian_kit.access.divisions import scope_of
from lantian_kit.access.scope import EVERYTHING, Scope, ScopeError, prefix_of

__all__ = ["EVERYTHING", "Scope", "ScopeError", "prefix_of", "scope_of"]
