/** A lead message as the ledger hands it on (proto/lantian/v1/lead.proto, JSON by field names). */
export interface Lead {
  rule_id: string;
  rule_version: number;
  factor: string;
  state: string;
  retrospective: boolean;
  start_ms: number;
  end_ms: number;
  detected_ms: number;
  title: Text;
  summary: Text;
  legal_basis: Text;
  runbook: Text;
  score_parts?: { name: string; value: number }[];
  other_rules?: string[];
  evidence: {
    readings: Reading[];
    frames: unknown[];
    limit?: { limit_id: string; value: number; reference_oxygen_percent: number; basis: string; clause: string } | null;
    marks: Text[];
    inputs: Record<string, number>;
    charts?: { factor: string; unit: string; start_ms: number; step_ms: number; values: (number | null)[] }[];
  };
}

export interface Text {
  zh: string;
  en: string;
}

export interface Reading {
  factor: string;
  stat: string;
  period: string;
  time_ms: number;
  value: number;
  flag: string;
}

export interface Line {
  title: string;
  unit: string;
  limit: number | undefined;
  points: { at: number; value: number }[];
}

/** One line a factor: the lead's own charts where it has them, else its readings. The limit belongs to its factor. */
export function linesOf(lead: Lead): Line[] {
  const limit = lead.evidence.limit?.value;
  const of = (factor: string) => (factor === lead.factor ? limit : undefined);
  const charts = lead.evidence.charts ?? [];
  if (charts.length) {
    return charts.map((chart) => ({
      title: chart.factor,
      unit: chart.unit,
      limit: of(chart.factor),
      points: chart.values.flatMap((value, index) =>
        value === null ? [] : [{ at: Number(chart.start_ms) + index * Number(chart.step_ms), value }],
      ),
    }));
  }
  const lines = new Map<string, Line>();
  for (const reading of lead.evidence.readings) {
    const title = `${reading.factor} ${reading.stat}`;
    const line = lines.get(title) ?? { title, unit: reading.period, limit: of(reading.factor), points: [] };
    line.points.push({ at: Number(reading.time_ms), value: reading.value });
    lines.set(title, line);
  }
  return [...lines.values()];
}
