"""Dated knowledge: limits, air-quality tables, regions, law, validity; each row has dates, source and confidence.

Pure: reads its own data files once, knows no clock and no bus. Questions take the Beijing day of the conduct
(`day_of`). What is not known is in `data/gaps.csv`, never filled by guess. See README.md.
"""

from lantian_alerts.knowledge.air import ambient_limit, aqi, iaqi
from lantian_alerts.knowledge.explain import explain
from lantian_alerts.knowledge.law import duties, exemptions_for, legal_basis
from lantian_alerts.knowledge.limits import Outlet, day_of, effective, limits_for, stated
from lantian_alerts.knowledge.loader import KnowledgeError, Tables, load
from lantian_alerts.knowledge.regions import membership_of, region_of
from lantian_alerts.knowledge.shipped import shipped
from lantian_alerts.knowledge.warning_levels import warning_conditions, warning_level

__all__ = [
    "KnowledgeError",
    "Outlet",
    "Tables",
    "ambient_limit",
    "aqi",
    "day_of",
    "duties",
    "effective",
    "exemptions_for",
    "explain",
    "iaqi",
    "legal_basis",
    "limits_for",
    "load",
    "membership_of",
    "region_of",
    "shipped",
    "stated",
    "warning_conditions",
    "warning_level",
]
