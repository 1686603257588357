import { expect } from "chai";

import { mostLocked, type OrderWish, propose } from "../../../sdk/find/propose";
import type { LiveRecord, RankedOffer } from "../../../sdk/find/rank";
import { address, anOffer, aWish, NEW, ONE, TERMS } from "./sample";

/** Offers written as [provider, region, price in base units a second], numbered from 1. */
const offersOf = (...rows: [provider: number, region: number, price: number][]): RankedOffer[] =>
  rows.map(([provider, region, price], index) =>
    anOffer({ id: BigInt(index + 1), provider: address(provider), region, priceX32: BigInt(price) * ONE }),
  );
const lockOf = (price: number): bigint => BigInt(price) * 2n * 7_200n + 50n;

/** Numbers of the offers that are proposed: chosen ones, then spares. */
function numbers(offers: readonly RankedOffer[], changes: Partial<OrderWish>): [bigint[], bigint[]] {
  const proposal = propose(offers, aWish(changes), TERMS);
  if ("reason" in proposal) throw new Error(`Nothing is proposed: ${proposal.reason}`);
  return [proposal.chosen.map(({ id }) => id), proposal.spares.map(({ id }) => id)];
}

describe("propose", () => {
  it("chooses the cheapest providers, and ranks the spares behind them", () => {
    const offers = offersOf([1, 1, 30], [1, 1, 10], [2, 1, 40], [3, 1, 20], [4, 1, 50]);
    expect(numbers(offers, { replicas: 2 })).to.deep.equal([
      [2n, 4n],
      [1n, 3n, 5n],
    ]);
  });

  it("keeps to the number of candidates, but never proposes fewer than the replicas", () => {
    const offers = offersOf([1, 1, 10], [2, 1, 20], [3, 1, 30], [4, 1, 40], [5, 1, 50], [6, 1, 60], [7, 1, 70]);
    expect(numbers(offers, {})).to.deep.equal([[1n], [2n, 3n, 4n, 5n]]);
    expect(numbers(offers, { replicas: 2, candidates: 3 })).to.deep.equal([[1n, 2n], [3n]]);
    expect(numbers(offers, { replicas: 2, candidates: 1 })).to.deep.equal([[1n, 2n], []]);
    expect(numbers(offers, { candidates: 99 })[1]).to.have.lengthOf(6);
  });

  it("takes spares of other providers before more of the same, so that no provider can fill the list", () => {
    const offers = offersOf([1, 1, 1], [1, 1, 2], [1, 1, 3], [1, 1, 4], [2, 1, 50], [3, 1, 60]);
    expect(numbers(offers, { candidates: 4 })).to.deep.equal([[1n], [2n, 5n, 6n]]);
  });

  it("gives up the cheapest offer where regions must differ and it costs less to", () => {
    const offers = offersOf([1, 1, 10], [1, 2, 12], [2, 1, 13], [3, 3, 40]);
    expect(numbers(offers, { replicas: 2 })[0]).to.deep.equal([1n, 3n]);
    expect(numbers(offers, { replicas: 2, distinctRegions: true })[0]).to.deep.equal([2n, 3n]);
  });

  it("leaves out spares that could lead the market astray", () => {
    // Behind 1, provider 1 elsewhere and provider 2 here: were both listed, 1 could be taken where 2 and 3 are left.
    const offers = offersOf([1, 1, 10], [3, 3, 11], [2, 1, 20], [1, 2, 30], [4, 4, 40]);
    expect(numbers(offers, { replicas: 2, distinctRegions: true })).to.deep.equal([
      [1n, 2n],
      [3n, 5n],
    ]);
    expect(numbers(offers, { replicas: 2 })).to.deep.equal([
      [1n, 2n],
      [3n, 4n, 5n],
    ]);
  });

  it("leaves out spares with which the market could pass the highest lock", () => {
    const offers = offersOf([1, 1, 12], [2, 2, 13], [1, 2, 10], [3, 3, 20]);
    // Were 1 gone, the market would take 2, pass 3 over and find 4 too dear, though 3 and 4 are within 31.
    const wish = { replicas: 2, distinctRegions: true, maxLock: lockOf(31) + 50n };
    expect(numbers(offers, wish)).to.deep.equal([[1n, 2n], [3n]]);
    expect(numbers(offers, { ...wish, maxLock: lockOf(33) + 50n })[1]).to.deep.equal([3n, 4n]);
  });

  it("does not count on undisclosed regions where they must differ, and does where they need not", () => {
    const offers = offersOf([1, 0, 10], [2, 1, 20], [3, 2, 30]);
    expect(numbers(offers, { replicas: 2, distinctRegions: true })).to.deep.equal([[2n, 3n], []]);
    expect(numbers(offers, { replicas: 2 })).to.deep.equal([[1n, 2n], [3n]]);
    expect(numbers(offers, { distinctRegions: true })[0]).to.deep.equal([1n]);
  });

  it("decides by live records between sets of the same price", () => {
    const dark = (seconds: number): LiveRecord => ({ ...NEW, served: 1, liveSeconds: 86_400, darkSeconds: seconds });
    const records = [dark(0), dark(0), dark(60), dark(600)];
    const offers = offersOf([1, 1, 10], [1, 2, 10], [2, 1, 10], [3, 2, 10]).map((offer, index) => ({
      ...offer,
      record: records[index] ?? NEW,
    }));
    // Providers 1 and 2, though the better of provider 1's offers is older and leaves region 2 to provider 3.
    expect(numbers(offers, { replicas: 2, distinctRegions: true })[0]).to.deep.equal([2n, 3n]);
    expect(numbers(offers, { replicas: 2 })[0]).to.deep.equal([1n, 3n]);
    expect(numbers(offers.toReversed(), { replicas: 3 })[0]).to.deep.equal([1n, 3n, 4n]);
  });

  it("says what the chosen ones lock, and what an order must allow", () => {
    const offers = offersOf([1, 1, 10], [2, 1, 20], [3, 1, 30]);
    const wish = aWish({ replicas: 2 });
    const proposal = propose(offers, wish, TERMS);
    expect(proposal).to.include({ locked: lockOf(10) + lockOf(20), mostLocked: lockOf(20) + lockOf(30) });
    const capped = propose(offers, { ...wish, maxPriceX32: 40n * ONE }, TERMS);
    expect(capped).to.include({ locked: lockOf(10) + lockOf(20), mostLocked: 2n * lockOf(40) });
    const absurd = anOffer({ id: 9n, priceX32: 2n ** 127n });
    expect(mostLocked([...offers, absurd], wish, TERMS)).to.equal(lockOf(20) + lockOf(30));
  });

  it("proposes the set that locks least where the cheapest would lock a base unit too much", () => {
    // 1,000.1 and 1,000.1 base units, or 1,000 and 1,001: the first is cheaper, and locks 2,002 instead of 2,001.
    const tenths = (count: bigint): bigint => (count * ONE) / 144_000n;
    const prices = [10_001n, 10_001n, 10_000n, 10_010n].map(tenths);
    const offers = offersOf([1, 1, 0], [2, 2, 0], [1, 2, 0], [2, 1, 0]).map((offer, index) => ({
      ...offer,
      priceX32: prices[index] ?? 0n,
    }));
    const wish = { replicas: 2, distinctRegions: true, candidates: 2 };
    expect(numbers(offers, wish)[0]).to.deep.equal([1n, 2n]);
    expect(numbers(offers, { ...wish, maxLock: 2_102n })[0]).to.deep.equal([1n, 2n]);
    expect(numbers(offers, { ...wish, maxLock: 2_101n })[0]).to.deep.equal([3n, 4n]);
    expect(propose(offers, aWish({ ...wish, maxLock: 2_100n }), TERMS)).to.include({ required: 2_101n });
  });

  it("says how many could stand beside each other where these are too few", () => {
    const offers = offersOf([1, 1, 10], [1, 2, 10], [2, 1, 10], [2, 2, 10], [3, 1, 10]);
    expect(propose(offers, aWish({ replicas: 3, distinctRegions: true }), TERMS)).to.deep.equal({
      reason: "TooFew",
      available: 2,
      required: 3,
    });
    expect(propose(offers, aWish({ replicas: 4 }), TERMS)).to.deep.equal({
      reason: "TooFew",
      available: 3,
      required: 4,
    });
    expect(propose([], aWish(), TERMS)).to.deep.equal({ reason: "TooFew", available: 0, required: 1 });
  });

  it("says what would have to be locked where that is too much", () => {
    const offers = offersOf([1, 1, 10], [2, 1, 20]);
    const required = lockOf(10) + lockOf(20);
    const wish = aWish({ replicas: 2, maxLock: required });
    expect(propose(offers, wish, TERMS)).to.include({ locked: required });
    expect(propose(offers, { ...wish, maxLock: required - 1n }, TERMS)).to.deep.equal({
      reason: "LockTooLarge",
      available: required - 1n,
      required,
    });
  });
});
