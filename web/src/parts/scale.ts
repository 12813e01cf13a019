export interface Point {
  at: number;
  value: number;
}

/** Places of points, ticks and limit in a drawing; room for the limit even when no value comes near it. */
export function scaleOf(points: readonly Point[], limit: number | undefined, width: number, height: number) {
  const left = 56;
  const [top, bottom] = [10, height - 14];
  const sorted = [...points].filter((point) => Number.isFinite(point.value)).sort((a, b) => a.at - b.at);
  const values = sorted.map((point) => point.value);
  const highest = Math.max(...values, limit ?? 0, 0);
  const lowest = Math.min(...values, 0);
  const step = niceStep((highest - lowest || 1) / 4);
  const [floor, ceiling] = [Math.floor(lowest / step) * step, Math.ceil((highest || 1) / step) * step];
  const [first, last] = [sorted[0]?.at ?? 0, sorted.at(-1)?.at ?? 0];
  const x = (at: number) => (last === first ? (left + width) / 2 : left + 6 + ((at - first) / (last - first)) * (width - left - 12));
  const y = (value: number) => bottom - ((value - floor) / (ceiling - floor)) * (bottom - top);
  const dots = sorted.map((point) => ({
    ...point,
    x: round(x(point.at)),
    y: round(y(point.value)),
    over: limit !== undefined && point.value > limit,
  }));
  const ticks = [];
  for (let value = floor; value <= ceiling + step / 2; value += step) {
    ticks.push({ value: Number(value.toPrecision(6)), y: round(y(value)) });
  }
  return {
    left,
    dots,
    ticks,
    path: dots.map((dot) => `${dot.x},${dot.y}`).join(" "),
    limitY: limit === undefined ? undefined : round(y(limit)),
  };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const fraction = rough / power;
  return power * (fraction <= 1 ? 1 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
