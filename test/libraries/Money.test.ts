import { expect } from "chai";
import fc from "fast-check";
import { ethers } from "hardhat";

import { loadFixture } from "../helpers/loadFixture";
import { claimTailOf, collateralOf, costOf, earnedOf, partOf, type Resources, type Weights } from "../helpers/money";
import { DAY, HOUR } from "../helpers/parameters";
import { fieldsOf, holds } from "../helpers/property";
import { pack, packResources, RESOURCES, WEIGHTS } from "../helpers/words";

const deployHarness = async () => ethers.deployContract("LibrariesHarness");

const MOST_RATE = 2n ** 128n - 1n;
const MOST_SECONDS = 2n ** 32n - 1n;

const rates = fc.oneof(fc.bigInt(0n, MOST_RATE), fc.bigInt(0n, 2n ** 40n), fc.constantFrom(0n, 1n, MOST_RATE));
const seconds = fc.oneof(fc.bigInt(0n, MOST_SECONDS), fc.bigInt(0n, 100n), fc.constantFrom(0n, 1n, MOST_SECONDS));

describe("Money", () => {
  it("rounds what is locked up and what is earned down", async () => {
    const money = await loadFixture(deployHarness);
    const third = 2n ** 32n / 3n;
    expect([await money.costUp(third, 1), await money.earnedDown(third, 1)]).to.deep.equal([1n, 0n]);
    expect([await money.costUp(third, 3), await money.earnedDown(third, 3)]).to.deep.equal([1n, 0n]);
    expect([await money.costUp(third + 1n, 3), await money.earnedDown(third + 1n, 3)]).to.deep.equal([2n, 1n]);
    expect([await money.costUp(2n ** 32n, 5), await money.earnedDown(2n ** 32n, 5)]).to.deep.equal([5n, 5n]);
  });

  it("is exact for any rate and duration, the largest included (ATK-TOK-6)", async () => {
    const money = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(rates, seconds, async (rate, duration) => {
        expect(await money.costUp(rate, duration)).to.equal(costOf(rate, duration));
        expect(await money.earnedDown(rate, duration)).to.equal(earnedOf(rate, duration));
      }),
      150,
    );
  });

  it("splits what is earned into fee and net without a rest, and net never falls (INV-LSE-3)", async () => {
    const money = await loadFixture(deployHarness);
    await holds(
      fc.asyncProperty(fc.bigInt(0n, 2n ** 160n), fc.bigInt(0n, 1_000n), async (earned, feeBps) => {
        const [fee, net] = [await money.feeDown(earned, feeBps), await money.netOf(earned, feeBps)];
        expect(fee).to.equal(partOf(earned, feeBps));
        expect(fee + net).to.equal(earned);
        expect((await money.netOf(earned + 1n, feeBps)) >= net).to.equal(true);
        expect(await money.partDown(earned, feeBps)).to.equal(fee);
      }),
      100,
    );
  });
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
});
