import { isDeepStrictEqual } from "node:util";

import { getAddress, ZeroAddress } from "ethers";
import { z } from "zod";

import { DUTY_KINDS } from "../core/duties";
import type { TokenFacts } from "../core/tokens";
import type { Queries, Row } from "./database";
import { readTokens } from "./tokenStore";
import { byDay, CLOSED_COLUMNS, DAY, keptTotals, NO_TOTALS, sumOf, type Totals, totalsOf } from "./totals";

/** A transaction that is signed and whose nonce is not known to be used up: its newest attempt. */
export interface UnderWay {
  readonly account: string;
  readonly nonce: number;
  /** How often it was signed. */
  readonly attempts: number;
  readonly hash: string;
  readonly kind: string;
  readonly duties: readonly string[];
  /** Wei per gas. */
  readonly maxFeePerGas: bigint;
  /** Block at which the nonce was signed for first. */
  readonly sinceBlock: number;
  /** Whether a node has taken it. */
  readonly sent: boolean;
}

/** What one account did, in all. Only what the chain confirmed counts. */
export interface Account extends Totals {
  readonly account: string;
}

/** What all accounts did on one day of the chain. */
export interface Day extends Totals {
  /** As `2026-11-21`. */
  readonly day: string;
}

/** What a store knows. Instants are seconds of the chain; "now" is the time of its tip. */
export interface Status {
  readonly chainId: number;
  readonly market: string;
  /** The newest block that it knows; null: none yet. */
  readonly tip: { readonly number: number; readonly hash: string; readonly timestamp: number } | null;
  readonly leases: number;
  readonly disputes: number;
  readonly backlog: { readonly duties: number; readonly dueSince: number | undefined };
  readonly dueByKind: Readonly<Record<string, number>>;
  readonly nextDueAt: number | null;
  readonly underWay: readonly UnderWay[];
  /** Duties that failed and are left in peace for a while. */
  readonly held: readonly {
    readonly duty: string;
    readonly failures: number;
    readonly until: number;
    readonly why: string;
  }[];
  /** Which keeper is at what. */
  readonly claims: readonly { readonly keeper: string; readonly duties: number; readonly until: number }[];
  readonly accounts: readonly Account[];
  /** Days on which a transaction was mined, the newest first. */
  readonly days: readonly Day[];
  /** What is known of tokens, by address. */
  readonly tokens: Readonly<Record<string, TokenFacts>>;
}

const number = z.number();
const text = z.string();
const rowsOf = <S extends z.ZodType>(schema: S, rows: readonly Row[]): z.output<S>[] => z.array(schema).parse(rows);
const MOST_TRIES = 3;
const DUE = "due_at <= $1 AND (gone_at IS NULL OR gone_at > $1)";

/** Reads what a store knows, and changes nothing. Fails with a StoreError, or a ZodError where it is no keeper's store. */
export async function readStatus(queries: Queries): Promise<Status> {
  const meta = new Map(
    rowsOf(z.object({ name: text, value: text }), await queries.query("SELECT name, value FROM meta")).map(
      ({ name, value }) => [name, value],
    ),
  );
  const tipRow = z.object({ number, hash: text, timestamp: number });
  const [tip] = rowsOf(
    tipRow,
    await queries.query("SELECT number, hash, timestamp FROM tips ORDER BY number DESC LIMIT 1"),
  );
  const now = tip?.timestamp ?? 0;
  const due = rowsOf(
    z.object({ kind: z.enum(DUTY_KINDS), number, since: number }),
    await queries.query(
      `SELECT kind, count(*) AS number, min(due_at) AS since FROM duties WHERE ${DUE} GROUP BY kind`,
      [now],
    ),
  );
  const [next] = await queries.query("SELECT min(due_at) AS next FROM duties WHERE due_at > $1", [now]);
  const counts = await queries.query(
    "SELECT counts_as, count(*) AS number FROM items WHERE counts_as IS NOT NULL GROUP BY counts_as",
  );
  const open = new Map(rowsOf(z.object({ counts_as: text, number }), counts).map((row) => [row.counts_as, row.number]));
  return {
    chainId: Number(meta.get("chainId")),
    market: getAddress(meta.get("market") ?? ZeroAddress),
    tip: tip ?? null,
    leases: open.get("lease") ?? 0,
    disputes: open.get("dispute") ?? 0,
    backlog: {
      duties: due.reduce((sum, row) => sum + row.number, 0),
      dueSince: due.length === 0 ? undefined : Math.min(...due.map(({ since }) => since)),
    },
    dueByKind: Object.fromEntries(due.map((row) => [row.kind, row.number])),
    nextDueAt: number.nullable().parse(next?.["next"] ?? null),
    underWay: await readUnderWay(queries),
    held: await readHeld(queries, now),
    claims: await readClaims(queries, now),
    ...(await readTotals(queries)),
    tokens: Object.fromEntries((await readTokens(queries)).tokens),
  };
}

