import { expect } from "chai";

import {
  type Batch,
  type Bounds,
  feeCapOf,
  halved,
  isTooDear,
  mostCost,
  NOTHING,
  smallest,
  withMoreGas,
} from "../../../keeper/core/parts";
import type { DutyRef } from "../../../keeper/core/slots";

const duties = (count: number, tenants = 1): DutyRef[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `expire 1-${index + 1}`,
    dueAt: 1_000,
    token: "0xT",
    tenant: `0x${index % tenants}`,
  }));
const batch = (count: number, gasLimit: bigint, tenants = 1): Batch => ({
  kind: "expire",
  duties: duties(count, tenants),
  gasLimit,
});
const fees = { maxFeePerGas: 10n, maxPriorityFeePerGas: 1n };

describe("parts of a transaction (ATK-KPR-12)", () => {
  it("are its first half, with the base cost and some gas to spare", () => {
    const half = halved(batch(1_001, 12_600_000n));
    expect(half?.duties.map(({ key }) => key)).to.deep.equal(duties(501).map(({ key }) => key));
    // 60,000 + 11,000 + 501 x 12,500 of 60,000 + 11,000 + 1,001 x 12,500, and a twentieth.
    expect(half?.gasLimit).to.equal(6_658_894n);
  });

  it("count the tenants whose funds they settle", () => {
    const [one, many] = [halved(batch(4, 1_000_000n)), halved(batch(4, 1_000_000n, 4))].map((half) => half?.gasLimit);
    // Each has a tenant of its own: the half has half of them.
    expect([one, many]).to.deep.equal([833_057n, 729_545n]);
  });

  it("keep most of the gas where the base cost is most of it", () => {
    // The half of two is one: 83,500 of 96,000, and a twentieth.
    expect(halved(batch(2, 96_000n))?.gasLimit).to.equal(87_675n);
    const free = { ...batch(2, 100_000n), kind: "failOver" } as const;
    expect(halved(free)?.gasLimit).to.equal(57_931n);
  });

  it("are nothing with more and more gas, a million and some at most", () => {
    const gas: bigint[] = [];
    for (let part: Batch | undefined = NOTHING; part !== undefined; part = withMoreGas(part)) gas.push(part.gasLimit);
    expect(gas).to.deep.equal([21_000n, 84_000n, 336_000n, 1_344_000n]);
  });

  it("end with one duty, or none", () => {
    expect(halved(batch(1, 100_000n))).to.equal(undefined);
    expect(halved(NOTHING)).to.equal(undefined);
  });

  it("cost their gas at the highest fee, and are one duty at the smallest", () => {
    const whole = batch(8, 200_000n);
    expect(mostCost(whole, fees)).to.equal(2_000_000n);
    expect(smallest(whole).duties).to.deep.equal(duties(1));
    expect(smallest(NOTHING)).to.equal(NOTHING);
  });

  it("are too dear where only the whole cost keeps their bid below the base fee", () => {
    const whole = batch(8, 200_000n);
    const market = { baseFeePerGas: 11n, tip: 1n };
    const at = (bounds: Bounds): boolean => isTooDear(whole, fees, market, bounds);
    expect(at({ maxTransactionCost: 2_199_999n })).to.equal(true);
    expect(at({ maxTransactionCost: 2_199_999n, maxFeePerGas: 11n })).to.equal(true);
    expect(at({ maxTransactionCost: 2_199_999n, maxFeePerGas: 10n })).to.equal(false); // the base fee is above the cap
    expect(at({ maxTransactionCost: 2_200_000n })).to.equal(false);
    expect(at({ maxFeePerGas: 10n })).to.equal(false);
    expect(isTooDear(whole, fees, { ...market, baseFeePerGas: 10n }, { maxTransactionCost: 1n })).to.equal(false);
    expect(isTooDear(whole, fees, { ...market, baseFeePerGas: undefined }, { maxTransactionCost: 1n })).to.equal(false);
  });

  it("may offer what the fee cap and the cost both allow", () => {
    const whole = batch(8, 200_000n);
    expect(feeCapOf(whole, {})).to.equal(undefined);
    expect(feeCapOf(whole, { maxFeePerGas: 7n })).to.equal(7n);
    expect(feeCapOf(whole, { maxTransactionCost: 1_999_999n })).to.equal(9n);
    expect(feeCapOf(whole, { maxTransactionCost: 1_999_999n, maxFeePerGas: 7n })).to.equal(7n);
    expect(feeCapOf(whole, { maxTransactionCost: 1_000_000n, maxFeePerGas: 7n })).to.equal(5n);
  });
});
