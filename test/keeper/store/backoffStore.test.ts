import { expect } from "chai";

import { BackoffStore } from "../../../keeper/store/backoffStore";
import { withStore } from "../stores";

const NOW = 1_000_000;
const DAY = 86_400;

describe("BackoffStore (ATK-KPR-17)", () => {
  it("counts strikes, tells the pause, and forgets what was done since", () =>
    withStore(async (newStore) => {
      const store = new BackoffStore(await newStore());
      expect(await store.strike([], NOW)).to.deep.equal(new Map());
      await store.strike(["race expire"], NOW);
      const told = await store.strike(["empty renew of 0xa", "race expire", "race expire"], NOW + 12);
      const known = new Map([
        ["empty renew of 0xa", { strikes: 1, until: NOW + 72 }],
        ["race expire", { strikes: 2, until: NOW + 12 }],
      ]);
      expect(told).to.deep.equal(known);
      expect(await store.all()).to.deep.equal(known);
      await store.clear(["race expire", "race renew"]);
      await store.clear([]);
      expect([...(await store.all()).keys()]).to.deep.equal(["empty renew of 0xa"]);
    }));

  it("is shared by all that use the database, and forgets what nobody tried for a week", () =>
    withStore(async (newStore) => {
      const database = await newStore();
      await new BackoffStore(database).strike(["reverted expire of 0xa"], NOW);
      const another = new BackoffStore(database);
      expect((await another.all()).size).to.equal(1);
      await another.strike(["race renew"], NOW + 300 + 7 * DAY);
      expect((await another.all()).size).to.equal(2);
      await another.strike(["race renew"], NOW + 301 + 7 * DAY);
      expect([...(await another.all()).keys()]).to.deep.equal(["race renew"]);
    }));
});
