import { expect } from "chai";
import { pino } from "pino";

import { PrometheusMeter } from "../../../keeper/ops/metrics";
import { GWEI } from "../chain/senderChain";
import { allOf, due, mine, samplesOf, withWorld } from "./keeperWorld";

describe("Keeper: what it leaves undone", () => {
  it("says why it leaves what is due, once for each reason, and bids less of a tip below the cap (ATK-KPR-6)", async () => {
    const said: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => void said.push(line) });
    await withWorld(
      async (world) => {
        due(world, "expire", 1, 2);
        world.chain.baseFee = 61n * GWEI; // the cap is 60
        for (let blocks = 0; blocks < 3; blocks++) {
          world.chain.mine();
          expect((await world.keeper.pass()).sent).to.equal(0);
        }
        const lines = said.map((each) => JSON.parse(each) as { msg: string });
        const [line, ...more] = lines.filter(({ msg }) => msg !== "the account has native coin");
        expect(line).to.include({ "fee above the cap": 2, msg: "due, and left for now" });
        expect(more).to.deep.equal([]);

        world.chain.baseFee = 60n * GWEI;
        world.chain.mine();
        expect((await world.keeper.pass()).sent).to.equal(1);
        const [sent] = [...world.chain.pool.values()];
        expect(sent).to.include({ maxFeePerGas: 60n * GWEI, maxPriorityFeePerGas: GWEI });
      },
      {},
      log,
    );
  });

  it("counts apart what is due and what this keeper should do: an impossible order pages nobody (ATK-KPR-22)", async () => {
    const meter = new PrometheusMeter(() => 0, []);
    await withWorld(async (world) => {
      due(world, "renew", 1, 2);
      due(world, "cancelNoShow", 3);
      world.claimed.set("renew 1-2", "another");
      world.set.answer = (kind, ids) =>
        kind === "renew" ? { type: "works", done: 0 } : { type: "reverts", reason: `${kind} ${ids.join()} is broken` };
      await world.keeper.pass();
      expect(await samplesOf(meter)).to.include({
        backlog_duties: 0,
        backlog_lag_seconds: 0,
        due_duties: 3,
        'left_undone_duties{reason="claimed by another keeper"}': 1,
      });

      world.duties.delete("renew 1-2");
      due(world, "expire", 4);
      world.set.balance = 0n;
      mine(world);
      expect([...(await world.keeper.pass()).undone]).to.deep.equal([["account empty", 1]]);
      const lag = world.chain.head.timestamp - 1_000_000;
      expect(lag).to.be.greaterThan(0);
      expect(await samplesOf(meter)).to.include({
        backlog_duties: 1,
        backlog_lag_seconds: lag,
        due_duties: 3,
        'left_undone_duties{reason="account empty"}': 1,
        'left_undone_duties{reason="claimed by another keeper"}': 0,
        'left_undone_duties{reason="failed, left in peace for a while"}': 2,
      });
    }, allOf(meter));
  });

  it("counts a lease as not this keeper's work while simulations say that somebody else ended it (ATK-KPR-22)", async () => {
    const meter = new PrometheusMeter(() => 0, []);
    await withWorld(async (world) => {
      due(world, "expire", 1);
      world.set.answer = () => ({ type: "works", done: 0 });
      expect((await world.keeper.pass()).undone.size).to.equal(0);
      expect(await samplesOf(meter)).to.include({
        backlog_duties: 0,
        due_duties: 1,
        'left_undone_duties{reason="nothing to be done"}': 1,
      });
    }, allOf(meter));
  });

  it("counts what is on its way as work until it is mined, and what was never offered as left (ATK-KPR-22)", async () => {
    const meter = new PrometheusMeter(() => 0, []);
    await withWorld(async (world) => {
      due(world, "expire", 1);
      expect((await world.keeper.pass()).undone.size).to.equal(0);
      expect(await samplesOf(meter)).to.include({ backlog_duties: 1, due_duties: 1 });
      mine(world);
      await world.keeper.pass();
      expect(await samplesOf(meter)).to.include({ backlog_duties: 0, due_duties: 0 });

      const [unknown] = world.chain.blocks.at(-1)!.transactions;
      world.chain.pool.set(1, unknown!);
      world.chain.isEmpty = true;
      due(world, "expire", 2);
      world.chain.mine();
      expect([...(await world.keeper.pass()).undone]).to.deep.equal([["not sent", 1]]);
      expect(await samplesOf(meter)).to.include({ backlog_duties: 1 });
    }, allOf(meter));
  });
});
