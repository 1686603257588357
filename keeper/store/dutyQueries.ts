import { z } from "zod";

import { type Duty, DUTY_KINDS } from "../core/duties";
import { forKeys } from "./bulk";
import type { Queries, Row } from "./database";

const decimal = z.string().transform(BigInt);
const text = z.string().nullable();

const dutyRow = z
  .object({
    key: z.string(),
    kind: z.enum(DUTY_KINDS),
    id: decimal,
    due_at: z.number(),
    gone_at: z.number().nullable(),
    tried_after: text,
    token: text,
    bounty: decimal,
    tenant: text,
    provider: text,
  })
  .transform((row): Duty => ({
    key: row.key,
    kind: row.kind,
    id: row.id,
    dueAt: row.due_at,
    bounty: row.bounty,
    ...(row.gone_at !== null && { goneAt: row.gone_at }),
    ...(row.tried_after !== null && { after: row.tried_after }),
    ...(row.token !== null && { token: row.token }),
    ...(row.tenant !== null && { tenant: row.tenant }),
    ...(row.provider !== null && { provider: row.provider }),
  }));

const leaseRow = z.object({ id: decimal });

const DUE = "FROM duties WHERE due_at <= $1 AND (gone_at IS NULL OR gone_at > $1)";

const COLUMNS = "key, kind, id, due_at, gone_at, tried_after, token, bounty, tenant, provider";

/** Duties that are due at chain time `now`, the longest due first; those that come after `after`, if it is told. */
export async function due(
  queries: Queries,
  now: number,
  limit: number,
  after?: Pick<Duty, "dueAt" | "key">,
): Promise<readonly Duty[]> {
  const beyond = after === undefined ? "" : "AND (due_at, key) > ($3, $4)";
  const rows = await queries.query(`SELECT ${COLUMNS} ${DUE} ${beyond} ORDER BY due_at, key LIMIT $2`, [
    now,
    limit,
    ...(after === undefined ? [] : [after.dueAt, after.key]),
  ]);
  return rows.map((row) => dutyRow.parse(row));
}

/** The same, those that fell due last. */
export async function dueLast(queries: Queries, now: number, limit: number): Promise<readonly Duty[]> {
  const rows = await queries.query(`SELECT ${COLUMNS} ${DUE} ORDER BY due_at DESC, key DESC LIMIT $2`, [now, limit]);
  return rows.map((row) => dutyRow.parse(row));
}

/** Those of these keys that are due at chain time `now`. */
export async function dueOf(queries: Queries, keys: readonly string[], now: number): Promise<readonly string[]> {
  const rows = await forKeys(queries, "SELECT key, due_at, gone_at FROM duties", "key", keys);
  const isDue = ({ due_at: dueAt, gone_at: goneAt }: Row): boolean =>
    Number(dueAt) <= now && (goneAt === null || Number(goneAt) > now);
  return rows.filter(isDue).map(({ key }) => String(key));
}

/** How many duties are due, and since when the first one is. */
export async function backlog(
  queries: Queries,
  now: number,
): Promise<{ duties: number; dueSince: number | undefined }> {
  const [row] = await queries.query(`SELECT count(*) AS number, min(due_at) AS since ${DUE}`, [now]);
  const since = row?.["since"];
  return { duties: Number(row?.["number"]), dueSince: typeof since === "number" ? since : undefined };
}

/** When the next duty that is not due yet will be. */
export async function nextDueAt(queries: Queries, now: number): Promise<number | undefined> {
  const [row] = await queries.query("SELECT min(due_at) AS next FROM duties WHERE due_at > $1", [now]);
  const next = row?.["next"];
  return typeof next === "number" ? next : undefined;
}

/** Leases whose views are to be read, in an order that stays: at most `limit`, from the one after `after` on. */
export async function leasesToView(queries: Queries, limit: number, after?: bigint): Promise<readonly bigint[]> {
  const rows = await queries.query(
    "SELECT DISTINCT lease_to_view AS id FROM items WHERE lease_to_view > $1 ORDER BY lease_to_view LIMIT $2",
    [after?.toString() ?? "", limit],
  );
  return rows.map((row) => leaseRow.parse(row).id);
}

/** Leases that have not ended, and disputes that are not settled. */
export async function counts(queries: Queries): Promise<{ leases: number; disputes: number }> {
  const rows = await queries.query(
    "SELECT counts_as, count(*) AS number FROM items WHERE counts_as IS NOT NULL GROUP BY counts_as",
  );
  const numbers = new Map(rows.map((row) => [row["counts_as"], Number(row["number"])]));
  return { leases: numbers.get("lease") ?? 0, disputes: numbers.get("dispute") ?? 0 };
}
