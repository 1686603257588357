import { expect } from "chai";

import { sizeOf } from "../../../keeper/core/batches";
import type { Duty } from "../../../keeper/core/duties";
import {
  batchGasLimit,
  FIRST_GUESS,
  type GasModel,
  gasOf,
  measured,
  needOf,
  ranShort,
  transactionGasLimit,
} from "../../../keeper/core/gas";
import { type Action, plan } from "../../../keeper/core/plan";
import { ALWAYS, duty, GAS, snapshot } from "./facts";

const MILLION = 1_000_000n;

describe("the model of gas", () => {
  it("learns nearly all from a full batch, little from one odd lease, and nothing from none", () => {
    const learned = (items: number, each: bigint): bigint =>
      measured(GAS, "expire", { items, accounts: 1 }, GAS.base + each * BigInt(items)).perItem.expire;
    expect(learned(500, 30_000n)).to.equal(29_842n);
    expect(learned(1, 200_000n)).to.equal(40_000n);
    expect(measured(GAS, "expire", { items: 0, accounts: 0 }, 50_000n)).to.equal(GAS);
    expect(learned(500, 1n)).to.equal(5_000n);
  });

  it("tells items from accounts: a batch of one tenant says nothing wrong about one of many", () => {
    const gas = { ...GAS, perAccount: { ...GAS.perAccount, expire: 12_000n } };
    const charged = gas.base + 20_000n * 300n + 12_000n * 100n;
    expect(measured(gas, "expire", { items: 300, accounts: 100 }, charged).perItem.expire).to.equal(20_000n);
    expect(gasOf(gas, "expire", { items: 300, accounts: 100 })).to.equal(charged);
  });

  it("makes room for refunds after a batch ran short, then doubts its items; gives the room up slowly", () => {
    let model = { ...FIRST_GUESS, sure: new Set(["expire"] as const) } as GasModel;
    for (let times = 0; times < 5; times++) model = ranShort(model, "expire");
    expect(model.headroom.expire).to.equal(1_300n);
    expect(model.perItem.expire).to.equal(FIRST_GUESS.perItem.expire);
    expect(ranShort(model, "expire").perItem.expire).to.equal((FIRST_GUESS.perItem.expire * 5n) / 4n);
    expect(model.headroom.renew).to.equal(FIRST_GUESS.headroom.renew);
    const size = { items: 10, accounts: 1 };
    expect(needOf(model, "expire", size)).to.equal((gasOf(model, "expire", size) * 13n) / 10n);
    const calmer = measured(model, "expire", size, gasOf(model, "expire", size));
    expect(calmer.headroom.expire).to.equal(1_297n);
  });

  it("doubts its guess of the items first, as long as no batch was measured", () => {
    const dearer = ranShort(FIRST_GUESS, "expire");
    expect(dearer.perItem.expire).to.equal((FIRST_GUESS.perItem.expire * 11n) / 10n);
    expect(dearer.headroom).to.equal(FIRST_GUESS.headroom);
    const after = (items: number) => measured(FIRST_GUESS, "expire", { items, accounts: 1 }, 1_000_000n).sure;
    expect([...after(7)]).to.deep.equal([]);
    expect([...after(8)]).to.deep.equal(["expire"]);
  });

  it("lets a transaction take half a block, 2^24, and 80 % of what the node simulates at most", () => {
    expect(transactionGasLimit(30n * MILLION, 50n * MILLION)).to.equal(15n * MILLION);
    expect(transactionGasLimit(60n * MILLION, 50n * MILLION)).to.equal(2n ** 24n);
    expect(transactionGasLimit(60n * MILLION, 10n * MILLION)).to.equal(8n * MILLION);
  });

  it("fills a block with whole transactions: four, where three of the largest would leave a sixth empty", () => {
    const headroom = (perMille: bigint) => ({ ...GAS, headroom: { ...GAS.headroom, expire: perMille } });
    const limit = (block: bigint, perMille = 1_000n): bigint =>
      batchGasLimit(headroom(perMille), "expire", block, transactionGasLimit(block, 50n * MILLION));
    expect(limit(30n * MILLION)).to.equal(15n * MILLION);
    expect(limit(60n * MILLION)).to.equal(15n * MILLION);
    for (const block of [10n, 15n, 20n, 30n, 36n, 45n, 60n, 100n, 150n].map((size) => size * MILLION)) {
      for (const perMille of [1_000n, 1_050n, 1_150n, 1_250n]) {
        const each = limit(block, perMille);
        const charged = (each * 1_000n) / perMille;
        const fit = (block - each) / charged + 1n;
        expect(Number((fit * charged * 100n) / block), `${block} at ${perMille}`).to.be.at.least(91);
      }
    }
  });
});

