import development from "../networks/local.json";
import l1 from "../networks/mainnet-l1.json";
import rollup from "../networks/rollup.json";
import { checkParameters } from "../parameters";

/** Files that a new one begins as. */
export const TEMPLATES = { l1, rollup, development } as const;
export type Kind = keyof typeof TEMPLATES;
export const KINDS = Object.keys(TEMPLATES) as Kind[];

/** Contents of a network file on its way, not checked yet. */
export type Draft = Record<string, unknown>;

export function draftOf(kind: Kind): Draft {
  const { $schema: _schema, ...draft } = structuredClone(TEMPLATES[kind]);
  return draft;
}

const isObject = (value: unknown): value is Draft =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the draft says at `path`, as "terms.fee"; undefined where it has no such field. */
export function fieldOf(draft: Draft, path: string): unknown {
  const [first = "", ...rest] = path.split(".");
  const value = draft[first];
  if (rest.length === 0) return value;
  return isObject(value) ? fieldOf(value, rest.join(".")) : undefined;
}

/** The draft with `value` at `path`. */
export function withField(draft: Draft, path: string, value: unknown): Draft {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) return { ...draft, [first]: value };
  const inner = draft[first];
  return { ...draft, [first]: withField(isObject(inner) ? inner : {}, rest.join("."), value) };
}

/** What is wrong with the draft at `path` and below; by the same schema that reads the file later. */
export function faultsAt(draft: Draft, path: string): string[] {
  return checkParameters(draft).faults.filter((fault) => fault.startsWith(`${path}:`) || fault.startsWith(`${path}.`));
}
