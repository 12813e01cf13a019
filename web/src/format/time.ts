import { language, phrase } from "../words/language";

// The authority's own zone, whatever the browser's is.
const ZONE = "Asia/Shanghai";

// Chinese writes 2026-11-22 16:05 (GB/T 7408), English 22 Nov 2026, 16:05.
function both(chinese: Intl.DateTimeFormatOptions, english: Intl.DateTimeFormatOptions) {
  return { zh: new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, ...chinese }), en: new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, ...english }) };
}

const CLOCK = { hour: "2-digit", minute: "2-digit" } as const;
const minute = both({ dateStyle: "short", timeStyle: "short" }, { dateStyle: "medium", timeStyle: "short" });
const second = both({ dateStyle: "short", timeStyle: "medium" }, { dateStyle: "medium", timeStyle: "medium" });
const ofYear = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, day: "numeric", month: "short", ...CLOCK });
const ofDay = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, ...CLOCK });

/** `2026-11-22 16:05`, or `22 Nov 2026, 16:05`; empty for 0, which says "none" in the API. */
export function at(ms: number | null | undefined): string {
  return ms ? minute[language()].format(ms) : "";
}

/** With seconds, where they matter. */
export function exactly(ms: number | null | undefined): string {
  return ms ? second[language()].format(ms) : "";
}

/** `11-22 16:05`, or `22 Nov, 16:05`: where the year is known. */
export function inYear(ms: number | null | undefined): string {
  if (!ms) return "";
  return language() === "zh" ? minute.zh.format(ms).slice(5) : ofYear.format(ms);
}

/** `16:05`: where the day is known. */
export function inDay(ms: number): string {
  return ofDay.format(ms);
}

/** `2026-11-22`, as inputs of dates have it in every language. */
export function dayText(ms: number): string {
  return minute.zh.format(ms).slice(0, 10);
}

/** How long, in the two largest units: `2天3小时`, `5分钟`. */
export function span(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 1) return phrase("time.lessThan1Minute");
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (days) return hours ? phrase("time.daysHours", { days, hours }) : phrase("time.days", { days });
  if (hours) return rest ? phrase("time.hoursMinutes", { hours, rest }) : phrase("time.hours", { hours });
  return phrase("time.minutes", { rest });
}

/** `还剩2天` or `超期3小时`, against a due time. */
export function left(dueMs: number, nowMs: number): string {
  return dueMs >= nowMs ? phrase("time.left", { now: span(dueMs - nowMs) }) : phrase("time.overdue", { due: span(nowMs - dueMs) });
}
