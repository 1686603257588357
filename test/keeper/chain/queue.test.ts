import { expect } from "chai";

import { UnansweredError, WaitError } from "../../../keeper/chain/rpcErrors";
import { newest } from "../../../keeper/core/slots";
import { rejection } from "./nodes";
import { gasFor, keyOf, poolOf, type QueueWorld, withQueue, wordsOf } from "./queueWorld";
import { GWEI } from "./senderChain";

const mine = ({ chain }: QueueWorld, blocks: number): void => {
  for (let block = 0; block < blocks; block++) chain.mine();
};
const feesOf = ({ queue }: QueueWorld): number[] =>
  queue.open.map((slot) => Number(newest(slot).fees.maxFeePerGas / GWEI));

describe("TransactionQueue: a fee that is too low (ATK-KPR-6)", () => {
  it("is raised although only every third or fifth block is looked at", () =>
    withQueue(async (world) => {
      await world.submit(1);
      world.chain.baseFee = 65n * GWEI; // above the 21 of the first offer
      for (const blocks of [4, 4, 2, 4]) {
        mine(world, blocks); // 4, 8, 10 and 14 blocks after the first offer: never a multiple of three
        await world.follow();
      }
      expect(world.told.filter(({ type }) => type === "raised")).to.have.length(1);
      expect(feesOf(world)).to.deep.equal([60]);
      expect(poolOf(world.chain)).to.deep.equal(["1"]);
    }));

  it("at the cap is offered again every three blocks, not with every look", () =>
    withQueue(async (world) => {
      world.chain.baseFee = 30n * GWEI;
      world.chain.mine();
      await world.submit(1);
      world.chain.baseFee = 70n * GWEI;
      const offers: number[] = [];
      const { broadcast } = world.chain;
      world.chain.broadcast = (raw) => {
        offers.push(world.chain.head.number);
        return broadcast.call(world.chain, raw);
      };
      const start = world.chain.head.number;
      for (let block = 0; block < 11; block++) {
        mine(world, 1);
        await world.follow();
      }
      expect(offers.map((number) => number - start)).to.deep.equal([3, 6, 9]);
    }));

  it("is raised to the cap for all of its duties, although the base fee is above the cap", () =>
    withQueue(
      async (world) => {
        await world.submit(1, 2, 3, 4);
        world.chain.baseFee = 70n * GWEI;
        mine(world, 3);
        await world.follow();
        expect([poolOf(world.chain), feesOf(world)]).to.deep.equal([["1,2,3,4"], [60]]);
      },
      { maxTransactionCost: gasFor(4) * 60n * GWEI },
    ));

  it("counts blocks from the fork on where that takes back the block of the last offer", () =>
    withQueue(async (world) => {
      mine(world, 20);
      await world.submit(1);
      world.chain.baseFee = 40n * GWEI;
      world.chain.fork(15, false);
      mine(world, 1);
      await world.follow();
      mine(world, 4);
      await world.follow();
      expect(world.told.filter(({ type }) => type === "raised")).to.have.length(1);
    }));
});

describe("TransactionQueue: a fork below what is remembered (ATK-KPR-14)", () => {
  it("opens a nonce again that a fork gave back under a later one that is open", () =>
    withQueue(async (world) => {
      await world.submit(1);
      mine(world, 1);
      await world.follow();
      await world.submit(2);
      world.chain.fork(1, true); // nobody tells the journal, and the pools forget both
      for (let block = 0; block < 12; block++) {
        mine(world, 1);
        await world.follow();
      }
      const done = world.chain.mined().map(({ data }) => Buffer.from(data.slice(2), "hex").toString());
      expect(done).to.deep.equal(["1", "2"]);
      expect(world.queue.open).to.deep.equal([]);
    }));
});

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
/** Gas that is enough for so many duties although they were cut off a larger batch, and too little for twice as many. */
const roomFor = (duties: number): bigint => (gasFor(duties) * 23n) / 20n;
const sizesOf = ({ chain }: QueueWorld): number[] =>
  poolOf(chain).map((words) => (words === "" ? 0 : words.split(",").length));

