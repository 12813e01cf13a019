// The authority's own zone, whatever the browser's is.
const ZONE = "Asia/Shanghai";

const minute = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, dateStyle: "short", timeStyle: "short" });
const second = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, dateStyle: "short", timeStyle: "medium" });

/** `2026-11-22 16:05`; empty for 0, which says "none" in the API. */
export function at(ms: number | null | undefined): string {
  return ms ? minute.format(ms) : "";
}

/** With seconds, where they matter. */
export function exactly(ms: number | null | undefined): string {
  return ms ? second.format(ms) : "";
}

/** How long, in the two largest units: `2天3小时`, `5分钟`. */
export function span(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 1) return "不到1分钟";
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (days) return hours ? `${days}天${hours}小时` : `${days}天`;
  if (hours) return rest ? `${hours}小时${rest}分钟` : `${hours}小时`;
  return `${rest}分钟`;
}

/** `还剩2天` or `超期3小时`, against a due time. */
export function left(dueMs: number, nowMs: number): string {
  return dueMs >= nowMs ? `还剩${span(dueMs - nowMs)}` : `超期${span(nowMs - dueMs)}`;
}
