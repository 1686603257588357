import {
  ACTIONS,
  breaches,
  CHECKPOINTS,
  growthFactors,
  type History,
  type LeaseEnd,
  limitOf,
  missedLimitOf,
  MOST_CODE,
  MOST_GROWTH,
  MOST_VOTERS,
  mostAdded,
  mostRemembered,
  OUTAGES,
  type Row,
  SIZES,
} from "./limits";
import type { Report, Trace } from "./report";
import { floorOf } from "./trace";

const grouped = (value: number): string => value.toLocaleString("en-US");

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

function table(head: readonly string[], align: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, align, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const roomCell = (gas: number, limit: number): string =>
  gas <= limit ? percent(1 - gas / limit) : `**over by ${percent(gas / limit - 1)}**`;

function limitCells({ action, state, gas }: Row): [string, string] {
  const limit = limitOf(action, state);
  if (limit === undefined) return ["", ""];
  const missed = missedLimitOf(action, state);
  return [missed === undefined ? grouped(limit) : `own: ${grouped(limit)}`, roomCell(gas, limit)];
}

/** Limits that were asked for and that the design cannot keep, with what holds instead. */
function missedLimits(rows: readonly Row[]): string {
  const missed = rows.flatMap((row) => {
    const limit = missedLimitOf(row.action, row.state);
    return limit === undefined ? [] : [{ ...row, ...limit }];
  });
  if (missed.length === 0) return "";
  return `## Limits that are not kept

Asked for, and out of reach of this design. The limit of its own that such a row has instead keeps it from getting worse.

${table(
  ["action", "state", "gas", "asked", "beyond it", "own limit", "because"],
  ["---", "---", "---:", "---:", "---:", "---:", "---"],
  missed.map(({ action, state, gas, asked, own, because }) => [
    action,
    state,
    grouped(gas),
    grouped(asked),
    grouped(gas - asked),
    grouped(own),
    because,
  ]),
)}

`;
}

const ENDS: Readonly<Record<LeaseEnd, string>> = {
  ahead: "is ahead: the lease runs",
  before: "is past, before all of them",
  amid: "is past, amid them",
  last: "is past, before the last of them",
};

const CHANGED: Readonly<Record<History, string>> = {
  before: "before the snapshot, if one is read",
  amid: "half before, half since",
  since: "since the snapshot",
};

/** Where the gas of one row goes, and how much of it no code could save. */
function traceSection({ action, state, spending }: Trace): string {
  const total = spending.reduce((sum, { gas }) => sum + gas, 0);
  return `
### ${action}, ${state}

${table(
  ["where", "for what", "times", "gas", "share"],
  ["---", "---", "---:", "---:", "---:"],
  spending.map(({ where, what, times, gas }) => [where, what, String(times), grouped(gas), percent(gas / total)]),
)}

Without events, and with code that costs nothing: ${grouped(floorOf(spending))}.
`;
}

function verdict(rows: readonly Row[]): string {
  const missed = rows.filter(({ action, state }) => missedLimitOf(action, state) !== undefined);
  if (missed.length === 0) return "Every limit holds.";
  const names = new Set(missed.map(({ action }) => action));
  return `Every limit holds but those asked for ${[...names].join(", ")}, which have others of their own: see below.`;
}

/** gas.md: every figure beside its limit, and what was measured. */
export function toMarkdown(report: Report): string {
  const { rows, growth, outages, checkpoints, scenarios, allowances, sizes, traces, settings } = report;
  const factors = new Map(growthFactors(growth).map(({ action, factor }) => [action, factor]));
  const broken = breaches(report).map((sentence) => `- **${sentence}**`);
  const over = allowances
    .filter(({ action, state, gas }) => gas > (limitOf(action, state) ?? Infinity))
    .map(({ action, state, conditions }) => `${action} (${state}) ${conditions}`);
  const costs = (action: string) =>
    SIZES.map((n) => grouped(growth.find((row) => row.action === action && row.n === n)?.gas ?? Number.NaN));

  return `# What Leasehold costs in gas

Written by \`npm run gas\`, which measures everything again and fails where a limit is broken; \`npm test\` fails where this
page or gas.json is not what the contracts cost. Full cost of a transaction, from its receipt; of a batch: of each item, the
base cost shared out, rounded up.

${broken.length === 0 ? verdict(rows) : broken.join("\n")}${over.length === 0 ? "" : ` With another ERC-20 allowance (below) over their limit: ${over.join("; ")}.`}

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

${missedLimits(rows)}## Growth

The steady row of each action (the first where there is no other) in markets of ${SIZES.map(grouped).join(", ")} running leases of one tenant on one
offer, beside as many more offers of that provider and as many more funded accounts, and beside as many proposals and voters, up to
${grouped(MOST_VOTERS)}, who all voted on the proposal that is voted on, queued or executed. At most x${MOST_GROWTH}.

${table(
  ["action", ...SIZES.map(grouped), "growth"],
  ["---", ...SIZES.map(() => "---:"), "---:"],
  ACTIONS.map((action) => [action, ...costs(action), `x${(factors.get(action) ?? Number.NaN).toFixed(4)}`]),
)}

## Outages

What a settlement costs while its provider was never dark, and after ${grouped(OUTAGES)} outages of it. While the lease runs the provider's
clock says how long it was dark in all; for an end that is past, with heartbeats since, the outages are searched by halving.

${table(
  ["action", "the end of the lease", "no outage", `${grouped(OUTAGES)} outages`, "more", "limit", "room"],
  ["---", "---", "---:", "---:", "---:", "---:", "---:"],
  outages.map(({ action, end, none, many }) => [
    action,
    ENDS[end],
    grouped(none),
    grouped(many),
    grouped(many - none),
    grouped(mostAdded(end)),
    roomCell(many - none, mostAdded(end)),
  ]),
)}

How long the darkness was is another matter: a close reads one slot more where the lease was dark for longer than the outage
allowance, be it in one outage or many (close-tolerated above).

## Checkpoints

What it costs while the votes of whoever acts, and of the provider, changed once, and after they changed ${grouped(CHECKPOINTS)} times more, each time in
another second: a vote is counted by those of the proposal's snapshot, which is searched by halving, the latest ones first.

${table(
  ["action", "the votes changed", "once", `${grouped(CHECKPOINTS)} times more`, "more", "limit", "room"],
  ["---", "---", "---:", "---:", "---:", "---:", "---:"],
  checkpoints.map(({ action, history, none, many }) => [
    action,
    CHANGED[history],
    grouped(none),
    grouped(many),
    grouped(many - none),
    `${history === "before" ? "" : "own: "}${grouped(mostRemembered(history))}`,
    roomCell(many - none, mostRemembered(history)),
  ]),
)}

${grouped(mostRemembered("before"))} was asked for, for past checkpoints. Those since the snapshot have a limit of their own: to look past a hundred of them takes
eight readings of slots instead of one.

## Where the gas goes

Traces, step by step, added up by contract. Linked libraries count as the contract that they work for.
${traces.map(traceSection).join("")}
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
