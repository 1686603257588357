import { expect } from "chai";
import { ethers } from "hardhat";

import { NOTHING_CLAIMED } from "../helpers/claims";
import { NO_CEILING, openMarketFixture } from "../helpers/fixture";
import { activate, createOffer, EndReason, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, costOf, Earnings, earnedOf, partOf, perHour } from "../helpers/money";
import { anOffer, MOST_PRICE } from "../helpers/orders";
import { DEFAULT_RESOURCES, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { activeLease, bondOf, marketAs, movements, offerOf, pendingLease, serve } from "../helpers/scene";
import { at, now } from "../helpers/time";
import { storedClaims, storedHistory, storedLease, storedOffer } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;
const PRICE = 7n * 2n ** 32n + 12_345_678_901n;
const HIGHER = 9n * 2n ** 32n + 987_654_321n;
const MILLIONTH = 10n ** 12n;

const collateralFor = (units: number): bigint => collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, units);
/** What it comes to in so many seconds at each rate, one after the other. */
const earningsOf = (...parts: (readonly [rate: bigint, seconds: number])[]): Earnings =>
  parts.reduce((sum, [rate, seconds]) => sum.plus(rate, seconds, FEE_BPS), Earnings.NONE);

/** A running lease for an hour of three units, at a price with a fraction; it may shrink at any time. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { price: PRICE });
  const lease = await activeLease(f, { offer, units: 3 });
  const resize = (after: number, units: number) =>
    at(lease.startedAt + after, () => f.market.connect(lease.tenant).resize(lease.id, units, MOST_PRICE, ANY_COST));
  return { f, offer, lease, resize };
}

describe("LeaseLife: what a resize pays and leaves (INV-LSE-2)", () => {
  it("growing: locks the difference, pays provider and treasury what was earned, begins a new rate", async () => {
    const { f, offer, lease, resize } = await loadFixture(runningFixture);
    await f.market.connect(f.providerA).setPrice(offer, HIGHER);
    const rate = 3n * PRICE + 2n * HIGHER;
    const { whole, net, fee, carriedX32 } = earningsOf([lease.rate, 101]);
    expect(carriedX32).to.be.greaterThan(0n);
    const locked = whole + costOf(rate, HOUR - 101, carriedX32) - costOf(lease.rate, HOUR);
    const resizing = async () => {
      const resized = resize(101, 5);
      await expect(resized)
        .to.emit(f.market, "LeaseResized")
        .withArgs(lease.id, 5, rate, net, fee, 0, locked, 0n, collateralFor(5));
      await expect(resized).to.emit(f.escrow, "Locked").withArgs(f.market, f.usd6, lease.tenant, locked);
    };
    const accounts = [lease.tenant, lease.provider, f.treasury];
    expect(await movements(f, lease.token, accounts, resizing)).to.deep.equal([
      [-locked, locked - whole],
      [net, 0n],
      [fee, 0n],
    ]);
  });

  it("shrinking: returns the difference, pays provider and treasury what was earned, begins a new rate", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    const { whole, net, fee, carriedX32 } = earningsOf([lease.rate, 101]);
    const refund = costOf(lease.rate, HOUR) - whole - costOf(2n * PRICE, HOUR - 101, carriedX32);
    const resizing = async () => {
      const resized = resize(101, 2);
      await expect(resized)
        .to.emit(f.market, "LeaseResized")
        .withArgs(lease.id, 2, 2n * PRICE, net, fee, 0, 0n, refund, collateralFor(2));
      await expect(resized).not.to.emit(f.escrow, "Locked");
    };
    const accounts = [lease.tenant, lease.provider, f.treasury];
    expect(await movements(f, lease.token, accounts, resizing)).to.deep.equal([
      [refund, -refund - whole],
      [net, 0n],
      [fee, 0n],
    ]);
  });

  it("pays the fee to the treasury of the day that the lease was opened (INV-LSE-9)", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    const terms = { ...DEFAULT_TERMS, treasury: f.stranger.address, feeBps: 1_000n };
    await f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS);
    const { fee } = earningsOf([lease.rate, 101]);
    const accounts = [f.treasury, f.stranger];
    expect(await movements(f, lease.token, accounts, () => resize(101, 5))).to.deep.equal([
      [fee, 0n],
      [0n, 0n],
    ]);
  });

  it("pays no fee, and names no treasury, where too little was earned for one", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    const first = earningsOf([lease.rate, 1]);
    expect([first.whole, first.fee]).to.deep.equal([29n, 0n]);
    const accounts = [lease.tenant, lease.provider, f.treasury];
    const refund = costOf(lease.rate, HOUR) - 29n - costOf(2n * PRICE, HOUR - 1, first.carriedX32);
    expect(await movements(f, lease.token, accounts, () => resize(1, 2))).to.deep.equal([
      [refund, -refund - 29n],
      [29n, 0n],
      [0n, 0n],
    ]);
    expect(await storedHistory(f.market, lease.id)).to.include({
      fraction: first.carriedX32,
      feeRemainder: 29n * FEE_BPS,
    });
    // What was too little for a fee counts at the next change: with two more seconds the first base unit is due.
    const second = earningsOf([lease.rate, 1], [2n * PRICE, 1]);
    expect([second.whole - 29n, second.fee]).to.deep.equal([20n, 1n]);
    const [[paid] = [], [fee] = []] = await movements(f, lease.token, [lease.provider, f.treasury], () => resize(2, 1));
    expect([paid, fee]).to.deep.equal([19n, 1n]);
  });

  it("stores units, rate and history, and changes nothing else of the lease", async () => {
    const { f, offer, lease, resize } = await loadFixture(runningFixture);
    await at(lease.startedAt + 50, () => f.market.collect([lease.id]));
    const before = await storedLease(f.market, lease.id);
    expect(before.paidSeconds).to.equal(50n);
    const { used } = await storedOffer(f.market, offer);
    await resize(101, 5);
    expect(await storedLease(f.market, lease.id)).to.deep.equal({
      ...before,
      units: 5n,
      changed: 1n,
      rate: 5n * PRICE,
      paidSeconds: 0n,
    });
    const { carriedX32, feeRemainder } = earningsOf([lease.rate, 101]);
    expect(await storedHistory(f.market, lease.id)).to.deep.equal({
      fraction: carriedX32,
      feeRemainder,
      anchorOffset: 101n,
      darkBefore: 0n,
      collateralUnits: collateralFor(5) / MILLIONTH,
      treasuryVersion: 1n,
      grownFrom: collateralFor(3) / MILLIONTH,
      grownAgo: 0n,
      lagging: 0n,
    });
    expect((await storedOffer(f.market, offer)).used).to.equal(used + 2n);
    expect(await storedClaims(f.market, lease.id)).to.deep.equal(NOTHING_CLAIMED);

    await resize(151, 4);
    const next = earningsOf([lease.rate, 101], [5n * PRICE, 50]);
    expect(await storedHistory(f.market, lease.id)).to.deep.equal({
      fraction: next.carriedX32,
      feeRemainder: next.feeRemainder,
      anchorOffset: 151n,
      darkBefore: 0n,
      collateralUnits: collateralFor(4) / MILLIONTH,
      treasuryVersion: 1n,
      grownFrom: collateralFor(3) / MILLIONTH,
      grownAgo: 50n,
      lagging: 0n,
    });
  });

  it("pays at the change only what was not collected before (INV-LSE-3)", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    await at(lease.startedAt + 50, () => f.market.collect([lease.id]));
    const earned = earningsOf([lease.rate, 101]);
    const [[paid] = [], [fee] = []] = await movements(f, lease.token, [lease.provider, f.treasury], () =>
      resize(101, 5),
    );
    expect([paid, fee]).to.deep.equal([earned.net - earningsOf([lease.rate, 50]).net, earned.fee]);
    expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(earned.net);
    expect(await f.market.collect.staticCall([lease.id])).to.equal(0n);
  });

  it("collects on after the change what the new rate earned, and what was carried over", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    await resize(101, 5);
    const [before, after] = [earningsOf([lease.rate, 101]), earningsOf([lease.rate, 101], [5n * PRICE, 99])];
    await expect(at(lease.startedAt + 200, () => f.market.collect([lease.id])))
      .to.emit(f.market, "LeaseCollected")
      .withArgs(lease.id, 99, after.net - before.net);
    expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(after.net);
    expect(await f.escrow.freeOf(lease.token, f.treasury)).to.equal(before.fee);
    expect(await storedLease(f.market, lease.id)).to.include({ paidSeconds: 99n });
  });

  it("rounds the rate that is kept down where it does not divide", async () => {
    const { f, offer, lease, resize } = await loadFixture(runningFixture);
    await f.market.connect(f.providerA).setPrice(offer, HIGHER);
    await resize(100, 5);
    const full = 3n * PRICE + 2n * HIGHER;
    await resize(200, 4);
    expect(await storedLease(f.market, lease.id)).to.include({ rate: (full * 4n) / 5n });
    await resize(300, 3);
    const rate = ((full * 4n) / 5n) * 3n;
    expect(rate % 4n).not.to.equal(0n);
    expect(await storedLease(f.market, lease.id)).to.include({ rate: rate / 4n, units: 3n });
  });

  it("rounds the collateral that is kept up to a millionth of a HOLD where it does not divide", async () => {
    const f = await loadFixture(openMarketFixture);
    const resources = { cpu: 1n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
    const lease = await activeLease(f, { offer: await offerOf(f, { price: PRICE, resources }), units: 3 });
    // Renewed under lower weights, it keeps its three thousand millionths; what is added counts one.
    await f.market
      .connect(f.admin)
      .publishTerms({ ...DEFAULT_TERMS, treasury: f.treasury.address }, { ...DEFAULT_WEIGHTS, cpu: 1n });
    const caps = { maxPricePerSecondX32: PRICE, maxBounty: lease.bounty };
    const orders = await marketAs(f, "ORDERS");
    await orders.renew([{ leaseId: lease.id, period: HOUR, transfers: 0n, ...caps }], f.keeper);
    for (const [units, millionths] of [
      [4, 3_001n],
      [3, 2_251n],
      [1, 751n],
    ] as const) {
      await f.market.connect(lease.tenant).resize(lease.id, units, MOST_PRICE, ANY_COST);
      expect((await storedHistory(f.market, lease.id)).collateralUnits).to.equal(millionths);
      expect(await bondOf(f, lease.provider).then(([, reserved]) => reserved)).to.equal(millionths * MILLIONTH);
    }
  });

  it("several changes, collected in between: the fee is one part of the sum, the dust returns (INV-LSE-3)", async () => {
    const { f, offer, lease, resize } = await loadFixture(runningFixture);
    const accounts = [lease.tenant, lease.provider, f.treasury];
    // [second, units, price of the day]; units of the same price keep it exactly.
    const steps = [
      [61, 5],
      [122, 2],
      [183, 9],
      [244, 8],
      [305, 1],
    ] as const;
    const parts: [bigint, number][] = [];
    const moved = await movements(f, lease.token, accounts, async () => {
      let [from, units] = [0, 3];
      for (const [after, next] of steps) {
        if (after !== 183) await at(lease.startedAt + after - 30, () => f.market.collect([lease.id]));
        await resize(after, next);
        parts.push([BigInt(units) * PRICE, after - from]);
        [from, units] = [after, next];
      }
      await at(lease.startedAt + 400, () => f.market.connect(lease.tenant).close(lease.id));
      parts.push([PRICE, 400 - 305]);
      await f.market.collect([lease.id]);
    });
    const { whole, net, fee } = earningsOf(...parts);
    // Rounded by themselves, the parts would come to less, and so would their fees: the test can tell.
    const rounded = parts.map(([rate, seconds]) => earnedOf(rate, seconds));
    expect(rounded.reduce((a, b) => a + b)).to.be.lessThan(whole);
    expect(rounded.map((part) => partOf(part, FEE_BPS)).reduce((a, b) => a + b)).to.be.lessThan(fee);
    expect(moved).to.deep.equal([
      [lease.locked - whole, -lease.locked],
      [net, 0n],
      [fee, 0n],
    ]);
    expect((await storedOffer(f.market, offer)).used).to.equal(0n);
  });

  it("a change that earned nothing since the last one pays nothing", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    const { lastSeen } = await f.liveness.clockOf(lease.provider);
    const dark = Number(lastSeen) + GRACE - lease.startedAt;
    await resize(dark + 10, 2);
    const { carriedX32 } = earningsOf([lease.rate, dark]);
    const refund = costOf(2n * PRICE, HOUR - dark - 10, carriedX32) - costOf(PRICE, HOUR - dark - 20, carriedX32);
    await expect(resize(dark + 20, 1))
      .to.emit(f.market, "LeaseResized")
      .withArgs(lease.id, 1, PRICE, 0n, 0n, 20, 0n, refund, collateralFor(1));
    expect(await storedHistory(f.market, lease.id)).to.include({ fraction: carriedX32, darkBefore: 20n });
  });

  describe("resizes by the thousand (ATK-LSE-18)", () => {
    /** A running lease of two units in a token of two decimals, which earns a base unit in 26 seconds. */
    async function centsFixture() {
      const f = await loadFixture(openMarketFixture);
      const cents = await ethers.deployContract("MockToken", ["Dollar", "CENT", 2]);
      await f.market.connect(f.admin).listToken(cents, 0n, 0n);
      const token = await cents.getAddress();
      const tenant = f.tenantA;
      await cents.mint(tenant, 10n ** 6n);
      await cents.connect(tenant).approve(f.escrow, 10n ** 6n);
      await f.escrow.connect(tenant).deposit(cents, tenant, 10n ** 6n);
      await f.escrow.connect(tenant).approveModule(cents, f.market, NO_CEILING);
      const draft = anOffer({ token, price: perHour(69n) });
      const offer = await createOffer(f.market, f.providerA, draft);
      const id = await openLease(f.market, tenant, { token, offers: [offer], units: 2, duration: 6 * HOUR });
      await activate(f, f.operatorA, f.providerA, id);
      return { f, cents, id, price: draft.price, startedAt: await now(), tenant: f.market.connect(tenant) };
    }

    for (const [what, between, times, least] of [
      ["every 40 s", 40, 90, 100n],
      ["every 13 s, in which none of the rates earns a base unit", 13, 150, 50n],
      ["every second", 1, 200, 5n],
    ] as const) {
      it(`bill the whole, rounded down once, however often: ${what}`, async () => {
        const { f, cents, id, price, startedAt, tenant } = await loadFixture(centsFixture);
        const free = () =>
          Promise.all([f.providerA, f.treasury, f.tenantA].map((account) => f.escrow.freeOf(cents, account)));
        let [earnings, units] = [Earnings.NONE, 2n];
        let [anchor, seen] = [startedAt, startedAt];
        for (let i = 0; i < times; ++i) {
          if (anchor + between >= seen + GRACE / 2 - 1) {
            seen = anchor + between - 1;
            await at(seen, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
          }
          await at(anchor + between, () => tenant.resize(id, 3n - units, MOST_PRICE, ANY_COST));
          earnings = earnings.plus(units * price, between, FEE_BPS);
          [anchor, units] = [anchor + between, 3n - units];
          expect((await free()).slice(0, 2)).to.deep.equal([earnings.net, earnings.fee]);
        }
        expect(earnings.whole).to.be.at.least(least);
        await at(anchor + 100, () => tenant.close(id));
        await f.market.collect([id]);
        earnings = earnings.plus(units * price, 100, FEE_BPS);
        expect(await free()).to.deep.equal([earnings.net, earnings.fee, 10n ** 6n - earnings.whole]);
      });
    }
  });

  describe("dark seconds around a change (INV-LSE-4, ATK-LSE-12)", () => {
    it("bills none of an outage that straddles it", async () => {
      const { f, lease, resize } = await loadFixture(runningFixture);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const dark = Number(lastSeen) + GRACE - lease.startedAt;
      const beat = (after: number) =>
        at(lease.startedAt + after, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      const { whole, net, fee, carriedX32 } = earningsOf([lease.rate, dark]);
      const refund = costOf(lease.rate, HOUR) - whole - costOf(2n * PRICE, HOUR - dark - 100, carriedX32);
      await expect(resize(dark + 100, 2))
        .to.emit(f.market, "LeaseResized")
        .withArgs(lease.id, 2, 2n * PRICE, net, fee, 100, 0n, refund, collateralFor(2));
      expect(await storedHistory(f.market, lease.id)).to.include({
        darkBefore: 100n,
        anchorOffset: BigInt(dark + 100),
      });
      await beat(dark + 250);
      await at(lease.startedAt + dark + 300, () => f.market.connect(lease.tenant).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: 50n, reason: EndReason.ClosedByTenant });
      await f.market.collect([lease.id]);
      const total = earningsOf([lease.rate, dark], [2n * PRICE, 50]);
      expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(total.net);
      expect(await f.escrow.freeOf(lease.token, f.treasury)).to.equal(total.fee);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(0n);
    });

    it("counts dark seconds before the start and the change only once, when it is expired late", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { price: PRICE });
      const pending = await pendingLease(f, { offer, units: 3 });
      // Dark before the start: the mark of the lease is not zero.
      const { lastSeen } = await f.liveness.clockOf(pending.provider);
      const beat = (second: number) =>
        at(second, () => f.liveness.connect(pending.operator).heartbeat(pending.provider));
      const startedAt = Number(lastSeen) + GRACE + 37;
      await beat(startedAt);
      await at(startedAt + 1, () => f.market.connect(pending.operator).activate([pending.id]));
      const [start, end] = [startedAt + 1, startedAt + 1 + HOUR];
      expect(await storedLease(f.market, pending.id)).to.include({ mark: 37n });
      await beat(startedAt + GRACE + 13);
      await at(start + GRACE + 100, () => f.market.connect(pending.tenant).resize(pending.id, 5, MOST_PRICE, ANY_COST));
      expect(await storedHistory(f.market, pending.id)).to.include({
        darkBefore: 13n,
        anchorOffset: BigInt(GRACE + 100),
      });
      await serve(f, pending, end - 30);
      const seen = Number((await f.liveness.clockOf(pending.provider)).lastSeen);
      const live = Math.min(end, seen + GRACE) - (start + GRACE + 100);
      await at(end + 30 * HOUR, () => f.market.connect(f.keeper).expire([pending.id]));
      expect(await storedLease(f.market, pending.id)).to.include({ mark: BigInt(live) });
      await f.market.collect([pending.id]);
      const earned = earningsOf([pending.rate, GRACE + 100 - 13], [5n * PRICE, live]);
      expect(await f.escrow.freeOf(pending.token, pending.provider)).to.equal(earned.net);
      expect(await f.escrow.freeOf(pending.token, f.treasury)).to.equal(earned.fee);
    });
  });

  it("costs nothing where the lease costs nothing, and settles nothing", async () => {
    const f = await loadFixture(openMarketFixture);
    await f.market.connect(f.admin).listToken(f.usd6, 0n, 0n);
    const lease = await activeLease(f, { offer: await offerOf(f, { price: 0n }), units: 3 });
    for (const units of [4, 1]) {
      const resized = f.market.connect(lease.tenant).resize(lease.id, units, 0n, 0n);
      await expect(resized).not.to.emit(f.escrow, "Settled");
      await expect(resized).not.to.emit(f.escrow, "Locked");
    }
    expect(await storedLease(f.market, lease.id)).to.include({ units: 1n, rate: 0n });
  });
});