describe("TransactionQueue: what every node refuses (ATK-KPR-12)", () => {
  it("is signed again, with the same nonce, for half as much until the nodes take it", () =>
    withQueue(async (world) => {
      world.chain.gasCap = roomFor(2);
      expect(await world.submit(...numbers(8))).to.equal("sent");
      expect(poolOf(world.chain)).to.deep.equal(["1,2"]);
      expect(world.chain.answers).to.deep.equal(["rejected", "rejected", "accepted"]);
      expect(world.queue.open.map(({ nonce, attempts }) => [nonce, attempts.length])).to.deep.equal([[0, 3]]);
      // The others wait for nothing: they are planned anew.
      expect([...world.queue.outstanding()]).to.deep.equal([keyOf(1), keyOf(2)]);
      expect(world.queue.takeRefused()).to.deep.equal([]);
    }));

  it("is cut to what works with the gas that it has then, not to what a half is guessed to need", () =>
    withQueue(async (world) => {
      world.chain.needs = () => 180_000n; // however many they are; a half is guessed to need 158,812
      world.chain.gasCap = 200_000n;
      expect(await world.submit(...numbers(8))).to.equal("sent");
      const limits = [...world.chain.pool.values()].map(({ gasLimit }) => gasLimit);
      expect(limits).to.deep.equal([198_515n]);
      expect(poolOf(world.chain)).to.deep.equal(["1,2,3,4"]);
    }));

  it("is tried with less gas where one duty alone has more than it needs", () =>
    withQueue(async (world) => {
      world.chain.needs = () => 60_000n;
      world.chain.gasCap = 80_000n;
      expect(await world.submit(1)).to.equal("sent");
      expect(poolOf(world.chain)).to.deep.equal(["1"]);
      expect([...world.chain.pool.values()].map(({ gasLimit }) => gasLimit)).to.deep.equal([65_234n]);
      expect(world.queue.takeRefused()).to.deep.equal([]);
    }));

  it("is cut by what it costs, too, and by its length", () =>
    withQueue(async (world) => {
      world.chain.feeCap = (gasFor(8) * 21n * GWEI * 3n) / 4n; // 21: twice the base fee, and a tip
      await world.submit(...numbers(8));
      world.chain.feeCap = undefined;
      world.chain.sizeCap = 7;
      await world.submit(...numbers(8));
      expect(poolOf(world.chain)).to.deep.equal(["1,2,3,4", "1,2,3,4"]);
    }));

  it("uses its nonce up for nothing where one duty alone is refused, and says which (later nonces go on)", () =>
    withQueue(async (world) => {
      world.chain.gasCap = 50_000n;
      expect(await world.submit(1, 2)).to.equal("sent");
      expect(poolOf(world.chain)).to.deep.equal([""]);
      expect(world.queue.takeRefused()).to.deep.equal([{ kind: "expire", key: keyOf(1), reason: "rejected" }]);
      expect(world.queue.takeRefused()).to.deep.equal([]);
      expect([...world.queue.outstanding()]).to.deep.equal([]);
      world.chain.gasCap = undefined;
      await world.submit(3);
      world.chain.mine();
      await world.follow();
      expect(world.queue.open).to.deep.equal([]);
      expect(world.chain.mined().map(wordsOf)).to.deep.equal(["", "3"]);
    }));

  it("uses its nonce up with as much gas as nothing needs on a chain that takes gas for publishing", () =>
    withQueue(async (world) => {
      world.chain.leastGas = 300_000n;
      world.chain.sizeCap = 0;
      await world.submit(1);
      const gas = world.queue.open.flatMap(({ attempts }) => attempts.map(({ gasLimit }) => gasLimit));
      expect(gas).to.deep.equal([gasFor(1), 21_000n, 84_000n, 336_000n]);
      expect(poolOf(world.chain)).to.deep.equal([""]);
    }));

  it("keeps all duties of a transaction taken that a node may have, though every node refuses what follows it", () =>
    withQueue(async (world) => {
      await world.submit(1, 2, 3, 4);
      world.chain.feeCap = roomFor(2) * 60n * GWEI;
      world.chain.baseFee = 50n * GWEI; // the first bid offers 21
      for (let block = 0; block < 3; block++) world.chain.mine();
      await world.follow();
      expect(poolOf(world.chain)).to.deep.equal(["1,2"]);
      expect([...world.queue.outstanding()].sort()).to.deep.equal(numbers(4).map(keyOf));
      world.chain.mine();
      await world.follow();
      expect([...world.queue.outstanding()]).to.deep.equal([]);
    }));

  it("gives no duty to another nonce while its own waits for nothing but to be used up", () =>
    withQueue(async (world) => {
      await world.submit(1, 2);
      world.chain.gasCap = 50_000n;
      world.chain.baseFee = 70n * GWEI; // above the cap
      for (let block = 0; block < 12; block++) {
        world.chain.mine();
        await world.follow();
        expect([...world.queue.outstanding()].sort(), `after ${block} blocks`).to.deep.equal([keyOf(1), keyOf(2)]);
      }
      expect(poolOf(world.chain)).to.deep.equal([""]);
      world.chain.baseFee = 10n * GWEI;
      world.chain.mine();
      await world.follow();
      expect([...world.queue.outstanding()]).to.deep.equal([]);
    }));

  it("keeps the duties of a lost answer taken after a restart, until the nonce is used up", () =>
    withQueue(async (world) => {
      const { broadcast } = world.chain;
      world.chain.broadcast = async (raw) => {
        await broadcast.call(world.chain, raw);
        throw new WaitError("the answer is lost");
      };
      expect(String(await rejection(world.submit(1, 2, 3, 4)))).to.contain("the answer is lost");
      world.chain.broadcast = broadcast;
      world.chain.pool.clear();
      world.chain.gasCap = roomFor(2);
      world.chain.mine();
      const heir = world.reborn();
      await world.follow(heir);
      expect(poolOf(world.chain)).to.deep.equal(["1,2"]);
      expect([...heir.outstanding()].sort()).to.deep.equal(numbers(4).map(keyOf));
    }));

  it("is not cut for what is no fault of its own", () =>
    withQueue(async (world) => {
      world.chain.refusesAll = "notNow";
      expect(await world.submit(1, 2)).to.equal("notNow");
      expect(await world.queue.isFree(world.chain.head)).to.equal(false);
      world.chain.refusesAll = undefined;
      world.chain.mine();
      await world.follow();
      expect(poolOf(world.chain)).to.deep.equal(["1,2"]);
      expect(await world.queue.isFree(world.chain.head)).to.equal(true);
    }));

  it("has the account wait longer and longer where not even a transfer to itself is taken", () =>
    withQueue(async (world) => {
      world.chain.refusesAll = "rejected";
      const tries: number[] = [];
      for (let block = 0; block < 40; block++) {
        await world.follow();
        if (await world.queue.isFree(world.chain.head)) {
          tries.push(block);
          await world.submit(1);
        }
        world.chain.mine();
      }
      expect(tries).to.deep.equal([0, 1, 3, 7, 15, 31]);
      // Nobody has any of them: none has to pay more than the one before.
      const fees = new Set(world.queue.open.flatMap(({ attempts }) => attempts.map((each) => each.fees.maxFeePerGas)));
      expect([...fees]).to.deep.equal([21n * GWEI]);
      world.chain.refusesAll = undefined;
      for (let block = 0; block < 40 && !(await world.queue.isFree(world.chain.head)); block++) world.chain.mine();
      await world.submit(2);
      expect(poolOf(world.chain)).to.deep.equal(["2"]);
    }));

  it("tells for a while how much gas is taken, and no less than two million", () =>
    withQueue(async (world) => {
      expect(world.queue.mostGas(world.chain.head)).to.equal(undefined);
      world.chain.gasCap = roomFor(250);
      await world.submit(...numbers(1_000));
      expect(sizesOf(world)).to.deep.equal([250]);
      const limit = world.queue.open.map((slot) => newest(slot).gasLimit)[0];
      expect(limit! <= roomFor(250) && limit! >= gasFor(250)).to.equal(true);
      expect(world.queue.mostGas(world.chain.head)).to.equal(limit);
      world.chain.gasCap = roomFor(3);
      await world.submit(...numbers(100));
      expect(world.queue.mostGas(world.chain.head)).to.equal(2_000_000n);
      for (let block = 0; block < 100; block++) world.chain.mine();
      expect(world.queue.mostGas(world.chain.head)).to.equal(undefined);
    }));

  it("pays what is left in the account for fewer duties, and waits where that is not enough for one (ATK-KPR-8)", () =>
    withQueue(async (world) => {
      world.chain.funds = roomFor(2) * 21n * GWEI;
      await world.submit(...numbers(8));
      expect(poolOf(world.chain)).to.deep.equal(["1,2"]);
      expect(await world.submit(...numbers(8))).to.equal("insufficientFunds");
      world.chain.funds = undefined;
      world.chain.mine();
      await world.follow();
      expect(poolOf(world.chain)).to.deep.equal([numbers(8).join()]);
    }));
});

