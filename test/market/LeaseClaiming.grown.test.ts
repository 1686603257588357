import { expect } from "chai";
import { ethers } from "hardhat";

import { claimable, claimFixture, type ClaimMarket, endClaim, MICRO, openClaim, slashOf } from "../helpers/claims";
import { BOND, NO_CEILING } from "../helpers/fixture";
import { createOffer } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { deployMarket } from "../helpers/market";
import { collateralOf } from "../helpers/money";
import { anOffer, MOST_PRICE } from "../helpers/orders";
import {
  DAY,
  DEFAULT_RESOURCES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  HOUR,
  listingOf,
  OUTAGE_ALLOWANCE,
} from "../helpers/parameters";
import { type ActiveLease, activeLease, marketAs, serve } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";
import { NEVER_GROWN, storedHistory } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;
const UNIT = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1) / MICRO;

/*
 * On how much collateral a fault counts, in units of it; it grew from 3 units
 * ├── never; at its first change; in a renewal; within seven days of another growth, after seven days, long ago
 * ├── fault before, in and after the second of the last growth
 * └── shrunk since, or before
 */

/**
 * A running lease of three units for 25 days, on which the account `module` may claim, in a market whose providers are live
 * for a day after each heartbeat.
 */
async function longFixture() {
  const f = await loadFixture(claimFixture);
  const { authority, escrow, staking, records, orders, quotes, treasury, tenantA, providerA } = f;
  const liveness = await ethers.deployContract("Liveness", [DAY]);
  const around = { escrow, staking, liveness, records, orders, quotes };
  const terms = { treasury: treasury.address, ...DEFAULT_TERMS };
  const market = await deployMarket(authority, around, OUTAGE_ALLOWANCE, terms, DEFAULT_WEIGHTS);
  const lens = await ethers.deployContract("MarketLens", [market]);
  const { minimumLock, bounty } = listingOf(6);
  await market.connect(f.admin).listToken(f.usd6, minimumLock, bounty);
  await escrow.connect(tenantA).approveModule(f.usd6, market, NO_CEILING);
  await staking.connect(providerA).moveBond(f.market, market, BOND);
  await liveness.connect(providerA).setOperator(f.operatorA);
  const draft = anOffer({ token: await f.usd6.getAddress(), slasher: f.module.address });
  const scene = { ...f, market, liveness, lens, offerM: await createOffer(market, providerA, draft) };
  return { f: scene, lease: await activeLease(scene, { offer: scene.offerM, units: 3, duration: 25 * DAY }) };
}

