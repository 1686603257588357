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

/** Sizes of the market at which growth is measured; rows are measured in the first of them. */
export const SIZES = [10, 1_000, 10_000] as const;

/** The dearest size of an action costs at most so many times the cheapest. */
export const MOST_GROWTH = 1.02;

/** The largest runtime code of a contract, in bytes (EIP-170). */
export const MOST_CODE = 24_576;

const LIMITS: Readonly<Partial<Record<Action, Partial<Record<State, number>>>>> = {
  open: { steady: 128_000 },
  deposit: { steady: 51_500 },
  "first-open-signed": { first: 235_000 },
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
};

/** The most that an action may cost in a state; undefined: it has no limit, the figure is for information. */
export const limitOf = (action: Action, state: State): number | undefined => LIMITS[action]?.[state];

/** How many times the cheapest size of each action its dearest costs; NaN where a size is missing. */
export function growthFactors(growth: readonly GrowthRow[]): { action: Action; factor: number }[] {
  return ACTIONS.map((action) => {
    const costs = SIZES.map((n) => growth.find((row) => row.action === action && row.n === n)?.gas ?? Number.NaN);
    return { action, factor: Math.max(...costs) / Math.min(...costs) };
  });
}

/** Every broken limit, as a sentence; empty: all hold. */
export function breaches(
  rows: readonly Row[],
  growth: readonly GrowthRow[],
  sizes: readonly { contract: string; bytes: number }[],
): string[] {
  const tooDear = rows.flatMap(({ action, state, gas }) => {
    const limit = limitOf(action, state);
    return limit !== undefined && gas > limit ? [`${action} (${state}) costs ${gas} gas, at most ${limit}`] : [];
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
  const tooLarge = sizes
    .filter(({ bytes }) => bytes > MOST_CODE)
    .map(({ contract, bytes }) => `${contract} has ${bytes} bytes of code, at most ${MOST_CODE}`);
  return [...tooDear, ...unmeasured, ...growing, ...tooLarge];
}