describe("TransactionQueue: the most that one transaction may cost (ATK-KPR-12)", () => {
  const most = gasFor(4) * 25n * GWEI;

  it("bounds what uses a nonce up, too, with all the gas that it is tried with", () =>
    withQueue(
      async (world) => {
        world.chain.sizeCap = 0;
        world.chain.leastGas = 1_000_000n;
        await world.submit(1);
        const attempts = world.queue.open.flatMap((slot) => slot.attempts);
        expect(attempts.map(({ gasLimit }) => gasLimit)).to.deep.equal([gasFor(1), 21_000n, 84_000n]);
        for (const { gasLimit, fees } of attempts) expect(gasLimit * fees.maxFeePerGas <= most).to.equal(true);
      },
      { maxTransactionCost: most },
    ));

  it("bounds gas and publishing together, of a first offer and of a raised one (ATK-KPR-16)", () => {
    const wei = gasFor(4) * 40n * GWEI;
    const l1Fee = { base: wei / 4n, perItem: wei / 16n }; // half of it for four
    return withQueue(
      async (world) => {
        await world.submit(...numbers(4));
        world.chain.baseFee = 26n * GWEI;
        for (let block = 0; block < 9; block++) {
          world.chain.mine();
          await world.follow();
        }
        const attempts = world.told.flatMap((event) => (event.type === "signed" ? [event.attempt] : []));
        expect(attempts.length).to.be.greaterThan(1);
        for (const { gasLimit, fees, duties } of attempts) {
          const publishing = l1Fee.base + l1Fee.perItem * BigInt(duties.length);
          expect(gasLimit * fees.maxFeePerGas + publishing <= wei).to.equal(true);
        }
      },
      { maxTransactionCost: wei, l1Fee: () => Promise.resolve(l1Fee) },
    );
  });

  it("bounds a first offer: fewer duties go", () =>
    withQueue(
      async (world) => {
        await world.submit(...numbers(8));
        expect(sizesOf(world)).to.deep.equal([4]);
      },
      { maxTransactionCost: most },
    ));

  it("bounds a raised fee: the nonce is offered again for fewer duties, and the others stay taken", () =>
    withQueue(
      async (world) => {
        await world.submit(...numbers(4));
        world.chain.baseFee = 27n * GWEI; // more than all of them may offer
        for (let block = 0; block < 3; block++) world.chain.mine();
        await world.follow();
        expect(sizesOf(world)).to.deep.equal([2]);
        for (const { attempts } of world.queue.open) {
          for (const { gasLimit, fees } of attempts) expect(gasLimit * fees.maxFeePerGas <= most).to.equal(true);
        }
        expect([...world.queue.outstanding()].sort()).to.deep.equal(numbers(4).map(keyOf));
      },
      { maxTransactionCost: most },
    ));
});

