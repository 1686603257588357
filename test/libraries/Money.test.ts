import { expect } from "chai";
import fc from "fast-check";
import { ethers } from "hardhat";

import { loadFixture } from "../helpers/loadFixture";
import {
  claimTailOf,
  collateralOf,
  costOf,
  Earnings,
  earnedOf,
  partOf,
  type Resources,
  type Weights,
} from "../helpers/money";
import { DAY, HOUR } from "../helpers/parameters";
import { fieldsOf, holds } from "../helpers/property";
import { pack, packResources, RESOURCES, WEIGHTS } from "../helpers/words";

const deployHarness = async () => ethers.deployContract("LibrariesHarness");

const MOST_RATE = 2n ** 128n - 1n;
const MOST_SECONDS = 2n ** 32n - 1n;

const rates = fc.oneof(fc.bigInt(0n, MOST_RATE), fc.bigInt(0n, 2n ** 40n), fc.constantFrom(0n, 1n, MOST_RATE));
const seconds = fc.oneof(fc.bigInt(0n, MOST_SECONDS), fc.bigInt(0n, 100n), fc.constantFrom(0n, 1n, MOST_SECONDS));

const fractions = fc.oneof(fc.bigInt(0n, 2n ** 32n - 1n), fc.constantFrom(0n, 1n, 2n ** 32n - 1n));
const remainders = fc.oneof(fc.bigInt(0n, 9_999n), fc.constantFrom(0n, 1n, 9_999n));

describe("Money", () => {
  it("rounds what is locked up and what is earned down", async () => {
    const money = await loadFixture(deployHarness);
    const third = 2n ** 32n / 3n;
    for (const [rate, duration, fraction, cost, earned] of [
      [third, 1, 0n, 1n, 0n],
      [third, 3, 0n, 1n, 0n],
      [third + 1n, 3, 0n, 2n, 1n],
      [2n ** 32n, 5, 0n, 5n, 5n],
      [third, 3, 1n, 1n, 1n],
      [third, 3, 2n, 2n, 1n],
      [2n ** 32n, 5, 1n, 6n, 5n],
      [0n, 7, 2n ** 32n - 1n, 1n, 0n],
      [1n, 1, 2n ** 32n - 1n, 1n, 1n],
    ] as const) {
      expect([
        await money.costUp(rate, duration, fraction),
        await money.earnedDown(rate, duration, fraction),
      ]).to.deep.equal([cost, earned]);
    }
  });

  it("is exact for any rate, duration and fraction, the largest included (ATK-TOK-6)", async () => {
    const money = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(rates, seconds, fractions, async (rate, duration, fraction) => {
        expect(await money.costUp(rate, duration, fraction)).to.equal(costOf(rate, duration, fraction));
        expect(await money.earnedDown(rate, duration, fraction)).to.equal(earnedOf(rate, duration, fraction));
      }),
      150,
    );
  });

  it("splits what is earned into fee and net without a rest, and net never falls (INV-LSE-3)", async () => {
    const money = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fc.bigInt(0n, 2n ** 160n), fc.bigInt(0n, 1_000n), remainders, async (earned, feeBps, rest) => {
        const [fee, net] = [await money.feeDown(earned, feeBps, rest), await money.netOf(earned, feeBps, rest)];
        expect(fee).to.equal((earned * feeBps + rest) / 10_000n);
        expect(fee + net).to.equal(earned);
        expect((await money.netOf(earned + 1n, feeBps, rest)) >= net).to.equal(true);
        expect(await money.partDown(earned, feeBps)).to.equal(partOf(earned, feeBps));
        expect([await money.netOf(0n, feeBps, rest), await money.feeDown(0n, feeBps, rest)]).to.deep.equal([0n, 0n]);
      }),
      100,
    );
  });

  it("comes to the whole however often the rate changes, where each change carries its rest (INV-LSE-3, ATK-LSE-18)", async () => {
    const money = await loadFixture(deployHarness);
    const changes = fc.array(fc.tuple(rates, fc.bigInt(0n, 100n), fc.constantFrom(0n, 1n, 250n, 999n, 1_000n)), {
      minLength: 2,
      maxLength: 12,
    });
    await holds(
      fc.asyncProperty(changes, async (parts) => {
        let [sum, fees, exactX32] = [0n, 0n, 0n];
        let earnings = Earnings.NONE;
        for (const [rate, duration, feeBps] of parts) {
          const earned = await money.earnedDown(rate, duration, earnings.carriedX32);
          fees += await money.feeDown(earned, feeBps, earnings.feeRemainder);
          sum += earned;
          exactX32 += rate * duration;
          earnings = earnings.plus(rate, duration, feeBps);
          expect([sum, fees]).to.deep.equal([earnings.whole, earnings.fee]);
        }
        expect(sum).to.equal(exactX32 / 2n ** 32n);
        const [[, , first]] = parts as [(typeof parts)[number]];
        if (parts.every(([, , feeBps]) => feeBps === first)) expect(fees).to.equal(partOf(sum, first));
      }),
      40,
    );
  });
});

