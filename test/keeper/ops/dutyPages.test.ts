import { expect } from "chai";

import { GWEI } from "../chain/senderChain";
import { COIN, due, pool, withWorld } from "./keeperWorld";

describe("Keeper: among more duties than it looks at", () => {
  it("finds one that pays among 30,000 that do not, wherever it stands (ATK-KPR-23)", async () => {
    for (const [place, passes] of [
      [30_000, 1], // the newest
      [12_000, 1], // between those due longest and those due last
      [17_000, 2],
      [24_000, 3],
    ] as const) {
      await withWorld(async (world) => {
        const { chain, duties, eyes } = world;
        const prices = new Map([["0xT", { weiPerToken: COIN, decimals: 0 }]]);
        Object.assign(eyes, { policy: { ...eyes.policy, patience: 1_000_000, prices } });
        for (let index = 1; index <= 30_000; index++) {
          const id = (1n << 32n) | BigInt(index);
          const pays = index === place ? { token: "0xT", bounty: 1_000n } : { bounty: 0n };
          const key = `expire 1-${index}`;
          duties.set(key, { key, kind: "expire", id, dueAt: 900_000 + index, tenant: "0xA", ...pays });
        }
        let needed = 0;
        for (let sent = 0; sent === 0 && needed < 10; needed++) {
          sent = (await world.keeper.pass()).sent;
          chain.mine();
        }
        expect(needed, `place ${place}`).to.equal(passes);
      });
    }
  });

  it("keeps a transaction for a duty that the next page does not show (ATK-KPR-23)", () =>
    withWorld(async (world) => {
      const asked: string[][] = [];
      due(world, "expire", 1);
      await world.keeper.pass();
      const { state } = world.eyes;
      Object.assign(state, {
        due: () => Promise.resolve([]),
        dueOf: (keys: readonly string[]) => {
          asked.push([...keys]);
          return Promise.resolve(keys);
        },
      });
      world.chain.baseFee = 1_000n * GWEI;
      for (let block = 0; block < 4; block++) {
        world.chain.mine();
        await world.keeper.pass();
      }
      expect(asked[0]).to.deep.equal(["expire 1-1"]);
      expect(pool(world)).to.deep.equal(["expire 1"]);
    }));
});