const dutiesSchema = z.array(z.object({ key: text }));
const attempt = z.object({
  account: text,
  nonce: number,
  hash: text,
  kind: text,
  duties: text,
  max_fee: text,
  signed_block: number,
  sent: number,
});

async function readUnderWay(queries: Queries): Promise<UnderWay[]> {
  const rows = await queries.query(
    "SELECT account, nonce, hash, kind, duties, max_fee, signed_block, sent FROM transactions " +
      "WHERE mined_block IS NULL ORDER BY account, nonce, attempt",
  );
  const bySlot = new Map<string, UnderWay>();
  for (const row of rowsOf(attempt, rows)) {
    const slot = `${row.account} ${row.nonce}`;
    const before = bySlot.get(slot);
    bySlot.set(slot, {
      account: row.account,
      nonce: row.nonce,
      attempts: (before?.attempts ?? 0) + 1,
      hash: row.hash,
      kind: row.kind,
      duties: dutiesSchema.parse(JSON.parse(row.duties)).map(({ key }) => key),
      maxFeePerGas: BigInt(row.max_fee),
      sinceBlock: before?.sinceBlock ?? row.signed_block,
      sent: row.sent === 1 || before?.sent === true,
    });
  }
  return [...bySlot.values()];
}

async function readHeld(queries: Queries, now: number): Promise<Status["held"]> {
  const rows = await queries.query(
    "SELECT key, max(failures) AS failures, max(held_until) AS held_until FROM (" +
      "SELECT key, failures, held_until FROM work UNION ALL SELECT key, failures, held_until FROM holds) AS every " +
      "WHERE failures > 0 AND held_until > $1 GROUP BY key ORDER BY held_until, key",
    [now],
  );
  return rowsOf(z.object({ key: text, failures: number, held_until: number }), rows).map((row) => ({
    duty: row.key,
    failures: row.failures,
    until: row.held_until,
    why: `failed ${row.failures} ${row.failures === 1 ? "time" : "times"}`,
  }));
}

async function readClaims(queries: Queries, now: number): Promise<Status["claims"]> {
  const rows = await queries.query(
    "SELECT owner, count(*) AS number, max(claimed_until) AS until FROM work " +
      "WHERE owner IS NOT NULL AND claimed_until > $1 GROUP BY owner ORDER BY owner",
    [now],
  );
  const claim = z.object({ owner: text, number, until: number });
  return rowsOf(claim, rows).map((row) => ({
    keeper: decodeURIComponent(row.owner),
    duties: row.number,
    until: row.until,
  }));
}

/** Sums that are kept, and those of the transactions that are too new for that. */
async function readTotals(queries: Queries): Promise<Pick<Status, "accounts" | "days">> {
  let kept = await keptTotals(queries);
  let fresh: readonly Row[] = [];
  // A keeper may move some from the one to the other meanwhile.
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const before = kept;
    fresh = await queries.query(
      `SELECT ${CLOSED_COLUMNS} FROM transactions WHERE counted = 0 AND mined_block IS NOT NULL`,
    );
    kept = await keptTotals(queries);
    if (isDeepStrictEqual(before, kept)) break;
  }
  const all = byDay([...kept, ...totalsOf(fresh)]);
  const accounts = new Map<string, Totals>();
  const days = new Map<number, Totals>();
  for (const one of all) {
    accounts.set(one.account, sumOf(accounts.get(one.account) ?? NO_TOTALS, one));
    days.set(one.day, sumOf(days.get(one.day) ?? NO_TOTALS, one));
  }
  return {
    accounts: [...accounts].map(([account, totals]) => ({ account, ...totals })),
    days: [...days].sort(([a], [b]) => b - a).map(([day, totals]) => ({ day: dateOf(day), ...totals })),
  };
}

function dateOf(day: number): string {
  return new Date(day * DAY * 1_000).toISOString().slice(0, 10);
}
