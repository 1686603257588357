import { prepare } from "../../keeper/store/prepare";
import { Sqlite } from "../../keeper/store/sqlite";
import type { Database } from "../../keeper/store/database";

/** Stores for tests: each empty, in memory, closed when `work` is done. */
export async function withStore<T>(work: (newStore: () => Promise<Database>) => Promise<T>): Promise<T> {
  const stores: Database[] = [];
  try {
    return await work(async () => {
      const store = new Sqlite(":memory:");
      stores.push(store);
      await store.transaction((queries) => prepare(queries, { chainId: 31_337, market: "0x00" }));
      return store;
    });
  } finally {
    for (const store of stores) await store.close();
  }
}
