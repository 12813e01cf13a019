export interface Spot {
  id: string;
  name: string;
  longitude: number;
  latitude: number;
  city: string;
  /** Gravest of what is open there; 0: nothing. */
  severity: number;
}

export interface View {
  /** Middle in degrees, and pixels a degree of latitude. */
  longitude: number;
  latitude: number;
  scale: number;
  /** How much a degree of longitude is of one of latitude; stays while one looks around, so that nothing jumps. */
  narrow: number;
}

const SMALLEST_SPAN = 0.5;
const PADDING = 0.82;

/** How much a degree of longitude is of one of latitude there. */
export function narrowing(latitude: number): number {
  return Math.max(Math.cos((latitude * Math.PI) / 180), 0.05);
}

/** The view that shows all spots in a drawing of this size. */
export function fitting(spots: readonly Spot[], width: number, height: number): View {
  if (!spots.length) return { longitude: 114.5, latitude: 37, scale: height / 10, narrow: narrowing(37) };
  const [west, east] = bounds(spots.map((spot) => spot.longitude));
  const [south, north] = bounds(spots.map((spot) => spot.latitude));
  const latitude = (south + north) / 2;
  const spanX = Math.max((east - west) * narrowing(latitude), SMALLEST_SPAN);
  const spanY = Math.max(north - south, SMALLEST_SPAN);
  return { longitude: (west + east) / 2, latitude, scale: PADDING * Math.min(width / spanX, height / spanY), narrow: narrowing(latitude) };
}

export function toPixel(view: View, width: number, height: number, longitude: number, latitude: number): { x: number; y: number } {
  return {
    x: width / 2 + (longitude - view.longitude) * view.narrow * view.scale,
    y: height / 2 - (latitude - view.latitude) * view.scale,
  };
}

/** The same place under the pointer before and after. */
export function zoomed(view: View, width: number, height: number, x: number, y: number, factor: number): View {
  const scale = Math.min(Math.max(view.scale * factor, 10), 20_000);
  const dx = (x - width / 2) / view.narrow;
  const dy = y - height / 2;
  return {
    narrow: view.narrow,
    longitude: view.longitude + dx / view.scale - dx / scale,
    latitude: view.latitude - dy / view.scale + dy / scale,
    scale,
  };
}

/** The spot nearest to a pixel within reach, the gravest first. */
export function under(spots: readonly Spot[], view: View, width: number, height: number, x: number, y: number, reach: number): Spot | undefined {
  let best: Spot | undefined;
  let least = Infinity;
  for (const spot of spots) {
    const at = toPixel(view, width, height, spot.longitude, spot.latitude);
    const distance = Math.hypot(at.x - x, at.y - y) - spot.severity;
    if (distance <= reach && distance < least) [best, least] = [spot, distance];
  }
  return best;
}

/** Middle of each city's spots, for its name. */
export function cityLabels(spots: readonly Spot[]): { city: string; longitude: number; latitude: number }[] {
  const sums = new Map<string, { longitude: number; latitude: number; count: number }>();
  for (const spot of spots) {
    const sum = sums.get(spot.city) ?? { longitude: 0, latitude: 0, count: 0 };
    sum.longitude += spot.longitude;
    sum.latitude += spot.latitude;
    sum.count += 1;
    sums.set(spot.city, sum);
  }
  return [...sums].map(([city, sum]) => ({ city, longitude: sum.longitude / sum.count, latitude: sum.latitude / sum.count }));
}

function bounds(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}
