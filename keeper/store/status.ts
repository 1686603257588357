import { z } from "zod";

import { DUTY_KINDS } from "../core/duties";
import type { Queries, Row } from "./database";

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

/** What one account did. Only what the chain confirmed counts. */
export interface Account {
  readonly account: string;
  readonly mined: number;
  readonly reverted: number;
  /** Nonces that transactions took which no keeper of this store signed. */
  readonly foreign: number;
  /** Wei. */
  readonly spent: bigint;
  /** Base units by token. */
  readonly earned: Readonly<Record<string, bigint>>;
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
}

const number = z.number();
const text = z.string();
const rowsOf = <S extends z.ZodType>(schema: S, rows: readonly Row[]): z.output<S>[] => z.array(schema).parse(rows);
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
    market: meta.get("market") ?? "",
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
    accounts: await readAccounts(queries),
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
    "SELECT key, failures, held_until FROM work WHERE failures > 0 AND held_until > $1 ORDER BY held_until, key",
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

async function readAccounts(queries: Queries): Promise<Account[]> {
  const rows = await queries.query(
    "SELECT account, nonce, outcome, fee_paid, earned FROM transactions WHERE mined_block IS NOT NULL ORDER BY account",
  );
  const ended = z.object({
    account: text,
    nonce: number,
    outcome: text,
    fee_paid: text.nullable(),
    earned: text.nullable(),
  });
  const found = new Map<string, { outcomes: Map<string, Set<number>>; spent: bigint; earned: Map<string, bigint> }>();
  for (const row of rowsOf(ended, rows)) {
    const sums = found.get(row.account) ?? { outcomes: new Map(), spent: 0n, earned: new Map() };
    found.set(row.account, sums);
    sums.outcomes.set(row.outcome, (sums.outcomes.get(row.outcome) ?? new Set()).add(row.nonce));
    sums.spent += BigInt(row.fee_paid ?? 0);
    const earned = z.record(text, text).parse(JSON.parse(row.earned ?? "{}"));
    for (const [token, amount] of Object.entries(earned)) {
      sums.earned.set(token, (sums.earned.get(token) ?? 0n) + BigInt(amount));
    }
  }
  return [...found].map(([account, { outcomes, spent, earned }]) => ({
    account,
    mined: outcomes.get("done")?.size ?? 0,
    reverted: outcomes.get("reverted")?.size ?? 0,
    foreign: outcomes.get("foreign")?.size ?? 0,
    spent,
    earned: Object.fromEntries(earned),
  }));
}
