import { z } from "zod";

import type { BlockRef } from "../core/events";
import { type Attempt, type Slot, TRANSACTION_KINDS } from "../core/slots";
import type { Database, Queries, Row } from "./database";
import { CLOSED_COLUMNS, keepTotals, totalsOf } from "./totals";

/**
 * How an attempt ended. `empty`: mined, and nothing of what it was for was left to do; `replaced`: another one of its nonce
 * was mined; `foreign`: one that nobody here signed.
 */
export type Outcome = "done" | "empty" | "reverted" | "replaced" | "foreign";

/** What the mined transaction of a nonce came to. */
export interface Mined {
  readonly hash: string;
  readonly block: BlockRef;
  readonly reverted: boolean;
  /** Whether it did nothing of what it was for. */
  readonly isEmpty?: boolean;
  readonly gasUsed: bigint;
  /** Wei; undefined where the node does not tell. */
  readonly feePaid: bigint | undefined;
  /** Base units by token. */
  readonly earned: Readonly<Record<string, string>>;
}

const dutiesSchema = z.array(
  z.object({ key: z.string(), dueAt: z.number(), token: z.string().optional(), tenant: z.string().optional() }),
);
const attemptSchema = z
  .object({
    nonce: z.number(),
    attempt: z.number(),
    hash: z.string(),
    raw: z.string(),
    kind: z.enum(TRANSACTION_KINDS),
    duties: z.string().transform((text) => dutiesSchema.parse(JSON.parse(text))),
    max_fee: z.string(),
    priority_fee: z.string(),
    gas_limit: z.string(),
    signed_block: z.number(),
    sent: z.number(),
  })
  .transform((row): Attempt => ({
    nonce: row.nonce,
    attempt: row.attempt,
    hash: row.hash,
    raw: row.raw,
    kind: row.kind,
    duties: row.duties,
    fees: { maxFeePerGas: BigInt(row.max_fee), maxPriorityFeePerGas: BigInt(row.priority_fee) },
    gasLimit: BigInt(row.gas_limit),
    signedBlock: row.signed_block,
    sent: row.sent === 1,
  }));

