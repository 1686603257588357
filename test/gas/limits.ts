/** What is measured, and the most that it may cost. */

export const ACTIONS = [
  "open",
  "deposit",
  "first-open-signed",
  "activate",
  "activate-batch",
  "collect",
  "collect-batch",
  "collect-batch-tenants",
  "close",
  "expire",
  "expire-batch",
  "expire-batch-tenants",
  "heartbeat",
  "heartbeat-outage",
  "bond",
  "unbond",
  "unbond-finish",
  "withdraw",
  "extend",
  "extend-for",
  "extend-changed",
  "resize",
  "resize-shrink",
  "renew",
  "renew-batch",
  "renew-batch-tenants",
  "renew-changed",
  "renew-batch-changed",
  "renew-repriced",
  "renew-repriced-batch",
  "renew-terms",
  "replica",
  "quote-open",
  "quote-open-terms",
  "quote-open-funded",
  "order-set",
  "fail-over",
  "notice",
  "transfer-offer",
  "transfer-accept",
  "close-dark",
  "close-tolerated",
  "close-changed",
  "expire-changed",
  "collect-changed",
  "collect-final",
  "collect-credit",
  "collect-release",
  "dispute-open",
  "dispute-open-delegated",
  "dispute-open-challenger",
  "dispute-answer",
  "dispute-rule",
  "dispute-execute",
  "dispute-execute-delegated",
  "dispute-execute-challenger",
  "dispute-settle",
  "cast-vote",
  "cast-vote-quorum",
  "cast-vote-quorum-late",
  "cast-vote-signed",
  "cast-vote-signed-wallet",
  "delegate",
  "bond-gift",
  "propose",
  "queue",
  "execute",
] as const;

export type Action = (typeof ACTIONS)[number];

/** first: storage that is zero is written; steady: the same was done before. */
export const STATES = ["first", "steady"] as const;

export type State = (typeof STATES)[number];

/** Gas of one action; of a batch: of each item, the costs of the transaction shared out and rounded up. */
export interface Row {
  action: Action;
  state: State;
  gas: number;
}

/** What an action costs beside `n` leases, `n` offers and `n` funded accounts. */
export interface GrowthRow {
  action: Action;
  n: number;
  gas: number;
}

/** What a settlement costs while its provider was never dark, and after it was dark `OUTAGES` times. */
export interface OutageRow {
  action: Action;
  end: LeaseEnd;
  none: number;
  many: number;
}

/** Where the end of the settled lease lies: ahead, or past: before the outages, amid them, before the last one. */
export const LEASE_ENDS = ["ahead", "before", "amid", "last"] as const;

export type LeaseEnd = (typeof LEASE_ENDS)[number];

/** How often the provider was dark. */
export const OUTAGES = 1_000;

/** The most that these outages may add to a settlement. */
export const mostAdded = (end: LeaseEnd): number => (end === "ahead" ? 500 : 28_000);

/** What it costs while the votes of all involved never changed, and after they changed `CHECKPOINTS` times. */
export interface CheckpointRow {
  action: Action;
  history: History;
  none: number;
  many: number;
}

/** When the votes changed: before the snapshot that is looked up, if one is, half of the times since, or always since. */
export const HISTORIES = ["before", "amid", "since"] as const;

export type History = (typeof HISTORIES)[number];

export const CHECKPOINTS = 100;

/** The most that these checkpoints may add. */
export const mostRemembered = (history: History): number => (history === "before" ? 8_000 : 17_000);

/** Sizes of the market at which growth is measured; rows are measured in the first of them. */
export const SIZES = [10, 1_000, 10_000] as const;

/** Voters, and proposals, at the largest of these sizes. */
export const MOST_VOTERS = 1_000;

/** The dearest size of an action costs at most so many times the cheapest. */
export const MOST_GROWTH = 1.02;

/** The largest runtime code of a contract, in bytes (EIP-170). */
export const MOST_CODE = 24_576;

/** A limit that the design cannot keep: what was asked, what holds instead, and why. */
export interface MissedLimit {
  asked: number;
  own: number;
  because: string;
}

const SLOTS_OF_A_RESIZE =
  "the slots that a resize reads and writes and the contracts that it calls cost more than that alone; it pays the treasury, too, so that no fraction is lost, see its trace below, ADR 7 and ADR 13";
const SLOT_OF_A_FUNDING =
  "the digest of a funding is kept, a slot that was zero, so that only the same message counts as done, see its trace below and ADR 13";
const SLOT_OF_A_CHANGED_LEASE = "a lease that was resized or repriced has a third slot, which is read";

const VOTES_THAT_MOVE = "HOLD that leaves an account whose votes are delegated writes a checkpoint of its delegate";
const VOTES_AND_RECORD = `${VOTES_THAT_MOVE}; and the record of the claim is read and cleared, see ADR 13`;

const TALLY =
  "it writes the tally of its side, a slot that was zero: 17,100 more than any vote after it, see the traces below";

const resizing = (own: number): MissedLimit => ({ asked: 75_000, own, because: SLOTS_OF_A_RESIZE });

