import { expect } from "chai";

import { due, mine, withWorld } from "./keeperWorld";

describe("Keeper: what became of its transactions", () => {
  it("reports what it did and earned, and forgets its claims", async () => {
    const told: unknown[] = [];
    await withWorld(
      async (world) => {
        due(world, "expire", 1, 2);
        await world.keeper.pass();
        mine(world);
        await world.keeper.pass();
        expect(world.finished).to.have.members(["expire 1-1", "expire 1-2"]);
        expect(told).to.deep.equal(["sent", "mined 500000000000000", "earned 0xT 14", "did expire", "did expire"]);
      },
      {
        sent: () => told.push("sent"),
        settled: (outcome, fee) => told.push(`${outcome} ${fee}`),
        earned: (token, amount) => told.push(`earned ${token} ${amount}`),
        did: (kind) => told.push(`did ${kind}`),
      },
    );
  });

  it("lets wait what is still due after its transaction was mined", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2);
      await world.keeper.pass();
      world.set.done = ["expire 1-1"];
      mine(world);
      due(world, "expire", 2);
      await world.keeper.pass();
      expect(world.finished).to.deep.equal(["expire 1-1"]);
      expect(world.failed).to.deep.equal(["expire 1-2"]);
    }));

  it("leaves alone what it did until that is confirmed, whatever logs are left out meanwhile (ATK-KPR-2)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      await world.keeper.pass();
      for (const sent of [0, 0, 0, 1]) {
        world.chain.mine();
        expect((await world.keeper.pass()).sent).to.equal(sent);
      }
    }));

  it("takes back that somebody else used a nonce, when a node finds its receipt after all (ATK-KPR-2, ATK-KPR-4)", async () => {
    const told: string[] = [];
    await withWorld(
      async (world) => {
        due(world, "expire", 1);
        await world.keeper.pass();
        mine(world);
        world.chain.hidesReceipts = true;
        for (let blocks = 0; blocks < 4; blocks++) {
          await world.keeper.pass();
          world.chain.mine();
        }
        expect(told).to.deep.equal(["foreign 0"]);
        world.chain.hidesReceipts = false;
        world.set.done = ["expire 1-1"];
        await world.keeper.pass();
        expect(told).to.deep.equal(["foreign 0", "mined 500000000000000"]);
        world.chain.mine();
        await world.keeper.pass();
        expect(told).to.have.length(2);
      },
      { settled: (outcome, fee) => told.push(`${outcome} ${fee}`) },
    );
  });

  it("gives the place of a nonce that is used up to others while its receipt is disputed (ATK-KPR-20)", () =>
    withWorld(async (world) => {
      world.chain.disputesReceipts = true;
      const sent: number[] = [];
      for (let block = 0; block < 6; block++) {
        due(world, "execute", 3 * block + 1, 3 * block + 2);
        due(world, "expire", 3 * block + 3);
        sent.push((await world.keeper.pass()).sent);
        mine(world);
      }
      expect(sent).to.deep.equal([3, 3, 3, 3, 3, 3]);
      world.chain.disputesReceipts = false;
      await world.keeper.pass();
      mine(world);
      expect((await world.keeper.pass()).outstanding).to.equal(0);
      expect(world.finished.length).to.be.at.least(9);
    }));

  it("tries a duty again that a disputed transaction may not have done, once that is confirmed (ATK-KPR-20)", () =>
    withWorld(async (world) => {
      world.chain.disputesReceipts = true;
      due(world, "expire", 1);
      const sent: number[] = [];
      for (let block = 0; block < 6; block++) {
        sent.push((await world.keeper.pass()).sent);
        world.chain.mine(); // what is mined does nothing
      }
      expect(sent).to.deep.equal([1, 0, 0, 0, 1, 0]);
    }));
});
