import { z } from "zod";

import type { Database, Queries } from "./database";
import { CLOSED_COLUMNS, keepTotals, totalsOf } from "./totals";

export interface UpkeepOptions {
  /** Blocks after which no fork takes back what was mined. */
  readonly depth: number;
  /** Seconds of the chain for which a transaction is kept that was mined. */
  readonly keepSeconds: number;
  /** Bytes, about, that transactions may take which were mined: the oldest go first. */
  readonly keepBytes: number;
}

/** Rows in one short transaction, and such transactions in one go. */
const PART = 500;
const MOST_PARTS = 20;
/** Chain seconds. */
const FORGET_EVERY = 3_600;
/** Bytes of a row besides its duties, its share of the indexes included. */
const ROW = 700;

const dutiesSchema = z.array(z.looseObject({ key: z.string(), dueAt: z.number() }));
const OLD = "counted = 1 AND COALESCE(settled_at, signed_at) < $1";

/**
 * Keeps the journal small. What was mined so long ago that no fork takes it back is added to the totals of its day, and
 * its signed bytes go; later it goes itself. What is not mined is never touched.
 */
export class JournalUpkeep {
  private forgotAt = 0;

  constructor(
    private readonly database: Database,
    private readonly options: UpkeepOptions,
  ) {}

  /** Looks after the journal at a block of the chain; does a bounded part of what is to be done, the rest next time. */
  async tend(head: { readonly number: number; readonly timestamp: number }): Promise<void> {
    for (let parts = 0; parts < MOST_PARTS; parts++) {
      if ((await this.database.transaction((queries) => this.count(queries, head.number))) < PART) break;
    }
    if (Math.abs(head.timestamp - this.forgotAt) < FORGET_EVERY) return;
    this.forgotAt = head.timestamp;
    await this.forget(head.timestamp);
  }

  /** Counts what is beyond forks, and drops its signed bytes. Returns how many rows those were. */
  private async count(queries: Queries, head: number): Promise<number> {
    const [tips] = await queries.query("SELECT min(number) AS first FROM tips");
    const first = tips?.["first"];
    // Whatever is above the first tip may be opened again.
    if (typeof first !== "number") return 0;
    const rows = await queries.query(
      `SELECT ${CLOSED_COLUMNS}, duties FROM transactions WHERE counted = 0 AND mined_block <= $1 ` +
        `ORDER BY mined_block, nonce, attempt LIMIT $2 ${this.database.forUpdateSkipLocked}`,
      [Math.min(first, head - this.options.depth), PART],
    );
    if (rows.length === 0) return 0;
    await keepTotals(queries, this.database.forUpdate, totalsOf(rows));
    for (const { hash, duties } of rows) {
      await queries.query("UPDATE transactions SET counted = 1, raw = '', duties = $1 WHERE hash = $2", [
        shortened(String(duties)),
        hash ?? null,
      ]);
    }
    return rows.length;
  }

  private async forget(now: number): Promise<void> {
    await this.database.query(`DELETE FROM transactions WHERE ${OLD}`, [now - this.options.keepSeconds]);
    await this.database.query(
      "DELETE FROM transactions WHERE hash IN (SELECT hash FROM (SELECT hash, " +
        `sum(length(duties) + ${ROW}) OVER (ORDER BY mined_block DESC, hash) AS size ` +
        "FROM transactions WHERE counted = 1) AS sized WHERE size > $1)",
      [this.options.keepBytes],
    );
  }
}

/** Which duties those were, without what only a new attempt needs. */
function shortened(duties: string): string {
  return JSON.stringify(dutiesSchema.parse(JSON.parse(duties)).map(({ key, dueAt }) => ({ key, dueAt })));
}
