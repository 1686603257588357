import { expect } from "chai";

import { due, mine, pool, withWorld } from "./keeperWorld";

describe("Keeper: what it tries and does not send", () => {
  it("lets one that is poisoned wait, and sends the others", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2, 3);
      world.set.answer = (_kind, ids) =>
        ids.includes(2) ? { type: "reverts", reason: "broken" } : { type: "works", done: ids.length };
      expect(await world.keeper.pass()).to.deep.include({ sent: 1, left: 1 });
      expect(pool(world)).to.deep.equal(["expire 1,3"]);
      expect(world.failed).to.deep.equal(["expire 1-2"]);
      // A simulation costs nothing, and nodes may err.
      expect(world.longest).to.deep.equal([3_600]);
    }));

  it("lets one wait that the nodes refuse to simulate, sixteen minutes at most, and sends the others (ATK-KPR-18)", async () => {
    const refused: string[] = [];
    await withWorld(
      async (world) => {
        due(world, "expire", 1, 2, 3);
        due(world, "cancelNoShow", 4);
        world.set.answer = (_kind, ids) =>
          ids.includes(2) ? { type: "refused", reason: "wibble" } : { type: "works", done: ids.length };
        expect(await world.keeper.pass()).to.deep.include({ sent: 2, left: 1 });
        expect(pool(world)).to.have.members(["expire 1,3", "cancelNoShow 4"]);
        expect(world.failed).to.deep.equal(["expire 1-2"]);
        expect(world.longest).to.deep.equal([960]);
        expect(refused).to.deep.equal(["expire"]);
      },
      { refusedSimulation: (kind) => refused.push(kind) },
    );
  });

  it("simulates again what cannot be done, while half of its time is left: a tenant may pay until the end (ATK-KPR-25)", () =>
    withWorld(async (world) => {
      const { timestamp } = world.chain.head;
      for (const [id, left] of [
        [1, 3_600],
        [2, 100],
      ] as const) {
        due(world, "renew", id);
        const key = `renew 1-${id}`;
        world.duties.set(key, { ...world.duties.get(key)!, goneAt: timestamp + left });
      }
      world.set.answer = () => ({ type: "works", done: 0 });
      await world.keeper.pass();
      expect(world.longest).to.have.members([1_800, 60]);
    }));

  it("remembers nothing of duties that others did (ATK-KPR-5)", () =>
    withWorld(async (world) => {
      world.set.answer = () => ({ type: "works", done: 0 });
      for (let id = 1; id <= 50; id++) {
        due(world, "expire", id);
        await world.keeper.pass();
        world.duties.clear();
        world.chain.mine();
        await world.keeper.pass();
        world.chain.mine();
      }
      const kept = Object.values(world.keeper).filter((each) => each instanceof Map || each instanceof Set);
      expect(kept.map(({ size }) => size).reduce((a, b) => a + b, 0)).to.equal(0);
    }));

  it("looks three times whether somebody else expired a lease, before it lets it wait (ATK-KPR-5)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      world.set.answer = () => ({ type: "works", done: 0 });
      for (const failures of [0, 0, 1, 1]) {
        expect(await world.keeper.pass()).to.deep.include({ sent: 0, left: 1 });
        expect(world.failed).to.have.length(failures);
        expect(world.suspicions.count).to.equal(failures);
        expect(world.doubted).to.have.length(failures);
        mine(world);
      }
      expect(world.simulated).to.have.length(3);
      expect(world.released).to.have.length(3);
    }));

  it("lets a renewal that is not possible wait at once", () =>
    withWorld(async (world) => {
      due(world, "renew", 1);
      world.set.answer = () => ({ type: "works", done: 0 });
      await world.keeper.pass();
      expect(world.failed).to.deep.equal(["renew 1-1"]);
      expect(world.doubted).to.have.length(1);
    }));

  it("lets one wait that every node refuses alone, and sends what comes after it (ATK-KPR-12)", () =>
    withWorld(async (world) => {
      due(world, "failOver", 1);
      due(world, "expire", 2);
      world.chain.gasCap = 200_000n; // less than a failover needs
      for (let blocks = 0; blocks < 3; blocks++) {
        await world.keeper.pass();
        mine(world);
      }
      expect([...world.duties.keys()]).to.deep.equal(["failOver 1-1"]);
      expect(world.failed).to.deep.equal(["failOver 1-1"]);
      expect(await world.keeper.pass()).to.deep.include({ outstanding: 0, left: 1 });
    }));
});
