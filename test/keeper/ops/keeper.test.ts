import { expect } from "chai";

import { outlook } from "../../../keeper/ops/outlook";
import { rejection } from "../chain/nodes";
import { GWEI } from "../chain/senderChain";
import { due, mine, pool, withWorld } from "./keeperWorld";

describe("Keeper", () => {
  it("sends what is due in one transaction, and leaves it alone while that is on its way", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2, 3);
      expect(await world.keeper.pass()).to.deep.include({ fresh: true, sent: 1, left: 0, outstanding: 1 });
      expect(pool(world)).to.deep.equal(["expire 1,2,3"]);

      world.chain.baseFee = 100n * GWEI; // not mined at its price
      mine(world);
      expect(await world.keeper.pass()).to.deep.include({ fresh: true, sent: 0, left: 0, outstanding: 1 });
      expect(pool(world)).to.deep.equal(["expire 1,2,3"]);
    }));

  it("asks the nodes for its balance alone while nothing is due, and looks at a block once", () =>
    withWorld(async (world) => {
      expect(await world.keeper.pass()).to.deep.include({ fresh: true, sent: 0, left: 0, outstanding: 0 });
      expect(world.requests.count).to.equal(1);
      due(world, "expire", 1);
      expect(await world.keeper.pass()).to.deep.include({ fresh: false, sent: 0 });
      expect(world.requests.count).to.equal(1);
    }));

  it("looks at a block again after a pass that failed", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      world.chain.fault = "unheard";
      expect(String(await rejection(world.keeper.pass()))).to.contain("no endpoint answers");
      world.chain.fault = "none";
      expect(await world.keeper.pass()).to.deep.include({ fresh: true, sent: 1 });
    }));

  it("leaves what another keeper has claimed", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2);
      world.claimed.set("expire 1-1", "another");
      expect(await world.keeper.pass()).to.deep.include({ sent: 1, left: 1 });
      expect(pool(world)).to.deep.equal(["expire 2"]);
    }));

  it("has no more on its way than it may, and gives the other claims back", () =>
    withWorld(async (world) => {
      due(world, "execute", 1, 2);
      due(world, "renew", 3);
      due(world, "cancelNoShow", 4);
      due(world, "expire", 5);
      await world.keeper.pass();
      expect(pool(world)).to.have.members(["expire 5", "cancelNoShow 4", "renew 3"]);
      mine(world);
      await world.keeper.pass();
      expect(pool(world)).to.deep.equal(["execute 1", "execute 2"]);
    }));

  it("waits for transactions of its account that it does not know (ATK-KPR-4, ATK-KPR-10)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      await world.keeper.pass();
      const [unknown] = [...world.chain.pool.values()];
      await withWorld(async (heir) => {
        heir.chain.pool.set(0, unknown!);
        heir.chain.isEmpty = true; // so that it stays where it is
        heir.chain.baseFee = 20n * GWEI;
        heir.chain.mine();
        due(heir, "expire", 2);
        for (let blocks = 0; blocks < 6; blocks++) {
          expect((await heir.keeper.pass()).sent, `after ${blocks} blocks`).to.equal(0);
          heir.chain.mine();
        }
        heir.chain.isEmpty = false;
        expect((await heir.keeper.pass()).outstanding).to.equal(1);
      });
    }));

  it("stops between two steps when it is asked to", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      due(world, "cancelNoShow", 2);
      world.set.answer = (_kind, ids) => {
        world.stop.abort();
        return { type: "works", done: ids.length };
      };
      expect((await world.keeper.pass()).sent).to.equal(1);
      expect(world.simulated).to.have.length(1);
    }));

  it("shows what would be done, without claiming or sending", () =>
    withWorld(async (world) => {
      due(world, "expire", 1, 2);
      const { actions, head, leases } = await outlook(world.eyes);
      expect(actions.map(({ kind, duties }) => `${kind} ${duties.map(({ id }) => id).join()}`)).to.deep.equal([
        "expire 1,2",
      ]);
      expect([head.number, leases]).to.deep.equal([100, 2]);
      expect(world.claimed.size + world.chain.pool.size).to.equal(0);
    }));
});