describe("LeaseLib: the least collateral of a lease that penalties took of", () => {
  it("is the least of which a quarter is left, in whole millionths (INV-LSE-10, ATK-ROL-2)", async () => {
    const library = await loadFixture(deployHarness);
    for (const [taken, least] of [
      [0n, 0n],
      [1n, 2n],
      [2n, 3n],
      [3n, 4n],
      [4n, 6n],
      [75n, 100n],
      [76n, 102n],
    ]) {
      expect(await library.leastCollateral(taken!)).to.equal(least);
    }
    await holds(
      fc.asyncProperty(fc.bigInt(0n, 2n ** 52n - 1n), async (taken) => {
        const least = await library.leastCollateral(taken);
        expect(least - taken >= least / 4n).to.equal(true);
        // One millionth less, and less than a quarter of it would be left.
        if (least > 0n) expect(4n * (least - 1n - taken) < least - 1n).to.equal(true);
      }),
      60,
    );
  });
});

describe("Accrual: a collateral that grows", () => {
  const WEEK = BigInt(7 * DAY);
  const NEVER = 2n ** 20n - 1n;

  for (const [what, grownFrom, grownAgo, before, from] of [
    ["that never grew counts from what it was", 0n, NEVER, 500n, 500n],
    ["that grew seven days ago counts from what it was", 200n, WEEK, 500n, 500n],
    ["that grew longer ago counts from what it was", 200n, WEEK + 1n, 500n, 500n],
    ["that grew a second less than seven days ago counts from what it was before that", 200n, WEEK - 1n, 500n, 200n],
    ["that grew in the same second counts from what it was before both", 200n, 0n, 500n, 200n],
    ["that shrank below what it had grown from counts from the least", 200n, 5n, 199n, 199n],
    ["that shrank to just what it had grown from counts from that", 200n, 5n, 200n, 200n],
  ] as const) {
    it(`${what} (ATK-LSE-14)`, async () => {
      const library = await loadFixture(deployHarness);
      expect(await library.grow(grownFrom, grownAgo, before)).to.deep.equal([from, 0n]);
    });
  }
});

describe("Collateral", () => {
  it("packs weights in their order", async () => {
    const collateral = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fieldsOf(WEIGHTS), async (weights: Weights) => {
        expect(await collateral.pack(weights)).to.equal(pack(WEIGHTS, weights));
      }),
      50,
    );
  });

  it("is weights x resources x units, in wei, for any of them, the largest included", async () => {
    const collateral = await loadFixture(deployHarness);
    const units = fc.oneof(fc.bigInt(0n, 2n ** 24n - 1n), fc.constantFrom(0n, 1n, 2n ** 24n - 1n));
    await holds(
      fc.asyncProperty(
        fieldsOf(WEIGHTS),
        fieldsOf(RESOURCES),
        units,
        async (weights: Weights, resources: Resources, n) => {
          expect(await collateral.collateralOf(weights, packResources(resources), n)).to.equal(
            collateralOf(weights, resources, n),
          );
        },
      ),
      150,
    );
  });

  it("takes the weight of the GPU's own tier", async () => {
    const collateral = await loadFixture(deployHarness);
    const none = { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
    const weights = { ...none, gpuTier0: 1n, gpuTier1: 20n, gpuTier2: 300n, gpuTier3: 4_000n };
    const amounts = [];
    for (const tier of [0n, 1n, 2n, 3n]) {
      const resources = { ...none, gpuClass: tier * 2n ** 14n + 5n, gpuCount: 2n, region: 9n, attributes: 9n };
      amounts.push(await collateral.collateralOf(weights, packResources(resources), 3));
    }
    expect(amounts).to.deep.equal([6n, 120n, 1_800n, 24_000n].map((millionths) => millionths * 10n ** 12n));
  });
});

describe("ClaimTail", () => {
  for (const lived of [0, 1, HOUR - 1, HOUR, HOUR + 1, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1, 2 ** 32 - 1]) {
    it(`is ${claimTailOf(lived)} s for a lease that lived ${lived} s`, async () => {
      const tail = await loadFixture(deployHarness);
      const start = 2n ** 39n;
      expect(await tail.endsAt(start, lived)).to.equal(start + BigInt(lived) + BigInt(claimTailOf(lived)));
    });
  }

  it("lets a claim live for 60 days", async () => {
    const tail = await loadFixture(deployHarness);
    const filedAt = 2n ** 39n;
    expect(await tail.lapsesAt(filedAt)).to.equal(filedAt + BigInt(60 * DAY));
  });
});
