import {
  copyFileSync,
  existsSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";

import Database from "libsql";
import { z } from "zod";

import type { Random } from "./random";
import type { StoreFate } from "./scenario";

const rowSchema = z.object({
  nonce: z.number(),
  hash: z.string(),
  mined_block: z.number().nullable(),
  outcome: z.string().nullable(),
  counted: z.number(),
});
export type JournalRow = z.infer<typeof rowSchema>;

const FILES = ["", "-wal", "-shm"];

/** The keeper's SQLite file, as somebody else sees it. */
export class StoreFile {
  private copies = false;

  /** @param unseen lease of which a log is hidden from the keeper for good. */
  constructor(
    readonly file: string,
    private readonly unseen: () => string | undefined = () => undefined,
  ) {}

  /** Whether the journal holds a transaction; undefined where the file could not be read. */
  holds(hash: string): boolean | undefined {
    return this.read((database) => {
      return database.prepare("SELECT 1 AS found FROM transactions WHERE hash = ?").get(hash) !== undefined;
    });
  }

  /** All transactions of an account that the journal knows. */
  journal(account: string): JournalRow[] | undefined {
    return this.read((database) => {
      const sql =
        "SELECT nonce, hash, mined_block, outcome, counted FROM transactions WHERE account = ? ORDER BY nonce, attempt";
      return z.array(rowSchema).parse(database.prepare(sql).all(account));
    });
  }

  /**
   * Duties that the store believes to be due, but for what it found that it cannot do now: orders, and what is about the lease
   * whose end may be hidden.
   */
  due(now: number): number | undefined {
    return this.read((database) => {
      const [work, holds] = ["work", "holds"].map((table) => `key IN (SELECT key FROM ${table} WHERE held_until > ?)`);
      const held = `(kind IN ('renew', 'failOver') OR id = ?) AND (${work} OR ${holds})`;
      const counting = `SELECT count(*) AS due FROM duties WHERE due_at <= ? AND NOT (${held})`;
      const row: unknown = database.prepare(counting).get(now, this.unseen() ?? "", now, now);
      return z.object({ due: z.number() }).parse(row).due;
    });
  }

  /** Keeps a copy for later, as a backup of a running machine would. */
  copy(): void {
    if (!existsSync(this.file)) return;
    for (const end of FILES) if (existsSync(this.file + end)) copyFileSync(this.file + end, `${this.file}.old${end}`);
    this.copies = true;
  }

  /** Does to the file what the scenario says, while the keeper is dead. Returns what really happened. */
  suffer(fate: StoreFate, random: Random): StoreFate {
    if (fate === "kept" || !existsSync(this.file)) return "kept";
    const size = statSync(this.file).size;
    switch (fate) {
      case "deleted":
        this.remove();
        return fate;
      case "truncated":
        truncateSync(this.file, random.int(0, size));
        return fate;
      case "torn": {
        const bytes = Buffer.from([...Array(512).keys()].map(() => random.int(0, 255)));
        const handle = openSync(this.file, "r+");
        for (let n = random.int(1, 4); n > 0; n--) writeSync(handle, bytes, 0, 512, 512 * random.int(0, size / 512));
        closeSync(handle);
        if (random.chance(0.5)) rmSync(`${this.file}-wal`, { force: true });
        return fate;
      }
      case "older copy":
        if (!this.copies) return "kept";
        this.remove();
        for (const end of FILES) {
          if (existsSync(`${this.file}.old${end}`)) copyFileSync(`${this.file}.old${end}`, this.file + end);
        }
        return fate;
    }
  }

  private remove(): void {
    for (const end of FILES) rmSync(this.file + end, { force: true });
  }

  private read<T>(look: (database: Database.Database) => T): T | undefined {
    if (!existsSync(this.file)) return undefined;
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        const database = new Database(this.file, { readonly: true, timeout: 500 });
        try {
          return look(database);
        } finally {
          database.close();
        }
      } catch {
        // Busy, or torn: the next attempt tells.
      }
    }
    return undefined;
  }
}

/** Resident memory at most, in MiB, of a process that is alive. */
export function peakMemory(pid: number): number {
  const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kib === undefined) throw new Error(`process ${pid} does not tell its memory`);
  return Number(kib) / 1_024;
}
