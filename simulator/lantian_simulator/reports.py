"""What a data logger says about its samples: the content (CP) of real-time, hour and day uploads of HJ 212-2017."""

from lantian_simulator.frames import stamp
from lantian_simulator.industries import POLLUTANTS
from lantian_simulator.plant import DECIMALS, FLOW, Samples

ORDER: tuple[str, ...] = (*POLLUTANTS, "a19001", "a01011", "a01012", "a01013", "a01014", FLOW)
_VALID_HOURS_OF_A_DAY = 20


def real_time(samples: Samples, minute: int) -> str:
    """Return the content of a 2011 upload: the samples of one minute, DataTime is that minute."""
    items = []
    for factor in ORDER:
        digits = DECIMALS[factor]
        fields = [f"{factor}-Rtd={samples.measured[factor][minute]:.{digits}f}"]
        if factor in samples.converted:
            fields.append(f"{factor}-ZsRtd={samples.converted[factor][minute]:.{digits}f}")
        items.append(",".join([*fields, f"{factor}-Flag=N"]))
    return _content(samples.start_ms + minute * 60_000, items)


def hour(samples: Samples) -> str:
    """Return the content of a 2061 upload: minimum, mean, maximum, amount; DataTime is the hour's start."""
    return _period(samples, "N")


def day(samples: Samples) -> str:
    """Return the content of a 2031 upload; marked D with fewer than 20 hours of samples (HJ 212-2017 appendix D)."""
    hours = len(samples.measured[FLOW]) // 60
    return _period(samples, "N" if hours >= _VALID_HOURS_OF_A_DAY else "D")


def _period(samples: Samples, flag: str) -> str:
    flow = samples.measured[FLOW]
    seconds = 60 * len(flow)
    items = []
    for factor in ORDER:
        digits = DECIMALS[factor]
        values = samples.measured[factor]
        fields = [
            f"{factor}-Min={values.min():.{digits}f}",
            f"{factor}-Avg={values.mean():.{digits}f}",
            f"{factor}-Max={values.max():.{digits}f}",
        ]
        if factor in samples.converted:
            converted = samples.converted[factor]
            fields += [
                f"{factor}-ZsMin={converted.min():.{digits}f}",
                f"{factor}-ZsAvg={converted.mean():.{digits}f}",
                f"{factor}-ZsMax={converted.max():.{digits}f}",
                f"{factor}-Cou={(values * flow).mean() * seconds * 1e-6:.3f}",
            ]
        elif factor == FLOW:
            fields.append(f"{factor}-Cou={flow.mean() * seconds:.0f}")
        items.append(",".join([*fields, f"{factor}-Flag={flag}"]))
    return _content(samples.start_ms, items)


def _content(time_ms: int, items: list[str]) -> str:
    return ";".join([f"DataTime={stamp(time_ms)}", *items])
