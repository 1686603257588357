import { z } from "zod";

import { insertAll } from "./bulk";
import type { Queries, Row } from "./database";

/** What transactions that are mined came to: of one account, on one day of the chain. */
export interface Totals {
  /** Nonces whose transaction did something, or was to do nothing. */
  readonly done: number;
  readonly reverted: number;
  /** Mined without doing anything of what they were for: others were first. */
  readonly empty: number;
  /** Nonces that transactions took which no keeper of this store signed. */
  readonly foreign: number;
  /** Fees, wei. */
  readonly spent: bigint;
  /** Of these, fees of what reverted or did nothing. */
  readonly inVain: bigint;
  /** Base units by token. */
  readonly earned: Readonly<Record<string, bigint>>;
}

/** The totals of one day: the number of days since 1970, by the chain's clock. */
export interface DayTotals extends Totals {
  readonly account: string;
  readonly day: number;
}

export const NO_TOTALS: Totals = { done: 0, reverted: 0, empty: 0, foreign: 0, spent: 0n, inVain: 0n, earned: {} };
export const DAY = 86_400;

/** What is read of a transaction that is mined, for its totals. */
export const CLOSED_COLUMNS =
  "account, nonce, attempt, hash, outcome, fee_paid, earned, COALESCE(settled_at, signed_at) AS at";

const amounts = z
  .string()
  .transform((text) => z.record(z.string(), z.string().transform(BigInt)).parse(JSON.parse(text)));
const closedRow = z.object({
  account: z.string(),
  attempt: z.number(),
  outcome: z.string(),
  fee_paid: z.string().nullable(),
  earned: amounts.nullable(),
  at: z.number(),
});
const dayRow = z
  .object({
    account: z.string(),
    day: z.number(),
    done: z.number(),
    reverted: z.number(),
    empty: z.number(),
    foreign_used: z.number(),
    spent: z.string().transform(BigInt),
    in_vain: z.string().transform(BigInt),
    earned: amounts,
  })
  .transform(({ foreign_used, in_vain, ...row }): DayTotals => ({ ...row, foreign: foreign_used, inVain: in_vain }));

/** The totals of each account and day among rows of transactions that are mined, as `CLOSED_COLUMNS` reads them. */
export function totalsOf(rows: readonly Row[]): DayTotals[] {
  return byDay(rows.map((row) => ofOne(closedRow.parse(row))));
}

function ofOne({ account, attempt, outcome, fee_paid, earned, at }: z.output<typeof closedRow>): DayTotals {
  const spent = BigInt(fee_paid ?? 0);
  const isVain = outcome === "reverted" || outcome === "empty";
  return {
    account,
    day: Math.floor(at / DAY),
    done: Number(outcome === "done"),
    reverted: Number(outcome === "reverted"),
    empty: Number(outcome === "empty"),
    // All attempts at a nonce are foreign then: the first one counts.
    foreign: Number(outcome === "foreign" && attempt === 0),
    spent,
    inVain: isVain ? spent : 0n,
    earned: earned ?? {},
  };
}

/** Totals put together by account and day, in this order. */
export function byDay(all: readonly DayTotals[]): DayTotals[] {
  const found = new Map<string, DayTotals>();
  for (const one of all) {
    const key = `${one.account} ${one.day}`;
    found.set(key, { account: one.account, day: one.day, ...sumOf(found.get(key) ?? NO_TOTALS, one) });
  }
  return [...found.values()].sort((a, b) => (a.account < b.account ? -1 : a.account > b.account ? 1 : a.day - b.day));
}

/** Both together; or what is left of the first without the second. */
export function sumOf(a: Totals, b: Totals, sign: 1 | -1 = 1): Totals {
  const earned = { ...a.earned };
  for (const [token, amount] of Object.entries(b.earned)) {
    earned[token] = (earned[token] ?? 0n) + BigInt(sign) * amount;
  }
  return {
    done: a.done + sign * b.done,
    reverted: a.reverted + sign * b.reverted,
    empty: a.empty + sign * b.empty,
    foreign: a.foreign + sign * b.foreign,
    spent: a.spent + BigInt(sign) * b.spent,
    inVain: a.inVain + BigInt(sign) * b.inVain,
    earned,
  };
}

/** The totals that are kept, by account and day. */
export async function keptTotals(queries: Queries): Promise<DayTotals[]> {
  return (await queries.query("SELECT * FROM days ORDER BY account, day")).map((row) => dayRow.parse(row));
}

/** Adds totals to those that are kept, or takes them away. Run it in a transaction. */
export async function keepTotals(
  queries: Queries,
  forUpdate: string,
  changes: readonly DayTotals[],
  sign: 1 | -1 = 1,
): Promise<void> {
  // Always in the same order: two keepers wait for each other in one direction only.
  for (const change of byDay(changes)) {
    const { account, day } = change;
    await insertAll(
      queries,
      "days (account, day, done, reverted, empty, foreign_used, spent, in_vain, earned)",
      [[account, day, 0, 0, 0, 0, "0", "0", "{}"]],
      "ON CONFLICT (account, day) DO NOTHING",
    );
    const [row] = await queries.query(`SELECT * FROM days WHERE account = $1 AND day = $2 ${forUpdate}`, [
      account,
      day,
    ]);
    const sum = sumOf(dayRow.parse(row), change, sign);
    await queries.query(
      "UPDATE days SET done = $1, reverted = $2, empty = $3, foreign_used = $4, spent = $5, in_vain = $6, earned = $7 " +
        "WHERE account = $8 AND day = $9",
      [
        sum.done,
        sum.reverted,
        sum.empty,
        sum.foreign,
        sum.spent.toString(),
        sum.inVain.toString(),
        JSON.stringify(Object.fromEntries(Object.entries(sum.earned).map(([token, wei]) => [token, wei.toString()]))),
        account,
        day,
      ],
    );
  }
}
