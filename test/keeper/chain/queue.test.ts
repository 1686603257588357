import { expect } from "chai";

import { newest } from "../../../keeper/core/slots";
import { poolOf, type QueueWorld, withQueue } from "./queueWorld";
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
