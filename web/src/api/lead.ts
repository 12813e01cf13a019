import { factorName, factorUnit } from "../words/factors";
import { either } from "../words/language";
import { STATS } from "../words/words";

/** A lead message as the ledger hands it on (proto/lantian/v1/lead.proto, JSON by field names). */
export interface Lead {
  rule_id: string;
  rule_version: number;
  factor: string;
  state: string;
  retrospective: boolean;
  start_ms: number | string;
  end_ms: number | string;
  detected_ms: number | string;
  title?: Text;
  summary?: Text;
  legal_basis?: Text;
  runbook?: Text;
  score_parts?: { name: string; value: number }[];
  joined_factors?: string[];
  other_rules?: string[];
  evidence?: {
    readings?: Reading[];
    frames?: unknown[];
    limit?: Limit | null;
    marks?: Text[];
    inputs?: Record<string, number>;
    charts?: Chart[];
  };
}

export interface Text {
  zh: string;
  en: string;
}

export interface Limit {
  limit_id: string;
  value: number;
  reference_oxygen_percent: number;
  basis: string;
  clause: string;
}

export interface Chart {
  factor: string;
  unit: string;
  start_ms: number | string;
  step_ms: number | string;
  values: (number | string | null)[];
}

export interface Reading {
  factor: string;
  stat: string;
  period: string;
  time_ms: number | string;
  value: number;
  flag: string;
}

export interface Point {
  at: number;
  value: number;
  /** The device's mark beside it, when it is not a normal one. */
  flag?: string;
}

export interface Line {
  title: string;
  unit: string;
  limit: number | undefined;
  points: Point[];
  /** Where values are missing in the chart: from, to. */
  gaps: [number, number][];
}

const GAP_STEPS = 1.6;

/** One line a factor: the lead's own charts where it has them, else its readings. The limit belongs to its factor. */
export function linesOf(lead: Lead): Line[] {
  const limit = lead.evidence?.limit?.value;
  const of = (factor: string) => (factor === lead.factor ? limit : undefined);
  const readings = lead.evidence?.readings ?? [];
  const charts = lead.evidence?.charts ?? [];
  if (charts.length) return charts.map((chart) => charted(chart, of(chart.factor), readings));
  const lines = new Map<string, Line>();
  for (const reading of readings) {
    const title = `${factorName(reading.factor)} ${STATS[reading.stat] ?? reading.stat}`;
    const line = lines.get(title) ?? { title, unit: factorUnit(reading.factor), limit: of(reading.factor), points: [], gaps: [] };
    line.points.push({ at: Number(reading.time_ms), value: reading.value, ...flagOf(reading) });
    lines.set(title, line);
  }
  for (const line of lines.values()) {
    line.points.sort((one, other) => one.at - other.at);
    line.gaps = gapsOf(line.points);
  }
  return [...lines.values()];
}

function charted(chart: Chart, limit: number | undefined, readings: readonly Reading[]): Line {
  const [start, step] = [Number(chart.start_ms), Number(chart.step_ms)];
  const flags = new Map(readings.filter((reading) => reading.factor === chart.factor).map((reading) => [Number(reading.time_ms), flagOf(reading)]));
  const points: Point[] = [];
  const gaps: [number, number][] = [];
  chart.values.forEach((value, index) => {
    const at = start + index * step;
    const number = typeof value === "number" ? value : Number.NaN;
    if (Number.isFinite(number)) points.push({ at, value: number, ...flags.get(at) });
    else if (gaps.at(-1)?.[1] === at) gaps[gaps.length - 1] = [gaps.at(-1)?.[0] ?? at, at + step];
    else gaps.push([at, at + step]);
  });
  return { title: factorName(chart.factor), unit: chart.unit, limit, points, gaps };
}

function flagOf(reading: Reading): { flag?: string } {
  return reading.flag && reading.flag !== "N" ? { flag: reading.flag } : {};
}

function gapsOf(points: readonly Point[]): [number, number][] {
  const steps = points.slice(1).map((point, index) => point.at - (points[index]?.at ?? 0)).filter((step) => step > 0);
  if (steps.length < 3) return [];
  const usual = [...steps].sort((one, other) => one - other)[Math.floor(steps.length / 2)] ?? 0;
  return points.slice(1).flatMap((point, index): [number, number][] => {
    const before = points[index]?.at ?? 0;
    return point.at - before > usual * GAP_STEPS ? [[before, point.at]] : [];
  });
}

/** The sentence of a lead; whatever it has when that is missing. */
export function sentenceOf(lead: Lead | undefined, rule: string): string {
  return either(lead?.summary) || either(lead?.title) || rule;
}
