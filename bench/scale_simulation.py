"""How evenly many workers share: the real ids, the real choice of a partition, the workers of docs/sizing.md.

What no machine here can run is counted out: every source of a place goes to its partition as a key does, with the
frames a second of its kind, and every partition to a worker, as even as whole partitions allow. The busiest worker
decides how many are needed; its load over the mean is what hashing and whole partitions cost. Pure; the seed is fixed.
"""

import math
from typing import Any

import numpy as np

from bench.sizing import inputs, size
from lantian_kit.bus import partition_of

ASKED = 20_000
"""Ids that are really hashed for each kind; the rest of a place is drawn, each partition as likely as another."""
SEED = 20_261_122


def simulated() -> list[dict[str, Any]]:
    """For each place and number of workers: the busiest worker's frames a second over the mean, at the busiest hour."""
    read = inputs()
    n = {name: float(row["value"]) for part in ("measured", "assumed") for name, row in read[part].items()}
    chance = np.random.default_rng(SEED)
    found = []
    for place in read["places"]:
        planned = size(place, n)
        partitions = planned.partitions
        outlet, vehicle = n["peak"] / n["real_time_seconds"], 1 / n["vehicle_seconds"]
        outlets = _spread(place["outlets"], "outlet", partitions, chance) * outlet
        # Which vehicles drive at once is chance too: half of them, each its own coin.
        driving = chance.binomial(_spread(place["vehicles"], "vehicle", partitions, chance), n["vehicles_at_once"])
        load = outlets + driving * vehicle
        # Two fewer than planned: a number that does not divide the partitions.
        for workers in sorted({1, 2, 4, 8, planned.alerts_pods - 2, planned.alerts_pods, 2 * planned.alerts_pods}):
            if 1 <= workers <= partitions:
                busiest = _busiest(load, workers)
                found.append(
                    {
                        "place": place["name"],
                        "partitions": partitions,
                        "workers": workers,
                        "mean_frames_a_second": round(float(load.sum()) / workers, 1),
                        "busiest_frames_a_second": round(busiest, 1),
                        "busiest_over_mean": round(busiest * workers / float(load.sum()), 3),
                        "planned": workers == planned.alerts_pods,
                    }
                )
    return found


def _spread(count: int, kind: str, partitions: int, chance: np.random.Generator) -> Any:
    """How many sources of a kind lie in each partition: by the real hash the first, by equal chance the rest."""
    asked = min(count, ASKED)
    hashed = [partition_of(f"{kind}-{number:07d}".encode(), partitions) for number in range(asked)]
    known = np.bincount(np.array(hashed, dtype=np.int64), minlength=partitions)
    return known + chance.multinomial(count - asked, np.full(partitions, 1 / partitions))


def _busiest(load: Any, workers: int) -> float:
    """Neighbouring partitions go to one worker, the first workers have one more where it does not come out even."""
    sizes = [math.ceil((len(load) - number) / workers) for number in range(workers)]
    ends = np.cumsum(sizes)
    return float(max(load[end - count : end].sum() for end, count in zip(ends, sizes, strict=True)))