/** Resizes in that second, its provider seen within half the grace all the time. */
async function resizeAt(f: ClaimMarket, lease: ActiveLease, second: number, units: number): Promise<void> {
  let { lastSeen } = await f.liveness.clockOf(lease.provider);
  while (Number(lastSeen) + DAY / 2 <= second) {
    lastSeen += BigInt(DAY / 2 - 1);
    await at(lastSeen, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
  }
  await at(second, () => f.market.connect(lease.tenant).resize(lease.id, units, MOST_PRICE, ANY_COST));
}

/** Units of collateral that a fault counts on which began in each of these seconds, claimed now. */
async function countsOn(f: ClaimMarket, lease: ActiveLease, faults: readonly number[]): Promise<bigint[]> {
  const module = f.market.connect(f.module);
  const counted: bigint[] = [];
  for (const fault of faults) {
    const { collateral } = await module.openClaim.staticCall(lease.id, f.stranger, fault);
    expect(collateral % UNIT).to.equal(0n);
    counted.push(collateral / UNIT);
  }
  return counted;
}

describe("LeaseClaiming: a fault counts on no more collateral than there was when it began (ATK-LSE-14)", () => {
  it("on all of it where the lease never grew, resized down or not", async () => {
    const { f, lease } = await loadFixture(longFixture);
    await moveTo(lease.startedAt + 100);
    expect(await countsOn(f, lease, [lease.startedAt, lease.startedAt + 99])).to.deep.equal([3n, 3n]);
    await resizeAt(f, lease, lease.startedAt + 200, 2);
    await moveTo(lease.startedAt + 300);
    expect(await storedHistory(f.market, lease.id)).to.include({ grownFrom: 0n, grownAgo: NEVER_GROWN });
    expect(await countsOn(f, lease, [lease.startedAt, lease.startedAt + 199])).to.deep.equal([2n, 2n]);
  });

  it("on what it had before the last growth, up to that very second", async () => {
    const { f, lease } = await loadFixture(longFixture);
    const grown = lease.startedAt + 200;
    await resizeAt(f, lease, grown, 8);
    await moveTo(grown + 100);
    const faults = [lease.startedAt, grown - 1, grown, grown + 1];
    expect(await countsOn(f, lease, faults)).to.deep.equal([3n, 3n, 8n, 8n]);
  });

  it("and a penalty takes no more, of the whole that is reserved now", async () => {
    const { f, lease } = await loadFixture(longFixture);
    const grown = lease.startedAt + 200;
    await resizeAt(f, lease, grown, 8);
    const claim = await openClaim(f, lease, { claimant: f.stranger, faultStart: grown - 1 });
    await endClaim(f, lease, claim, { upheld: true, fractionBps: 10_000 });
    expect((await f.staking.penaltyOf(1)).amount).to.equal(3n * UNIT * MICRO);
    // A later fault is one of eight units, and reaches what is left but for the service credit.
    const later = await openClaim(f, lease, { claimant: f.keeper, faultStart: claim.filedAt });
    expect(later.collateral).to.equal(8n * UNIT);
    await endClaim(f, lease, later, { upheld: true, fractionBps: 3_000 });
    expect((await f.staking.penaltyOf(2)).amount).to.equal(slashOf(8n * UNIT * MICRO, 3_000, 0, 3n * UNIT * MICRO));
  });

  it("in the second of growth and claim: the claim about last week finds the collateral of last week", async () => {
    const { f, lease } = await loadFixture(longFixture);
    const grown = lease.startedAt + 5 * DAY;
    await resizeAt(f, lease, grown, 10);
    const claim = await openClaim(f, lease, { claimant: f.stranger, faultStart: grown - 3 * DAY, filedAt: grown + 1 });
    expect(claim.collateral).to.equal(3n * UNIT);
  });

  it("on the least of both where a shrink followed the growth", async () => {
    const { f, lease } = await loadFixture(longFixture);
    const grown = lease.startedAt + 200;
    await resizeAt(f, lease, grown, 8);
    await resizeAt(f, lease, grown + 100, 5);
    await moveTo(grown + 200);
    const faults = [grown - 1, grown, grown + 150];
    expect(await countsOn(f, lease, faults)).to.deep.equal([3n, 5n, 5n]);
    await resizeAt(f, lease, grown + 300, 2);
    await moveTo(grown + 400);
    expect(await countsOn(f, lease, [...faults, grown + 350])).to.deep.equal([2n, 2n, 2n, 2n]);
  });

  it("on what a shrink had left, where a growth followed it", async () => {
    const { f, lease } = await loadFixture(longFixture);
    await resizeAt(f, lease, lease.startedAt + 100, 1);
    await resizeAt(f, lease, lease.startedAt + 200, 9);
    await moveTo(lease.startedAt + 300);
    const faults = [lease.startedAt + 50, lease.startedAt + 199, lease.startedAt + 200];
    expect(await countsOn(f, lease, faults)).to.deep.equal([1n, 1n, 9n]);
  });

  for (const [what, apart, least] of [
    ["a second", 1, 3n],
    ["a day", DAY, 3n],
    ["a second less than seven days", 7 * DAY - 1, 3n],
    ["seven days", 7 * DAY, 5n],
    ["a second more than seven days", 7 * DAY + 1, 5n],
    ["eleven days", 11 * DAY, 5n],
  ] as const) {
    it(`after two growths ${what} apart, a fault before the last counts on ${least} units`, async () => {
      const { f, lease } = await loadFixture(longFixture);
      const first = lease.startedAt + 200;
      await resizeAt(f, lease, first, 5);
      const second = first + apart;
      await resizeAt(f, lease, second, 8);
      await moveTo(second + 60);
      expect(await countsOn(f, lease, [second - 1, second])).to.deep.equal([least, 8n]);
      expect(await storedHistory(f.market, lease.id)).to.include({ grownFrom: least * UNIT, grownAgo: 0n });
    });
  }

  it("chains growths within seven days to the least of all of them, and ends the chain after seven without one", async () => {
    const { f, lease } = await loadFixture(longFixture);
    let second = lease.startedAt + 200;
    for (const [units, wait] of [
      [4, 0],
      [5, 6 * DAY],
      [6, 6 * DAY],
    ] as const) {
      second += wait;
      await resizeAt(f, lease, second, units);
      await moveTo(second + 10);
      // None of them ever counts on more than there was; the least of the chain is the safe side.
      expect(await countsOn(f, lease, [second - 1, second])).to.deep.equal([3n, BigInt(units)]);
    }
    second += 7 * DAY;
    await resizeAt(f, lease, second, 7);
    await moveTo(second + 10);
    expect(await countsOn(f, lease, [second - 1, second])).to.deep.equal([6n, 7n]);
  });

  it("counts the seconds since the growth over changes of rate, until they do not matter any more", async () => {
    const { f, lease } = await loadFixture(longFixture);
    const grown = lease.startedAt + 200;
    await resizeAt(f, lease, grown, 9);
    for (const [after, units] of [
      [1_000, 8],
      [6 * DAY, 7],
      [12 * DAY, 6],
    ] as const) {
      await resizeAt(f, lease, grown + after, units);
      expect(await storedHistory(f.market, lease.id)).to.include({ grownAgo: BigInt(after), grownFrom: 3n * UNIT });
    }
    // After 2^20 - 1 seconds, some twelve days, the growth is forgotten.
    const forgotten = Number(NEVER_GROWN);
    await resizeAt(f, lease, grown + forgotten - 1, 5);
    expect(await storedHistory(f.market, lease.id)).to.include({ grownAgo: NEVER_GROWN - 1n });
    expect((await f.lens.leaseView(lease.id)).grownAt).to.equal(grown);
    await resizeAt(f, lease, grown + forgotten + 5, 4);
    expect(await storedHistory(f.market, lease.id)).to.include({ grownAgo: NEVER_GROWN });
    expect((await f.lens.leaseView(lease.id)).grownAt).to.equal(0n);
    await resizeAt(f, lease, grown + forgotten + 5 + 9 * DAY, 3);
    expect(await storedHistory(f.market, lease.id)).to.include({ grownAgo: NEVER_GROWN });
    const now = grown + forgotten + 5 + 9 * DAY + 60;
    await moveTo(now);
    expect(await countsOn(f, lease, [now - 7 * DAY, now - 1])).to.deep.equal([3n, 3n]);
  });

  it("a renewal that needs more is a growth like any other", async () => {
    const f = await loadFixture(claimFixture);
    const lease = await claimable(f, { duration: 2 * HOUR });
    const orders = await marketAs(f, "ORDERS");
    const renewAt = async (second: number) => {
      await serve(f, lease, second);
      const caps = { maxPricePerSecondX32: MOST_PRICE, maxBounty: lease.bounty, transfers: 0n };
      await at(second, () => orders.renew([{ leaseId: lease.id, period: HOUR, ...caps }], f.keeper));
    };
    const publish = async (times: bigint) => {
      const { cpu, memoryMiB, diskGiB, bandwidthMbps } = DEFAULT_WEIGHTS;
      const weights = {
        ...DEFAULT_WEIGHTS,
        cpu: times * cpu,
        memoryMiB: times * memoryMiB,
        diskGiB: times * diskGiB,
        bandwidthMbps: times * bandwidthMbps,
      };
      const terms = { ...DEFAULT_TERMS, treasury: f.treasury.address };
      await f.market.connect(f.admin).publishTerms(terms, weights);
    };
    // Other terms that need as much are none.
    await publish(1n);
    const first = lease.end - HOUR + 10;
    await renewAt(first);
    expect(await storedHistory(f.market, lease.id)).to.include({ grownFrom: 0n, grownAgo: NEVER_GROWN });
    await publish(2n);
    const second = first + HOUR;
    await renewAt(second);
    await moveTo(second + 60);
    expect(await countsOn(f, lease, [second - 1, second])).to.deep.equal([3n, 6n]);
    expect(await storedHistory(f.market, lease.id)).to.include({ grownFrom: 3n * UNIT, grownAgo: 0n });
  });
});
