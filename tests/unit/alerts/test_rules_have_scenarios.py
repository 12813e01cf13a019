"""Every rule of the catalogue is woken by a simulated mechanism, or says why none is (bench/quality_expected.py)."""

from bench.quality_expected import DERIVED, EXPECTED, without_scenario
from bench.quality_score import scored
from lantian_alerts.detect import catalogues
from lantian_proto.v1.lead_pb2 import Lead
from lantian_simulator.scenarios.mechanisms import FREE
from lantian_simulator.scenarios.tables import HOUR_MS, Truth
from lantian_simulator.scenarios.together import CITY_CLEAR, CITY_MECHANISMS
from lantian_simulator.scenarios.vehicles import VEHICLE_MECHANISMS

RULES = set(catalogues.shipped().entries)


def test_every_rule_has_a_scenario() -> None:
    """A new rule needs a line: the mechanism that has to wake it, or the reason why none does."""
    assert without_scenario(RULES) == set()


def test_expectations_name_rules_of_the_catalogue() -> None:
    """No expectation of a rule that has left, no reason for one."""
    named = {rule for expected in EXPECTED.values() for rule in (*expected.must, *expected.may)} | DERIVED.keys()
    assert named <= RULES, named - RULES


def test_every_mechanism_is_expected_somewhere() -> None:
    """What is simulated is scored; labels of mechanisms that give several are listed there too."""
    assert set(VEHICLE_MECHANISMS) - {"unplugged-on-the-way"} <= EXPECTED.keys()
    assert set(FREE) <= EXPECTED.keys()
    assert {*CITY_MECHANISMS, "cloned-outlet"} - CITY_CLEAR.keys() <= EXPECTED.keys()


def test_scores() -> None:
    """Recall counts sure truths, precision every finding; another place, time or factor explains nothing."""
    truths = [
        Truth("s", "frozen", 10 * HOUR_MS, 20 * HOUR_MS, 1.0),
        Truth("t", "frozen", 10 * HOUR_MS, 20 * HOUR_MS, 1.0),
        Truth("t", "dropout", 10 * HOUR_MS, 12 * HOUR_MS, 1.0, sure=False),
    ]

    def lead(source: str, start: int, end: int, rule: str = "frozen-value") -> Lead:
        return Lead(
            rule_id=rule, source_id=source, start_ms=start * HOUR_MS, end_ms=end * HOUR_MS, detected_ms=end * HOUR_MS
        )

    leads = [lead("s", 11, 17), lead("s", 40, 50), lead("u", 11, 17), lead("s", 11, 17, "data-dropout")]
    scores = scored(truths, leads, RULES)
    frozen = scores["frozen-value"].as_json()
    assert (frozen["wanted"], frozen["found"], frozen["recall"]) == (2, 1, 0.5)
    assert (frozen["findings"], frozen["false"]) == (3, 2)
    assert frozen["median_delay_hours"] == 7.0
    assert scores["frozen-value"].missed[0].startswith("t frozen")
    dropout = scores["data-dropout"].as_json()
    assert (dropout["wanted"], dropout["recall"], dropout["precision"]) == (0, None, 0.0)
