import { z } from "zod";

import {
  ACTIONS,
  breaches,
  growthFactors,
  type GrowthRow,
  limitOf,
  MOST_CODE,
  MOST_GROWTH,
  type Row,
  SIZES,
  STATES,
} from "./limits";
import type { Scenario } from "./scenario";
import type { Spending } from "./trace";

/** The figures that screens and other programs read. */
export interface Figures {
  rows: Row[];
  growth: GrowthRow[];
}

export interface CodeSize {
  contract: string;
  bytes: number;
}

/** Everything that the report says. */
export interface Report extends Figures {
  /** Of each row, in their order. */
  scenarios: readonly Pick<Scenario, "conditions">[];
  /** Rows measured with other allowances. */
  allowances: readonly (Row & { conditions: string })[];
  sizes: readonly CodeSize[];
  /** Of the steady open. */
  spending: readonly Spending[];
  /** Settings of the compiler and the network, by name. */
  settings: Readonly<Record<string, string>>;
}

const figuresSchema = z.strictObject({
  rows: z.array(z.strictObject({ action: z.enum(ACTIONS), state: z.enum(STATES), gas: z.int().positive() })),
  growth: z.array(z.strictObject({ action: z.enum(ACTIONS), n: z.int().positive(), gas: z.int().positive() })),
});

/** The figures in the text of a gas.json; throws where it has another form. */
export const readFigures = (text: string): Figures => figuresSchema.parse(JSON.parse(text));

/** gas.json: one row on each line. */
export function toJson({ rows, growth }: Figures): string {
  const list = (items: readonly object[]) =>
    items
      .map(
        (item) =>
          `    ${JSON.stringify(item)
            .replace(/([{,:])/g, "$1 ")
            .replace(/}$/, " }")}`,
      )
      .join(",\n");
  return `{\n  "rows": [\n${list(rows)}\n  ],\n  "growth": [\n${list(growth)}\n  ]\n}\n`;
}

const grouped = (value: number): string => value.toLocaleString("en-US");

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

function table(head: readonly string[], align: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, align, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function limitCells({ action, state, gas }: Row): [string, string] {
  const limit = limitOf(action, state);
  if (limit === undefined) return ["", ""];
  return [grouped(limit), gas <= limit ? percent(1 - gas / limit) : `**over by ${percent(gas / limit - 1)}**`];
}

/** gas.md: every figure beside its limit, and what was measured. */
export function toMarkdown(report: Report): string {
  const { rows, growth, scenarios, allowances, sizes, spending, settings } = report;
  const total = spending.reduce((sum, { gas }) => sum + gas, 0);
  const factors = new Map(growthFactors(growth).map(({ action, factor }) => [action, factor]));
  const broken = breaches(rows, growth, sizes).map((sentence) => `- **${sentence}**`);
  const over = allowances
    .filter(({ action, state, gas }) => gas > (limitOf(action, state) ?? Infinity))
    .map(({ action, state, conditions }) => `${action} (${state}) ${conditions}`);
  const costs = (action: string) =>
    SIZES.map((n) => grouped(growth.find((row) => row.action === action && row.n === n)?.gas ?? Number.NaN));

  return `# What Leasehold costs in gas

Written by \`npm run gas\`, which measures everything again and fails where a limit is broken; \`npm test\` fails where this
page or gas.json is not what the contracts cost. Full cost of a transaction, from its receipt; of a batch: of each item, the
base cost shared out, rounded up.

${broken.length === 0 ? "Every limit holds." : broken.join("\n")}${over.length === 0 ? "" : ` With another ERC-20 allowance (below) over their limit: ${over.join("; ")}.`}

## Actions

${table(
  ["action", "state", "gas", "limit", "room", "what was measured"],
  ["---", "---", "---:", "---:", "---:", "---"],
  rows.map((row, index) => [
    row.action,
    row.state,
    grouped(row.gas),
    ...limitCells(row),
    scenarios[index]?.conditions ?? "",
  ]),
)}

*First* writes storage that was zero; *steady* was done before by the same parties. All of it in a market with ${SIZES[0]} running
leases, ${SIZES[0]} more offers and ${SIZES[0]} more funded accounts, through a plain ERC-20 of 6 decimals: a token behind a proxy or with a
blacklist costs more to deposit (first-open-signed included) and withdraw, and nothing more in any other row. Calldata is priced byte by byte, so ids of
leases and offers that have another byte cost 12 gas more.

What the same costs with another ERC-20 allowance, which is the caller's choice. One that is used up returns gas; one without
limit is not written; one of which some is left is written, and nothing returns:

${table(
  ["action", "state", "gas", "limit", "room", "what was measured"],
  ["---", "---", "---:", "---:", "---:", "---"],
  allowances.map((row) => [row.action, row.state, grouped(row.gas), ...limitCells(row), row.conditions]),
)}

## Growth

The steady row of each action (the first where there is no other) in markets of ${SIZES.map(grouped).join(", ")} running leases of one tenant on one
offer, beside as many more offers of that provider and as many more funded accounts. At most x${MOST_GROWTH}.

${table(
  ["action", ...SIZES.map(grouped), "growth"],
  ["---", ...SIZES.map(() => "---:"), "---:"],
  ACTIONS.map((action) => [action, ...costs(action), `x${(factors.get(action) ?? Number.NaN).toFixed(4)}`]),
)}

## Where the gas of an open goes

The trace of the steady open, step by step, added up by contract.

${table(
  ["where", "for what", "times", "gas", "share"],
  ["---", "---", "---:", "---:", "---:"],
  spending.map(({ where, what, times, gas }) => [where, what, String(times), grouped(gas), percent(gas / total)]),
)}

## Code size

Runtime code, of at most ${grouped(MOST_CODE)} bytes (EIP-170).

${table(
  ["contract", "bytes", "room"],
  ["---", "---:", "---:"],
  sizes.map(({ contract, bytes }) => [contract, grouped(bytes), grouped(MOST_CODE - bytes)]),
)}

## Settings

${table(
  ["setting", "value"],
  ["---", "---"],
  Object.entries(settings).map(([name, value]) => [name, value]),
)}
`;
}
