import type { Point } from "../api/lead";

const MOST_TIMES = 6;

/** Places of points, ticks, times and limit in a drawing; room for the limit even when no value comes near it. */
export function scaleOf(points: readonly Point[], limit: number | undefined, width: number, height: number) {
  const left = 56;
  const [top, bottom] = [10, height - 30];
  const sorted = [...points].filter((point) => Number.isFinite(point.value)).sort((a, b) => a.at - b.at);
  const values = sorted.map((point) => point.value);
  const highest = Math.max(...values, limit ?? 0, 0);
  const lowest = Math.min(...values, 0);
  const step = niceStep((highest - lowest || 1) / 4);
  const [floor, ceiling] = [Math.floor(lowest / step) * step, Math.ceil((highest || 1) / step) * step];
  const [first, last] = [sorted[0]?.at ?? 0, sorted.at(-1)?.at ?? 0];
  const place = (at: number) => (last === first ? (left + width) / 2 : left + 10 + ((at - first) / (last - first)) * (width - left - 24));
  const x = (at: number) => round(Math.min(Math.max(place(at), left), width));
  const y = (value: number) => round(bottom - ((value - floor) / (ceiling - floor)) * (bottom - top));
  const dots = sorted.map((point) => ({ ...point, x: x(point.at), y: y(point.value), over: limit !== undefined && point.value > limit }));
  const ticks = [];
  for (let value = floor; value <= ceiling + step / 2; value += step) ticks.push({ value: Number(value.toPrecision(6)), y: y(value) });
  const times = roundTimes(first, last).map((at) => ({ at, x: x(at) }));

  return {
    left,
    x,
    dots,
    ticks,
    times,
    limitY: limit === undefined ? undefined : y(limit),
    /** Periods as places in the drawing. */
    spans: (periods: readonly [number, number][]) =>
      periods.map(([from, to]) => ({ x: x(from), width: round(Math.max(x(to) - x(from), 1)) })),
    /** The curve, broken where values are missing. */
    paths(gaps: readonly [number, number][]): string[] {
      const parts: string[][] = [[]];
      for (const [index, dot] of dots.entries()) {
        const before = dots[index - 1]?.at;
        if (before !== undefined && gaps.some(([from, to]) => from < dot.at && to > before)) parts.push([]);
        parts.at(-1)?.push(`${dot.x},${dot.y}`);
      }
      return parts.filter((part) => part.length > 1).map((part) => part.join(" "));
    },
  };
}

const ZONE_MS = 8 * 3_600_000;
const STEPS_MS = [1, 2, 5, 10, 30, 60, 120, 240, 360, 720, 1440, 2880, 10_080, 43_200].map((minutes) => minutes * 60_000);

/** Round times of the authority's zone between two, few enough to be read. */
function roundTimes(first: number, last: number): number[] {
  if (!last) return [];
  const step = STEPS_MS.find((one) => (last - first) / one <= MOST_TIMES) ?? STEPS_MS.at(-1) ?? 1;
  const times: number[] = [];
  for (let at = Math.ceil((first + ZONE_MS) / step) * step - ZONE_MS; at <= last; at += step) times.push(at);
  return times.length ? times : [first];
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const fraction = rough / power;
  return power * (fraction <= 1 ? 1 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
