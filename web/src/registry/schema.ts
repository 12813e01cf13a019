/** As much of JSON Schema as the API's entities use. */
export interface Schema {
  $ref?: string;
  type?: string;
  enum?: (string | number)[];
  const?: string;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  default?: unknown;
  description?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  additionalProperties?: unknown;
}

export type Shape = "text" | "number" | "whole" | "time" | "flag" | "choice" | "texts" | "object" | "json";

export interface Input {
  name: string;
  shape: Shape;
  required: boolean;
  choices: string[];
  longest: number | undefined;
  inputs: Input[];
}

interface Document {
  paths: Record<string, { put?: { requestBody?: { content: Record<string, { schema: Schema }> } } }>;
  components: { schemas: Record<string, Schema> };
}

/** Inputs of a kind's entity, from the API's own document: a field that is new there is new in the form. */
export function inputsOf(document: Document, kind: string): Input[] {
  const body = document.paths[`/v1/registry/${kind}/{id}`]?.put?.requestBody?.content["application/json"]?.schema;
  const put = body && resolved(document, body);
  const entity = put?.properties?.entity;
  return entity ? fields(document, entity) : [];
}

function fields(document: Document, schema: Schema): Input[] {
  const found = resolved(document, schema);
  return Object.entries(found.properties ?? {}).map(([name, field]) => inputOf(document, name, field, found.required?.includes(name) ?? false));
}

function inputOf(document: Document, name: string, field: Schema, required: boolean): Input {
  const schema = resolved(document, field);
  const input: Input = { name, shape: "json", required, choices: [], longest: schema.maxLength, inputs: [] };
  if (schema.enum) return { ...input, shape: "choice", choices: schema.enum.map(String) };
  if (schema.type === "boolean") return { ...input, shape: "flag" };
  if (name.endsWith("_ms")) return { ...input, shape: "time" };
  if (schema.type === "integer") return { ...input, shape: "whole" };
  if (schema.type === "number") return { ...input, shape: "number" };
  if (schema.type === "string") return { ...input, shape: "text" };
  if (schema.type === "array" && resolved(document, schema.items ?? {}).type === "string") return { ...input, shape: "texts" };
  if (schema.type === "object" && schema.properties) return { ...input, shape: "object", inputs: fields(document, schema) };
  return input;
}

function resolved(document: Document, schema: Schema): Schema {
  if (schema.$ref) {
    const target = document.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {};
    return resolved(document, target);
  }
  const some = schema.anyOf?.find((one) => one.type !== "null");
  return some ? { ...resolved(document, some), ...(schema.description && { description: schema.description }) } : schema;
}

const ZONE_MS = 8 * 3_600_000;

/** A value as the form shows it: times as the authority's, lists one a line, what is odd as JSON. */
export function toForm(input: Input, value: unknown): unknown {
  switch (input.shape) {
    case "time":
      return typeof value === "number" && value ? new Date(value + ZONE_MS).toISOString().slice(0, 16) : "";
    case "texts":
      return Array.isArray(value) ? value.join("\n") : "";
    case "flag":
      return value === true;
    case "object":
      return Object.fromEntries(input.inputs.map((one) => [one.name, toForm(one, (value as Record<string, unknown> | null)?.[one.name])]));
    case "json":
      return value === undefined || value === null ? "" : JSON.stringify(value, null, 1);
    default:
      return value === undefined || value === null ? "" : String(value);
  }
}

/** What the form holds, as the API wants it; undefined: nothing was filled in. Throws SyntaxError for bad JSON. */
export function fromForm(input: Input, value: unknown): unknown {
  const text = typeof value === "string" ? value.trim() : value;
  switch (input.shape) {
    case "time":
      return text ? Date.parse(`${String(text)}:00+08:00`) : 0;
    case "texts":
      return String(text ?? "").split("\n").map((line) => line.trim()).filter(Boolean);
    case "flag":
      return value === true;
    case "number":
    case "whole":
      return text === "" || text === undefined || text === null ? undefined : Number(text);
    case "object": {
      const filled = Object.entries(value as Record<string, unknown>).some(([, one]) => one !== "" && one !== false);
      return filled ? entityOf(input.inputs, value as Record<string, unknown>) : undefined;
    }
    case "json":
      return text ? (JSON.parse(String(text)) as unknown) : undefined;
    default:
      return text === "" && input.required ? undefined : (text ?? "");
  }
}

export function entityOf(inputs: readonly Input[], values: Record<string, unknown>): Record<string, unknown> {
  const entity: Record<string, unknown> = {};
  for (const input of inputs) {
    const value = fromForm(input, values[input.name]);
    if (value !== undefined) entity[input.name] = value;
  }
  return entity;
}