describe("ten thousand leases with one end", () => {
  const LEASES = 10_000;

  /** Blocks that a keeper needs, which learns as it goes; and those that all of the gas would fill to the brim. */
  function drain(
    duties: readonly Duty[],
    truth: { base: bigint; item: bigint; account: bigint; headroom: bigint },
    blockGasLimit: bigint,
  ): { blocks: number; least: number; wasted: number } {
    const gasLimit = transactionGasLimit(blockGasLimit, 50n * MILLION);
    const chargedFor = (those: readonly Duty[]): bigint => {
      const { items, accounts } = sizeOf(those);
      return truth.base + truth.item * BigInt(items) + truth.account * BigInt(accounts);
    };
    let gas = FIRST_GUESS;
    let rest = [...duties];
    let [blocks, total, wasted] = [0, 0n, 0];
    const underWay: Action[] = [];
    while (rest.length > 0 || underWay.length > 0) {
      for (let again = true; again && rest.length > 0;) {
        again = false;
        const slots = 16 - underWay.length;
        const at = { gas, gasLimit, blockGasLimit, slots, mostFeePerGas: 0n };
        for (const action of plan(snapshot(rest, at), 1_000, ALWAYS).actions) {
          if ((chargedFor(action.duties) * truth.headroom) / 1_000n > action.gasLimit) {
            gas = ranShort(gas, action.kind);
            wasted += 1;
            again = true;
            break;
          }
          underWay.push(action);
          const sent = new Set(action.duties);
          rest = rest.filter((each) => !sent.has(each));
        }
      }
      blocks += 1;
      let room = blockGasLimit;
      while (underWay[0] !== undefined && underWay[0].gasLimit <= room) {
        const { kind, duties: done } = underWay.shift() as Action;
        room -= chargedFor(done);
        total += chargedFor(done);
        gas = measured(gas, kind, sizeOf(done), chargedFor(done));
      }
    }
    return { blocks, least: Number((total * 1_000n) / blockGasLimit) / 1_000, wasted };
  }

  const ofOne = Array.from({ length: LEASES }, (_, index) => duty(index + 1, 1));
  const ofMany = ofOne.map((each, index) => ({ ...each, tenant: `0x${index.toString(16).padStart(40, "0")}` }));

  for (const [whose, duties, headroom, item] of [
    ["one tenant and one provider", ofOne, 1_000n, 13_400n],
    ["one tenant and many providers", ofOne, 1_000n, 18_000n],
    ["as many tenants, whose locks end with them", ofMany, 1_180n, 15_400n],
    ["as many tenants, all of the refunds that the protocol gives", ofMany, 1_250n, 15_400n],
  ] as const) {
    for (const block of [30n, 36n, 45n, 60n]) {
      it(`of ${whose} end in at most 1.1 times the blocks of ${block} million that they fill (ATK-KPR-9)`, () => {
        const truth = { base: 60_000n, item, account: 11_900n, headroom };
        const { blocks, least, wasted } = drain(duties, truth, block * MILLION);
        expect(blocks).to.be.at.most(Math.ceil(least * 1.1));
        expect(wasted, "simulations that ran short").to.be.at.most(14);
      });
    }
  }
});
