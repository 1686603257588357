import { expect } from "chai";

import { costPerGas, firstFees, raisedFees } from "../../../keeper/core/fees";

const market = { baseFeePerGas: 100n, tip: 10n };
const legacy = { baseFeePerGas: undefined, tip: 70n };

describe("fees (ATK-KPR-6)", () => {
  it("cost the base fee and the tip, or the gas price", () => {
    expect([costPerGas(market, undefined), costPerGas(legacy, undefined)]).to.deep.equal([110n, 70n]);
  });

  it("cost less of a tip at the cap, and more than the cap only where the base fee alone does", () => {
    const at = (cap: bigint): bigint[] => [costPerGas(market, cap), costPerGas(legacy, cap)];
    expect([at(110n), at(109n), at(100n), at(99n)]).to.deep.equal([
      [110n, 70n],
      [109n, 70n],
      [100n, 70n],
      [100n, 70n],
    ]);
    expect(at(69n)).to.deep.equal([100n, 70n]);
  });

  it("leave room for the base fee to double", () => {
    expect(firstFees(market, undefined)).to.deep.equal({ maxFeePerGas: 210n, maxPriorityFeePerGas: 10n });
  });

  it("are the gas price twice where there is no base fee", () => {
    expect(firstFees(legacy, undefined)).to.deep.equal({ maxFeePerGas: 70n, maxPriorityFeePerGas: 70n });
  });

  it("never pass the cap, and the tip never passes the whole fee", () => {
    expect(firstFees(market, 210n)).to.deep.equal({ maxFeePerGas: 210n, maxPriorityFeePerGas: 10n });
    expect(firstFees(market, 209n)).to.deep.equal({ maxFeePerGas: 209n, maxPriorityFeePerGas: 10n });
    expect(firstFees(market, 9n)).to.deep.equal({ maxFeePerGas: 9n, maxPriorityFeePerGas: 9n });
  });

  it("are raised by a quarter, and by one wei where that is nothing", () => {
    const before = { maxFeePerGas: 400n, maxPriorityFeePerGas: 40n };
    expect(raisedFees(before, market, undefined)).to.deep.equal({ maxFeePerGas: 501n, maxPriorityFeePerGas: 51n });
    const nothing = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
    const free = { baseFeePerGas: 0n, tip: 0n };
    expect(raisedFees(nothing, free, undefined)).to.deep.equal({ maxFeePerGas: 1n, maxPriorityFeePerGas: 1n });
  });

  it("are raised to what would be offered now, if that is more", () => {
    const before = { maxFeePerGas: 100n, maxPriorityFeePerGas: 1n };
    expect(raisedFees(before, market, undefined)).to.deep.equal({ maxFeePerGas: 210n, maxPriorityFeePerGas: 10n });
  });

  it("are never raised to more than ten times what a new transaction would offer, without a cap either", () => {
    let fees = firstFees(market, undefined);
    for (let times = 0; times < 30; times++) fees = raisedFees(fees, market, undefined) ?? fees;
    expect(fees).to.deep.equal({ maxFeePerGas: 1_581n, maxPriorityFeePerGas: 92n }); // 115 would be more than 100
    const dear = { maxFeePerGas: 2_000n, maxPriorityFeePerGas: 50n };
    expect(raisedFees(dear, market, undefined)).to.equal(undefined);
    expect(raisedFees(fees, market, undefined)).to.equal(undefined);
  });

  it("come to be mined although the tip that is suggested is a lie downwards (ATK-KPR-15)", () => {
    const gwei = 10n ** 9n;
    const lie = { baseFeePerGas: 10n * gwei, tip: 0n };
    const tips: bigint[] = [];
    for (let fees = firstFees(lie, undefined), times = 0; times < 40; times++) {
      fees = raisedFees(fees, lie, undefined) ?? fees;
      tips.push(fees.maxPriorityFeePerGas);
    }
    expect(tips[0]).to.equal(gwei / 2n);
    expect(tips.findIndex((tip) => tip >= gwei)).to.equal(4);
    expect(tips.at(-1)! > 3n * gwei && tips.at(-1)! <= 10n * gwei).to.equal(true);
  });

  it("come to be mined without a base fee although the price that is told is a lie downwards (ATK-KPR-15)", () => {
    const gwei = 10n ** 9n;
    for (const tip of [0n, 1n]) {
      const lie = { baseFeePerGas: undefined, tip };
      let [fees, times] = [firstFees(lie, 50n * gwei), 0];
      for (; fees.maxFeePerGas < 5n * gwei && times < 100; times++) fees = raisedFees(fees, lie, 50n * gwei) ?? fees;
      expect(times).to.be.at.most(50);
      expect(fees.maxFeePerGas < 7n * gwei).to.equal(true);
      for (; times < 200; times++) fees = raisedFees(fees, lie, 50n * gwei) ?? fees;
      expect(fees.maxFeePerGas <= 50n * gwei).to.equal(true);
    }
  });

  it("are raised to the cap if that is a tenth more, and not at all below that", () => {
    const before = { maxFeePerGas: 200n, maxPriorityFeePerGas: 10n };
    expect(raisedFees(before, market, 220n)).to.deep.equal({ maxFeePerGas: 220n, maxPriorityFeePerGas: 13n });
    expect(raisedFees(before, market, 219n)).to.equal(undefined);
    expect(raisedFees({ maxFeePerGas: 200n, maxPriorityFeePerGas: 210n }, market, 220n)).to.equal(undefined);
  });
});
