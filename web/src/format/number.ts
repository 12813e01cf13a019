/** A measured value with at most four significant digits, no trailing zeros: 35, 0.1234, 12340. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "—";
  const digits = Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4);
  return String(Number(digits));
}

/** 0.875 → 88%; nothing judged: —. */
export function share(value: number | null | undefined): string {
  return value === null || value === undefined ? "—" : `${Math.round(value * 100)}%`;
}
