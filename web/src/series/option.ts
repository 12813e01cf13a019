import type { ComposeOption } from "echarts/core";
import type { LineSeriesOption } from "echarts/charts";
import type { DataZoomComponentOption, GridComponentOption, MarkAreaComponentOption, TooltipComponentOption } from "echarts/components";

import type { Schemas } from "../api/client";
import { short } from "../format/number";
import { at, inYear } from "../format/time";
import { phrase } from "../words/language";

export type Option = ComposeOption<LineSeriesOption | GridComponentOption | TooltipComponentOption | DataZoomComponentOption | MarkAreaComponentOption>;
export type Curve = Schemas["CurveOut"];

/** A limit as it was registered; 0: from ever, for ever. */
export interface LimitSpan {
  value: number;
  from: number;
  to: number;
}

export interface Mark {
  word: string;
  from: number;
  to: number;
}

export interface Colours {
  ink: string;
  soft: string;
  line: string;
  brand: string;
  grave: string;
  high: string;
  calm: string;
  wash: string;
}

const GAP_STEPS = 1.6;
const ZONE_MS = 8 * 3_600_000;
// The chart draws UTC: shifted by the authority's zone it shows the authority's time, whatever the browser's is.
const drawn = (ms: number) => ms + ZONE_MS;

/** The strictest limit over a span, as corners of a staircase; empty where none held. */
export function stairs(limits: readonly LimitSpan[], from: number, to: number): [number, number | null][] {
  const edges = [...new Set([from, to, ...limits.flatMap((limit) => [limit.from, limit.to])])].filter((edge) => edge >= from && edge <= to).sort((a, b) => a - b);
  return edges.slice(0, -1).flatMap((edge, index): [number, number | null][] => {
    const held = limits.filter((limit) => limit.from <= edge && (!limit.to || limit.to > edge)).map((limit) => limit.value);
    const value = held.length ? Math.min(...held) : null;
    return [[edge, value], [edges[index + 1] ?? to, value]];
  });
}

/** The limit that held at a time. */
export function limitAt(limits: readonly LimitSpan[], ms: number): number | undefined {
  const held = limits.filter((limit) => limit.from <= ms && (!limit.to || limit.to > ms)).map((limit) => limit.value);
  return held.length ? Math.min(...held) : undefined;
}

/** Points with a break wherever the usual step between two was missed. */
export function broken(points: Curve["points"]): (Curve["points"][number] | { time_ms: number; value: null; flag: string })[] {
  const steps = points.slice(1).map((point, index) => point.time_ms - (points[index]?.time_ms ?? 0)).sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  return points.flatMap((point, index) => {
    const before = points[index - 1]?.time_ms;
    const gap = before !== undefined && usual > 0 && point.time_ms - before > usual * GAP_STEPS;
    return gap ? [{ time_ms: before + usual, value: null, flag: "" }, point] : [point];
  });
}

export function optionOf(curve: Curve, limits: readonly LimitSpan[], marks: readonly Mark[], span: { from: number; to: number }, words: { unit: string; flags: Record<string, string> }, colours: Colours): Option {
  const data = broken(curve.points).map((point) => {
    const flagged = Boolean(point.flag) && point.flag !== "N";
    const limit = limitAt(limits, point.time_ms);
    const over = point.value !== null && limit !== undefined && point.value > limit;
    return {
      value: [drawn(point.time_ms), point.value === null ? "-" : point.value] as [number, number | string],
      symbol: flagged || over ? "circle" : "none",
      symbolSize: 7,
      itemStyle: { color: over ? colours.grave : colours.brand },
      ...(flagged && { label: { show: true, formatter: point.flag, color: colours.ink, position: "top" as const } }),
    };
  });
  const flags = new Map(curve.points.map((point) => [drawn(point.time_ms), point.flag]));
  return {
    useUTC: true,
    animation: false,
    grid: { left: 12, right: 16, top: 34, bottom: 58, containLabel: true },
    textStyle: { color: colours.soft },
    tooltip: {
      trigger: "axis",
      renderMode: "richText", // as HTML it would need inline styles, which the policy forbids
      backgroundColor: colours.wash,
      borderColor: colours.line,
      textStyle: { color: colours.ink },
      formatter: (found) => {
        const [first] = Array.isArray(found) ? found : [found];
        const [time, value] = (first?.value ?? []) as [number, number | string];
        if (time === undefined) return "";
        const flag = flags.get(time) ?? "";
        const limit = limitAt(limits, time - ZONE_MS);
        return [
          at(time - ZONE_MS),
          `${typeof value === "number" ? short(value) : phrase("option.missing")} ${words.unit}`,
          ...(limit === undefined ? [] : [phrase("any.limitOf", { limit: short(limit) })]),
          ...(flag && flag !== "N" ? [`${flag} ${words.flags[flag] ?? ""}`] : []),
        ].join("\n");
      },
    },
    dataZoom: [
      { type: "inside", filterMode: "none" },
      { type: "slider", filterMode: "none", height: 22, bottom: 8, borderColor: colours.line, textStyle: { color: colours.soft }, labelFormatter: (time: number) => inYear(time - ZONE_MS) },
    ],
    xAxis: { type: "time", min: drawn(span.from), max: drawn(span.to), axisLine: { lineStyle: { color: colours.line } }, axisLabel: { color: colours.soft, hideOverlap: true }, splitLine: { show: false } },
    yAxis: { type: "value", name: words.unit, nameTextStyle: { color: colours.soft }, axisLabel: { color: colours.soft }, splitLine: { lineStyle: { color: colours.line } } },
    series: [
      {
        type: "line",
        data,
        lineStyle: { color: colours.brand, width: 1.6 },
        connectNulls: false,
        markArea: {
          silent: true,
          itemStyle: { color: colours.line, opacity: 0.5 },
          label: { color: colours.ink, position: "insideTop" },
          data: marks.map((mark): [{ name: string; xAxis: number }, { xAxis: number }] => [{ name: mark.word, xAxis: drawn(mark.from) }, { xAxis: drawn(mark.to) }]),
        },
      },
      {
        type: "line",
        data: stairs(limits, span.from, span.to).map(([time, value]) => [drawn(time), value ?? "-"] as [number, number | string]),
        symbol: "none",
        silent: true,
        lineStyle: { color: colours.grave, type: "dashed", width: 1.5 },
        endLabel: { show: true, formatter: phrase("any.limit"), color: colours.grave, align: "right", verticalAlign: "bottom", offset: [-4, -2] },
        tooltip: { show: false },
      },
    ],
  };
}
