import { expect } from "chai";

import { WaitError } from "../../../keeper/chain/rpcErrors";
import { GWEI } from "../chain/senderChain";
import { due, mine, pool, withWorld } from "./keeperWorld";

describe("Keeper: what it learns about gas", () => {
  it("plans smaller batches once the nodes refused a large one, and larger ones later (ATK-KPR-18)", () =>
    withWorld(async (world) => {
      due(world, "expire", ...Array.from({ length: 400 }, (_, i) => i + 1));
      world.set.answer = (_kind, ids) =>
        ids.length > 150 ? { type: "refused", reason: "timeout" } : { type: "works", done: ids.length };
      await world.keeper.pass();
      expect(pool(world).map((words) => words.split(",").length)).to.deep.equal([100, 100, 100]);
      for (let blocks = 0; blocks < 3 && world.duties.size > 0; blocks++) {
        mine(world);
        await world.keeper.pass();
      }
      mine(world);
      expect(world.duties.size).to.equal(0);
      expect(world.failed).to.deep.equal([]);
      expect(world.simulated.length).to.be.at.most(16);
    }));

  it("gives a dispute all the gas that it needs after nodes refused batches of two (ATK-KPR-25)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2);
      world.set.answer = (_kind, ids) =>
        ids.length > 1 ? { type: "refused", reason: "wibble" } : { type: "works", done: ids.length };
      await world.keeper.pass();
      mine(world);
      due(world, "execute", 3);
      world.set.answer = (_kind, ids, gas) =>
        gas < 300_000n ? { type: "outOfGas" } : { type: "works", done: ids.length };
      await world.keeper.pass();
      expect(pool(world)).to.deep.equal(["execute 3"]);
      expect(world.failed).to.deep.equal([]);
    }));

  it("asks about less where no node answers to a large call or to one duty, and does the others (ATK-KPR-25)", () =>
    withWorld(async (world) => {
      due(world, "expire", ...Array.from({ length: 200 }, (_, i) => i + 1));
      world.set.answer = (_kind, ids) => {
        if (ids.length > 60 || ids.includes(7)) throw new WaitError("no answer within 10 s");
        return { type: "works", done: ids.length };
      };
      for (let blocks = 0; blocks < 40 && world.duties.size > 1; blocks++) {
        for (let tries = 0; tries < 3; tries++) await world.keeper.pass().catch(() => undefined);
        mine(world);
      }
      expect([...world.duties.keys()]).to.deep.equal(["expire 1-7"]);
      expect(world.failed).to.include("expire 1-7");
    }));

  it("forgets what batches were said to need, once nodes have not said so for a while (ATK-KPR-25)", () =>
    withWorld(async (world) => {
      // Each is worth three times its gas.
      const prices = new Map([["0xT", { weiPerToken: (3n * 12_500n * 11n * GWEI) / 7n, decimals: 0 }]]);
      Object.assign(world.eyes, { policy: { ...world.eyes.policy, prices, patience: 1_000_000 } });
      due(world, "expire", ...Array.from({ length: 200 }, (_, i) => i + 1));
      world.set.answer = () => ({ type: "outOfGas" });
      for (let blocks = 0; blocks < 20; blocks++) {
        await world.keeper.pass();
        mine(world);
        world.failed.length = 0; // they are tried again
      }
      expect(world.duties.size).to.equal(200);
      world.set.answer = (_kind, ids) => ({ type: "works", done: ids.length });
      for (let blocks = 0; blocks < 110; blocks++) {
        await world.keeper.pass();
        mine(world);
      }
      expect(world.duties.size).to.equal(0);
      expect(world.chain.mined().length).to.be.at.most(40);
    }));

  it("plans anew, smaller, what runs out of gas", () =>
    withWorld(async (world) => {
      due(world, "expire", ...Array.from({ length: 1_000 }, (_, i) => i + 1));
      let most = 0;
      world.set.answer = (_kind, ids) => {
        most = Math.max(most, ids.length);
        return ids.length > 600 ? { type: "outOfGas" } : { type: "works", done: ids.length };
      };
      const { sent } = await world.keeper.pass();
      expect(most).to.be.greaterThan(600);
      expect(sent).to.equal(2);
      const sizes = pool(world).map((words) => words.split(",").length);
      expect(sizes.every((size) => size <= 600)).to.equal(true);
      expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(1_000);
    }));

  it("does everything in parts where every node refuses a full batch (ATK-KPR-12)", () =>
    withWorld(async (world) => {
      due(world, "expire", ...Array.from({ length: 908 }, (_, i) => i + 1));
      world.chain.feeCap = 4_000_000n * 21n * GWEI; // a batch of all needs more than 10,000,000 gas
      const left: number[] = [];
      for (let blocks = 0; blocks < 8; blocks++) {
        await world.keeper.pass();
        mine(world);
        left.push(world.duties.size);
      }
      expect(left.at(-1), left.join()).to.equal(0);
      expect(world.failed).to.deep.equal([]);
    }));
});