/** Every transaction that one account ever signed here, and what became of it. */
export class Journal {
  /** Tokens in which something was earned since this was made. */
  readonly earnedTokens = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly account: string,
  ) {}

  /** Nonces that are not known to be used up, lowest first. */
  open(): Promise<readonly Slot[]> {
    return this.slots("mined_block IS NULL");
  }

  /** Nonces that strangers are believed to have used, noticed after block `number`. */
  foreignAfter(number: number): Promise<readonly Slot[]> {
    return this.slots("mined_block > $2 AND outcome = 'foreign'", number);
  }

  private async slots(condition: string, ...parameters: readonly number[]): Promise<readonly Slot[]> {
    const rows = await this.database.query(
      "SELECT nonce, attempt, hash, raw, kind, duties, max_fee, priority_fee, gas_limit, signed_block, sent " +
        `FROM transactions WHERE account = $1 AND ${condition} ORDER BY nonce, attempt`,
      [this.account, ...parameters],
    );
    return slotsOf(rows);
  }

  /** Keys of the duties of transactions that were mined after block `number`. */
  async minedAfter(number: number): Promise<ReadonlySet<string>> {
    const rows = await this.database.query(
      "SELECT duties FROM transactions WHERE account = $1 AND mined_block > $2 AND outcome IN ('done', 'empty')",
      [this.account, number],
    );
    return new Set(rows.flatMap(({ duties }) => dutiesSchema.parse(JSON.parse(String(duties))).map(({ key }) => key)));
  }

  /** Writes down a signed transaction, for good: only then may anybody hear of it. */
  async record({ fees, ...attempt }: Attempt, signedAt: number): Promise<void> {
    await this.database.transaction(async (queries) => {
      if (attempt.attempt === 0) await this.forgetCounted(queries, attempt.nonce);
      await queries.query(
        "INSERT INTO transactions (account, nonce, attempt, hash, raw, kind, duties, max_fee, priority_fee, gas_limit, " +
          "signed_block, signed_at, sent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)",
        [
          this.account,
          attempt.nonce,
          attempt.attempt,
          attempt.hash,
          attempt.raw,
          attempt.kind,
          JSON.stringify(attempt.duties),
          fees.maxFeePerGas.toString(),
          fees.maxPriorityFeePerGas.toString(),
          attempt.gasLimit.toString(),
          attempt.signedBlock,
          signedAt,
        ],
      );
    });
  }

  /** A nonce that is signed for again was given back by a fork deeper than any: what used it up counts no more. */
  private async forgetCounted(queries: Queries, nonce: number): Promise<void> {
    const condition = "account = $1 AND nonce = $2 AND counted = 1";
    const rows = await queries.query(`SELECT ${CLOSED_COLUMNS} FROM transactions WHERE ${condition}`, [
      this.account,
      nonce,
    ]);
    if (rows.length === 0) return;
    await keepTotals(queries, this.database.forUpdate, totalsOf(rows), -1);
    await queries.query(`DELETE FROM transactions WHERE ${condition}`, [this.account, nonce]);
  }

  /** Notes that a node took it. */
  async sent({ nonce, attempt }: Pick<Attempt, "nonce" | "attempt">): Promise<void> {
    await this.database.query("UPDATE transactions SET sent = 1 WHERE account = $1 AND nonce = $2 AND attempt = $3", [
      this.account,
      nonce,
      attempt,
    ]);
  }

  /** Closes a nonce: one of its attempts was mined, as is known at chain time `at`. */
  async mined(nonce: number, mined: Mined, at?: number): Promise<void> {
    const { hash, block, reverted, isEmpty = false, gasUsed, feePaid, earned } = mined;
    for (const token of Object.keys(earned)) this.earnedTokens.add(token);
    const outcome: Outcome = reverted ? "reverted" : isEmpty ? "empty" : "done";
    await this.database.transaction(async (queries) => {
      await queries.query(
        "UPDATE transactions SET mined_block = $1, mined_hash = $2, outcome = 'replaced', settled_at = $3 " +
          "WHERE account = $4 AND nonce = $5",
        [block.number, block.hash, at ?? null, this.account, nonce],
      );
      await queries.query(
        "UPDATE transactions SET sent = 1, outcome = $1, gas_used = $2, fee_paid = $3, earned = $4 WHERE hash = $5",
        [outcome, gasUsed.toString(), feePaid?.toString() ?? null, JSON.stringify(earned), hash],
      );
    });
  }

  /**
   * Opens all nonces again that the chain says are not used up: `next` is the account's next one. Says whether there were
   * any: a fork took back what was mined.
   */
  async reopen(next: number): Promise<boolean> {
    const rows = await this.database.query(
      "UPDATE transactions SET mined_block = NULL, mined_hash = NULL, outcome = NULL, sent = 0 " +
        "WHERE account = $1 AND nonce >= $2 AND mined_block IS NOT NULL AND counted = 0 RETURNING nonce",
      [this.account, next],
    );
    return rows.length > 0;
  }

  /** Closes a nonce that a transaction took which nobody here signed; noticed at `block`. */
  async foreign(nonce: number, block: BlockRef & { readonly timestamp?: number }): Promise<void> {
    await this.database.query(
      "UPDATE transactions SET mined_block = $1, mined_hash = $2, outcome = 'foreign', settled_at = $3 " +
        "WHERE account = $4 AND nonce = $5",
      [block.number, block.hash, block.timestamp ?? null, this.account, nonce],
    );
  }
}

/**
 * Opens all nonces of all accounts again whose transactions were mined after block `number`, which a fork took back: they
 * are to be offered anew.
 */
export async function reopenAbove(queries: Queries, number: number): Promise<void> {
  await queries.query(
    "UPDATE transactions SET mined_block = NULL, mined_hash = NULL, outcome = NULL, sent = 0 " +
      "WHERE mined_block > $1 AND counted = 0",
    [number],
  );
}

function slotsOf(rows: readonly Row[]): Slot[] {
  const slots = new Map<number, Attempt[]>();
  for (const row of rows) {
    const attempt = attemptSchema.parse(row);
    slots.set(attempt.nonce, [...(slots.get(attempt.nonce) ?? []), attempt]);
  }
  return [...slots].map(([nonce, attempts]) => ({ nonce, attempts }));
}
