export interface Counted {
  division_code: string;
  severity: number;
  due_ms: number;
}

const GRAVE = 3;

/** Open issues by city (the first four digits of GB/T 2260), the worst first: overdue, then grave, then many. */
export function ranking(open: readonly Counted[], nowMs: number) {
  const cities = new Map<string, { division: string; open: number; grave: number; overdue: number }>();
  for (const issue of open) {
    const division = issue.division_code ? `${issue.division_code.slice(0, 4)}00` : "";
    const city = cities.get(division) ?? { division, open: 0, grave: 0, overdue: 0 };
    city.open += 1;
    city.grave += issue.severity >= GRAVE ? 1 : 0;
    city.overdue += issue.due_ms && issue.due_ms < nowMs ? 1 : 0;
    cities.set(division, city);
  }
  return [...cities.values()].sort(
    (a, b) => b.overdue - a.overdue || b.grave - a.grave || b.open - a.open || a.division.localeCompare(b.division),
  );
}

interface Dropout {
  source_id: string;
  received_ms: number;
  lead: Record<string, unknown>;
}

/** Sources that are silent now: the newest dropout of each that has not closed, the longest silence first. */
export function silent<Row extends Dropout>(dropouts: readonly Row[]): Row[] {
  const newest = new Map<string, Row>();
  for (const row of dropouts) {
    const known = newest.get(row.source_id);
    if (!known || known.received_ms < row.received_ms) newest.set(row.source_id, row);
  }
  return [...newest.values()]
    .filter((row) => !String(row.lead.state).endsWith("CLOSED"))
    .sort((one, other) => Number(one.lead.start_ms) - Number(other.lead.start_ms));
}