describe("TransactionQueue: claims (ATK-KPR-13)", () => {
  it("are to be kept for eight times the blocks after which a fee is raised, and no longer", () =>
    withQueue(async (world) => {
      world.chain.baseFee = 70n * GWEI;
      world.chain.mine();
      await world.submit(1);
      const kept: number[] = [];
      for (let block = 1; block <= 30; block++) {
        world.chain.mine();
        await world.follow();
        if (world.queue.worthClaiming(world.chain.head).has(keyOf(1))) kept.push(block);
      }
      expect(kept.at(-1)).to.equal(23);
      expect(kept).to.have.length(23);
      expect([...world.queue.outstanding()]).to.deep.equal([keyOf(1)]);
    }));
});

describe("TransactionQueue: what outlasts its cause (ATK-KPR-25)", () => {
  it("signs anew, for less, what the account could not pay at the price of then", () =>
    withQueue(async (world) => {
      world.chain.baseFee = 29n * GWEI;
      world.chain.mine();
      world.chain.funds = gasFor(1) * 30n * GWEI;
      expect(await world.submit(1)).to.equal("insufficientFunds");
      world.chain.baseFee = 2n * GWEI;
      for (let block = 0; block < 6; block++) {
        world.chain.mine();
        await world.follow();
      }
      expect(world.chain.mined().map(wordsOf)).to.deep.equal(["1"]);
    }));

  it("signs for less what no node answers to, for as long as it is no answer: others go on", () =>
    withQueue(async (world) => {
      const { broadcast } = world.chain;
      world.chain.broadcast = (raw) =>
        raw.length > 240 ? Promise.reject(new UnansweredError("connection reset")) : broadcast.call(world.chain, raw);
      const tries = [world.submit(...numbers(40))];
      await Promise.allSettled(tries);
      for (let block = 0; block < 20; block++) {
        world.chain.mine();
        await world.follow().catch(() => undefined);
      }
      expect(world.chain.mined().length).to.equal(1);
      expect(world.queue.open).to.deep.equal([]);
    }));

  it("is offered as it is when nodes were down for long, and no pause is left", () =>
    withQueue(async (world) => {
      const { broadcast } = world.chain;
      for (const error of [new WaitError("all rest after failures"), new UnansweredError("timeout")]) {
        world.chain.broadcast = () => Promise.reject(error);
        await Promise.allSettled([world.submit(1, 2)]);
        for (let block = 0; block < 60; block++) {
          world.chain.mine();
          await world.follow().catch(() => undefined);
        }
        world.chain.broadcast = broadcast;
        world.chain.mine();
        await world.follow();
        const nodesWereDown = !(error instanceof UnansweredError);
        expect(poolOf(world.chain)).to.deep.equal([nodesWereDown ? "1,2" : ""]);
        expect(await world.queue.isFree(world.chain.head)).to.equal(true);
        world.chain.mine();
        await world.follow();
        expect(world.queue.open).to.deep.equal([]);
      }
    }));

  it("counts no block from a head that is void by now: strangers, a gap and a nonce without a receipt", () =>
    withQueue(async (world) => {
      await world.submit(1);
      mine(world, 1);
      world.chain.hidesReceipts = true;
      const ahead = { ...world.chain.head, number: 1_000_000 };
      await world.queue.follow(ahead, () => true);
      for (let block = 0; block < 3; block++) {
        mine(world, 1);
        await world.follow();
      }
      expect(world.queue.open).to.deep.equal([]);

      await world.submit(2);
      const heir = world.reborn();
      world.chain.isEmpty = true;
      world.chain.baseFee = 90n * GWEI;
      await world.store.query("DELETE FROM transactions");
      expect(await heir.isFree({ ...world.chain.head, number: 1_000_000 })).to.equal(false);
      for (let block = 0; block < 7; block++) {
        mine(world, 1);
        await heir.isFree(world.chain.head);
      }
      expect(await heir.isFree(world.chain.head)).to.equal(true);
    }));
});
