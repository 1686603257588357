import type { Duty } from "../core/duties";
import { GapError } from "../core/gap";
import type { Item, Rules } from "../core/rules";
import { forKeys, insertAll } from "./bulk";
import type { Queries, Value } from "./database";

/** The text of an item, as a row has it; null: there is no such item. */
export type Text = string | null;

/** The items with these keys that exist. */
export async function loadItems(queries: Queries, keys: readonly string[]): Promise<Map<string, string>> {
  const rows = await forKeys(queries, "SELECT key, data FROM items", "key", keys);
  return new Map(rows.map(({ key, data }) => [String(key), String(data)]));
}

/** The items whose duties are not known for want of a time. */
export async function loadUntimed(queries: Queries): Promise<Map<string, string>> {
  const rows = await queries.query("SELECT key, data FROM items WHERE untimed = 1");
  return new Map(rows.map(({ key, data }) => [String(key), String(data)]));
}

/** What an item was, and what it is now. */
export interface Change {
  readonly before: Text;
  readonly after: Text;
}

/** Writes items, and the duties that follow from them. */
export async function saveItems(queries: Queries, rules: Rules, changes: ReadonlyMap<string, Change>): Promise<void> {
  const all = [...changes];
  const before = all.flatMap(([, change]) => (change.before === null ? [] : [parseText(change.before)]));
  const present = all.flatMap(([key, { after: text }]) =>
    text === null ? [] : [{ key, text, item: parseText(text) }],
  );
  const gone = all.flatMap(([key, { after }]) => (after === null ? [key] : []));

  // By their keys, which the database finds at once: the same rules made them.
  const done = before.flatMap((item) => rules.dutiesOf(item).map(({ key }) => key));
  await forKeys(queries, "DELETE FROM duties", "key", done);
  await forKeys(queries, "DELETE FROM items", "key", gone);
  await insertAll(
    queries,
    "items (key, data, untimed, counts_as, lease_to_view)",
    present.map(({ key, text, item }) => [
      key,
      text,
      rules.untimed(item) === undefined ? 0 : 1,
      rules.countsAs(item) ?? null,
      rules.leaseToView(item)?.toString() ?? null,
    ]),
    "ON CONFLICT (key) DO UPDATE " +
      "SET data = excluded.data, untimed = excluded.untimed, counts_as = excluded.counts_as, " +
      "lease_to_view = excluded.lease_to_view",
  );
  await insertAll(
    queries,
    "duties (key, kind, id, due_at, gone_at, tried_after, token, bounty, tenant, provider)",
    present.flatMap(({ item }) => rules.dutiesOf(item).map(dutyRow)),
  );
}

/** The item that a text is of. Fails with a GapError where it is none, so that the chain is asked again. */
export function parseText(text: string): Item {
  try {
    return JSON.parse(text) as Item;
  } catch {
    throw new GapError("the store holds something that is no item");
  }
}

function dutyRow(duty: Duty): Value[] {
  const { key, kind, id, dueAt, goneAt, after, token, bounty, tenant, provider } = duty;
  return [
    key,
    kind,
    id.toString(),
    dueAt,
    goneAt ?? null,
    after ?? null,
    token ?? null,
    bounty.toString(),
    tenant ?? null,
    provider ?? null,
  ];
}
