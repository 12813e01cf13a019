"""Which pairs of series are alike in the hours both have: a compiled screen over all pairs."""

import numpy as np

from lantian_alerts.core.compiled import compiled
from lantian_alerts.core.layout import Array


@compiled
def screen_pairs(
    left: Array, left_there: Array, right: Array, right_there: Array, least_hours: int, bound: float, found: Array
) -> None:
    """Sets found[i, j] where series i and j correlate by `bound` and more over at least so many shared hours.

    `left` (series, hours) and `right` (hours, series) are of single precision and hold 0 where nothing is there; the
    masks beside them 0 there and 1 elsewhere. `found`: bytes (series of left, series of right). The sums run along the
    series of `right`, so that they become vector instructions.
    """
    rows, hours = left.shape
    columns = right.shape[1]
    least, share = np.float32(least_hours), np.float32(bound * bound)
    count, together = np.empty(columns, np.float32), np.empty(columns, np.float32)
    one, one_squared = np.empty(columns, np.float32), np.empty(columns, np.float32)
    other, other_squared = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for row in range(rows):
        for held in (count, together, one, one_squared, other, other_squared):
            held[:] = 0.0
        for hour in range(hours):
            if left_there[row, hour] == 0:
                continue
            value = left[row, hour]
            square = value * value
            for column in range(columns):
                there, across = right_there[hour, column], right[hour, column]
                count[column] += there
                one[column] += value * there
                one_squared[column] += square * there
                other[column] += across
                other_squared[column] += across * across
                together[column] += value * across
        for column in range(columns):
            number = count[column]
            covariance = number * together[column] - one[column] * other[column]
            first = number * one_squared[column] - one[column] * one[column]
            second = number * other_squared[column] - other[column] * other[column]
            alike = covariance > 0 and covariance * covariance >= share * first * second
            found[row, column] = 1 if alike and number >= least else 0
