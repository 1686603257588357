import type { Queries } from "./database";
import { JOURNAL_STEPS, JOURNAL_VERSION } from "./journalSteps";
import { isOfAKeeper, type Meta, metaOf } from "./ownership";
import { DERIVED, DERIVED_INDEXES, type Deployment, META, MismatchError, VERSION } from "./schema";

/**
 * Brings the tables from whatever version they are of to this one, and binds the database to the deployment. Run it in a
 * transaction that nobody else runs at the same time, in a database that is empty or a keeper's: it drops what the chain
 * can tell again where that is of an older version. Fails with a MismatchError where the database is another
 * deployment's, or a newer keeper's.
 */
export async function prepare(queries: Queries, deployment: Deployment): Promise<void> {
  await queries.query(`CREATE TABLE IF NOT EXISTS meta ${META}`);
  const meta = await metaOf(queries);
  if (meta.size > 0) requireUsable(meta, deployment);

  for (const { statements } of JOURNAL_STEPS.slice(Number(meta.get("journalVersion") ?? 0))) {
    for (const statement of statements) await queries.query(statement);
  }
  await prepareDerived(queries, meta.get("version") === String(VERSION));

  for (const [name, value] of Object.entries(wanted(deployment))) {
    await queries.query(
      "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [name, value],
    );
  }
}

async function prepareDerived(queries: Queries, isOfThisVersion: boolean): Promise<void> {
  for (const [table, columns] of Object.entries(DERIVED)) {
    if (!isOfThisVersion) await queries.query(`DROP TABLE IF EXISTS ${table}`);
    await queries.query(`CREATE TABLE IF NOT EXISTS ${table} ${columns}`);
  }
  for (const index of DERIVED_INDEXES) await queries.query(index);
}

function wanted({ chainId, market }: Deployment): Record<string, string> {
  return {
    version: String(VERSION),
    journalVersion: String(JOURNAL_VERSION),
    chainId: String(chainId),
    market: market.toLowerCase(),
  };
}

/** Whether what a keeper wrote into its table meta is about this deployment. */
export function isAbout(meta: Meta, deployment: Deployment): boolean {
  const mine = wanted(deployment);
  return isOfAKeeper(meta) && meta.get("chainId") === mine["chainId"] && meta.get("market") === mine["market"];
}

function requireUsable(meta: Meta, deployment: Deployment): void {
  const mine = wanted(deployment);
  if (!isAbout(meta, deployment)) {
    const theirs = `market ${String(meta.get("market"))} on chain ${String(meta.get("chainId"))}`;
    throw new MismatchError(
      `It belongs to ${theirs}, and not to ${mine["market"]} on chain ${mine["chainId"]}: give each market its own, in KEEPER_STORE.`,
    );
  }
  if (Number(meta.get("version")) > VERSION || Number(meta.get("journalVersion")) > JOURNAL_VERSION) {
    throw new MismatchError(
      "A keeper of another version made it: update this keeper, or give it another database in KEEPER_STORE.",
    );
  }
}
