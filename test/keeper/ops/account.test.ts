import { expect } from "chai";
import { pino } from "pino";

import { COIN, due, mine, withWorld } from "./keeperWorld";

describe("Keeper: its account", () => {
  it("reads its balance every five minutes of the chain though nothing is due, and says once that it is empty (ATK-KPR-22)", async () => {
    const balances: bigint[] = [];
    const said: string[] = [];
    const log = pino({ level: "warn", base: null }, { write: (line: string) => void said.push(line) });
    await withWorld(
      async (world) => {
        const blocksIn = (seconds: number): number => {
          const { timestamp } = world.chain.head;
          world.chain.mine();
          return seconds / (world.chain.head.timestamp - timestamp);
        };
        await world.keeper.pass();
        world.set.balance = 0n;
        for (let blocks = blocksIn(300); blocks > 1; blocks--) {
          await world.keeper.pass();
          expect(balances).to.deep.equal([1_000n * COIN]);
          world.chain.mine();
        }
        await world.keeper.pass();
        expect(balances).to.deep.equal([1_000n * COIN, 0n]);
        for (let blocks = 2 * blocksIn(300); blocks > 0; blocks--) {
          await world.keeper.pass();
          world.chain.mine();
        }
        expect(balances.length).to.be.within(4, 5);
        expect(world.requests.count).to.equal(balances.length);
        expect(said.map((line) => (JSON.parse(line) as { msg: string }).msg)).to.deep.equal([
          "the account is empty: send it native coin, it goes on by itself then",
        ]);
      },
      { balance: (wei) => balances.push(wei) },
      log,
    );
  });

  it("sends nothing that its account cannot pay, and goes on when it is filled (ATK-KPR-8)", () =>
    withWorld(async (world) => {
      due(world, "expire", 1);
      world.set.balance = 0n;
      expect(await world.keeper.pass()).to.deep.include({ sent: 0, left: 1 });
      world.set.balance = COIN;
      mine(world);
      expect(await world.keeper.pass()).to.deep.include({ sent: 1, left: 0 });
    }));
});