const LIMITS: Readonly<Partial<Record<Action, Partial<Record<State, number | MissedLimit>>>>> = {
  open: { steady: 128_000 },
  deposit: { steady: 51_500 },
  "first-open-signed": { first: { asked: 235_000, own: 255_000, because: SLOT_OF_A_FUNDING } },
  activate: { steady: 40_000 },
  "activate-batch": { steady: 12_000 },
  collect: { steady: 64_000 },
  "collect-batch": { steady: 15_000 },
  "collect-batch-tenants": { steady: 20_500 },
  close: { steady: 75_000 },
  expire: { steady: 78_000 },
  "expire-batch": { steady: 16_500 },
  "expire-batch-tenants": { steady: 28_000 },
  heartbeat: { steady: 30_000 },
  "heartbeat-outage": { first: 55_000, steady: 55_000 },
  bond: { first: 105_000, steady: 60_000 },
  unbond: { first: 55_000, steady: 55_000 },
  "unbond-finish": { first: 60_000, steady: 60_000 },
  extend: { steady: 60_000 },
  "extend-changed": { steady: { asked: 60_000, own: 62_000, because: SLOT_OF_A_CHANGED_LEASE } },
  resize: { first: resizing(140_500), steady: resizing(122_500) },
  "resize-shrink": { first: resizing(132_000), steady: resizing(112_000) },
  renew: { steady: 95_000 },
  "renew-batch": { steady: 32_000 },
  "renew-changed": { steady: 95_000 },
  "renew-batch-changed": { steady: 32_000 },
  replica: { steady: 80_000 },
  "close-dark": { steady: 75_000 },
  "close-tolerated": { steady: 75_000 },
  "close-changed": { steady: 75_000 },
  "expire-changed": { steady: 78_000 },
  "dispute-open": { steady: 190_000 },
  "dispute-open-delegated": { steady: { asked: 190_000, own: 215_000, because: VOTES_THAT_MOVE } },
  "dispute-open-challenger": { steady: 190_000 },
  "dispute-rule": { steady: 70_000 },
  "dispute-execute": { steady: 220_000 },
  "dispute-execute-delegated": { steady: { asked: 220_000, own: 235_000, because: VOTES_AND_RECORD } },
  "dispute-execute-challenger": { steady: 220_000 },
  "cast-vote": { first: { asked: 87_000, own: 95_000, because: TALLY }, steady: 87_000 },
  "cast-vote-quorum": { first: { asked: 110_000, own: 117_000, because: TALLY }, steady: 110_000 },
  "cast-vote-quorum-late": { steady: 110_000 },
  "collect-changed": { steady: { asked: 64_000, own: 66_000, because: SLOT_OF_A_CHANGED_LEASE } },
};

/** The limit that was asked for and cannot be kept; undefined: the row has none, or keeps it. */
export function missedLimitOf(action: Action, state: State): MissedLimit | undefined {
  const limit = LIMITS[action]?.[state];
  return typeof limit === "object" ? limit : undefined;
}

/** The most that an action may cost in a state; undefined: it has no limit, the figure is for information. */
export function limitOf(action: Action, state: State): number | undefined {
  const limit = LIMITS[action]?.[state];
  return typeof limit === "object" ? limit.own : limit;
}

/** How many times the cheapest size of each action its dearest costs; NaN where a size is missing. */
export function growthFactors(growth: readonly GrowthRow[]): { action: Action; factor: number }[] {
  return ACTIONS.map((action) => {
    const costs = SIZES.map((n) => growth.find((row) => row.action === action && row.n === n)?.gas ?? Number.NaN);
    return { action, factor: Math.max(...costs) / Math.min(...costs) };
  });
}

/** What has limits. */
export interface Measured {
  rows: readonly Row[];
  growth: readonly GrowthRow[];
  outages: readonly OutageRow[];
  checkpoints: readonly CheckpointRow[];
  sizes: readonly { contract: string; bytes: number }[];
}

/** Every broken limit, as a sentence; empty: all hold. */
export function breaches({ rows, growth, outages, checkpoints, sizes }: Measured): string[] {
  const tooDear = rows.flatMap(({ action, state, gas }) => {
    const [limit, missed] = [limitOf(action, state), missedLimitOf(action, state)];
    if (limit !== undefined && gas > limit) return [`${action} (${state}) costs ${gas} gas, at most ${limit}`];
    return missed !== undefined && gas <= missed.asked
      ? [`${action} (${state}) keeps the limit of ${missed.asked} that was asked for: give up its own in limits.ts`]
      : [];
  });
  const unmeasured = ACTIONS.flatMap((action) =>
    STATES.filter(
      (state) =>
        limitOf(action, state) !== undefined && !rows.some((row) => row.action === action && row.state === state),
    ).map((state) => `${action} (${state}) has a limit and was not measured`),
  );
  const growing = growthFactors(growth).flatMap(({ action, factor }) => {
    if (Number.isNaN(factor)) return [`${action} was not measured in markets of every size`];
    return factor > MOST_GROWTH
      ? [`${action} grows with the market, x${factor.toFixed(4)}, at most x${MOST_GROWTH}`]
      : [];
  });
  const remembering = LEASE_ENDS.flatMap((end) => {
    const measured = outages.filter((row) => row.end === end);
    if (measured.length === 0) return [`No settlement of a lease with its end "${end}" was measured after outages`];
    return measured
      .filter(({ none, many }) => many - none > mostAdded(end))
      .map(
        ({ action, none, many }) =>
          `${action} (${end}) costs ${many - none} more after ${OUTAGES} outages, at most ${mostAdded(end)}`,
      );
  });
  const searching = HISTORIES.flatMap((history) => {
    const measured = checkpoints.filter((row) => row.history === history);
    if (measured.length === 0) return [`Nothing was measured after votes changed "${history}"`];
    return measured
      .filter(({ none, many }) => many - none > mostRemembered(history))
      .map(
        ({ action, none, many }) =>
          `${action} (${history}) costs ${many - none} more after ${CHECKPOINTS} checkpoints, at most ${mostRemembered(history)}`,
      );
  });
  const tooLarge = sizes
    .filter(({ bytes }) => bytes > MOST_CODE)
    .map(({ contract, bytes }) => `${contract} has ${bytes} bytes of code, at most ${MOST_CODE}`);
  return [...tooDear, ...unmeasured, ...growing, ...remembering, ...searching, ...tooLarge];
}
