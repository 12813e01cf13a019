"""What can be done at an outlet, by name; one line each."""

from collections.abc import Callable
from functools import partial

from lantian_simulator.scenarios import analysers, faults, frauds, hours
from lantian_simulator.scenarios.outlet import LEARNT, Outlet

Mechanism = Callable[[Outlet], bool]
"""Plans one case at an outlet and labels it; false when there is no room for it."""

FREE: dict[str, Mechanism] = {
    "treatment-failure": faults.treatment_failure,
    "dropout": faults.dropout,
    "selective-dropout": faults.selective_dropout,
    "low-capture": faults.low_capture,
    "frozen": frauds.frozen,
    "sample-dilution": faults.dilution,
    "duct-leak": faults.duct_leak,
    "probe-in-clean-air": faults.probe_in_clean_air,
    "wrong-conversion": frauds.wrong_reference,
    "gain-lowered": analysers.gain_lowered,
    "analyser-exchanged": analysers.analyser_exchanged,
    "range-clipped": frauds.range_lowered,
    "ceiling": frauds.ceiling,
    "replayed-day": frauds.replayed_day,
    "generator": frauds.generator,
    "coarse-steps": frauds.coarse_steps,
    "velocity-factor": frauds.velocity_factor,
    "flow-forged": frauds.flow_forged,
    "bypass": faults.bypass,
    "calibration-abuse": frauds.calibration_at_exceedance,
    "false-stop-mark": frauds.false_stop,
    "mark-abuse": frauds.convenient_marks,
    "multi-drop": faults.multi_drop,
    "calibrated-often": faults.calibrated_often,
    "gas-left-on": faults.gas_left_on,
    "treatment-off": faults.treatment_off,
    "velocity-dead": faults.velocity_dead,
    "poor-month": faults.poor_month,
    "clock-off": faults.clock_off,
    "nox-forged-low": frauds.nox_forged_low,
    "hours-forged": frauds.hours_forged,
    "clean-without-reagent": frauds.clean_without_reagent,
    "hours-restated": hours.hours_restated,
    "extremes-left-behind": hours.extremes_left_behind,
    "amounts-cut": hours.amounts_cut,
    "typed-by-hand": frauds.typed_by_hand,
    "marks-overused": frauds.marks_overused,
    "lax-platform-limit": frauds.lax_platform_limit,
    "closed-but-alive": frauds.closed_but_alive,
    "furnace-cold": faults.furnace_cold,
    "sample-line-cold": faults.sample_line_cold,
    "scrubber-bypassed": faults.scrubber_bypassed,
    "sensor-broken": faults.sensor_broken,
    "poor-days": faults.poor_days,
    "soot-blowing": faults.soot_blowing,
    "several-frauds": frauds.several_frauds,
    "treatment-off-for-days": faults.treatment_off_for_days,
    "response-stop-ignored": partial(frauds.ignores_response, stop=True),
    "response-limit-ignored": partial(frauds.ignores_response, stop=False),
}
"""Strengths as they come: weak cases too, which nobody has to find."""

CLEAR: dict[str, Mechanism] = {
    "range-widened": analysers.range_widened,
    "slope-read-out": analysers.slope_read_out,
    "analyser-down": analysers.analyser_down,
    "duct-leak-large": partial(faults.duct_leak, shares=(0.3, 0.45), after=LEARNT),
    "bypass-wide-open": partial(faults.bypass, wide=True),
    "multi-drop-deep": partial(faults.multi_drop, least=faults.DEEP),
}
"""Strengths with a floor, so that every run has cases somebody has to find (floors: bench/quality_notes.yaml)."""

MECHANISMS: dict[str, Mechanism] = FREE | CLEAR
