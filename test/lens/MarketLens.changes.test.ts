import { expect } from "chai";
import { ethers } from "hardhat";

import { openClaim } from "../helpers/claims";
import { openMarketFixture } from "../helpers/fixture";
import { EndReason, LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, costOf, Earnings, netOf } from "../helpers/money";
import { anOffer, MOST_PRICE } from "../helpers/orders";
import { DAY, DEFAULT_RESOURCES, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { type ActiveLease, activeLease, creditOf, marketAs, offerOf, serve } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";

const ANY_COST = 2n ** 256n - 1n;

async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await activeLease(f, { units: 2, duration: 3 * DAY });
  return { f, lease, tenant: f.market.connect(lease.tenant) };
}

const beat = (f: Running["f"], lease: ActiveLease, second: number) =>
  at(second, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));

type Running = Awaited<ReturnType<typeof runningFixture>>;

async function expectLocked({ f, lease }: Pick<Running, "f"> & { lease: ActiveLease }, account = lease.tenant) {
  const { locked } = await f.escrow.moduleAccount(f.market, lease.token, account);
  expect((await f.lens.leaseView(lease.id)).locked).to.equal(locked);
}

describe("MarketLens: leases that changed", () => {
  it("counts a resized lease from its resize, and carries what was less than a base unit (INV-LSE-2, INV-LSE-3)", async () => {
    const { f, lease, tenant } = await loadFixture(runningFixture);
    await beat(f, lease, lease.startedAt + 399);
    await at(lease.startedAt + 400, () => tenant.resize(lease.id, 3, MOST_PRICE, ANY_COST));
    await moveTo(lease.startedAt + 500);
    const rate = (lease.rate / 2n) * 3n;
    const before = Earnings.NONE.plus(lease.rate, 400, FEE_BPS);
    const after = before.plus(rate, 100, FEE_BPS);
    expect([before.carriedX32, before.feeRemainder]).to.not.include(0n);
    const view = await f.lens.leaseView(lease.id);
    expect(view.startedAt).to.equal(lease.startedAt);
    expect([view.anchor, view.billedSeconds, view.paidSeconds]).to.deep.equal([
      BigInt(lease.startedAt + 400),
      100n,
      0n,
    ]);
    expect([view.units, view.ratePerSecondX32]).to.deep.equal([3n, rate]);
    expect([view.fraction, view.feeRemainder]).to.deep.equal([before.carriedX32, before.feeRemainder]);
    expect(view.earned).to.equal(after.whole - before.whole);
    expect(view.collectable).to.equal(after.net - before.net);
    expect(view.locked).to.equal(costOf(rate, 3 * DAY - 400, before.carriedX32) + lease.bounty);
    expect(view.collateral).to.equal(collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 3));
    await expectLocked({ f, lease });

    await f.market.collect([lease.id]);
    await expectLocked({ f, lease });
    await tenant.close(lease.id);
    await expectLocked({ f, lease });
    const closed = await f.lens.leaseView(lease.id);
    await f.market.collect([lease.id]);
    expect((await f.lens.leaseView(lease.id)).earned).to.equal(closed.earned);
    await expectLocked({ f, lease });
  });

  it("tells when the collateral grew last, and from what a fault before that counts (ATK-LSE-14)", async () => {
    const { f, lease, tenant } = await loadFixture(runningFixture);
    const unit = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1);
    const grown = async () => {
      const view = await f.lens.leaseView(lease.id);
      return [view.grownAt, view.grownFrom, view.collateral, view.lagging];
    };
    expect(await grown()).to.deep.equal([0n, 0n, 2n * unit, false]);
    await at(lease.startedAt + 50, () => tenant.resize(lease.id, 1, 0n, 0n));
    expect(await grown()).to.deep.equal([0n, 0n, unit, false]);
    await at(lease.startedAt + 100, () => tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST));
    expect(await grown()).to.deep.equal([BigInt(lease.startedAt + 100), unit, 4n * unit, false]);
    await at(lease.startedAt + 200, () => tenant.resize(lease.id, 3, 0n, 0n));
    expect(await grown()).to.deep.equal([BigInt(lease.startedAt + 100), unit, 3n * unit, false]);
    await tenant.close(lease.id);
    expect(await grown()).to.deep.equal([BigInt(lease.startedAt + 100), unit, 3n * unit, false]);
    await at(lease.startedAt + 200 + 2 * HOUR, () => f.market.collect([lease.id]));
    expect(await grown()).to.deep.equal([0n, 0n, 0n, false]);
  });

  describe("while a shrink leaves more reserved than the units need", () => {
    /** Of four units for three days; a claim is open on it, and it has one unit since its 400th second. */
    async function laggingFixture() {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { slasher: f.module.address });
      const lease = await activeLease(f, { offer, units: 4, duration: 3 * DAY });
      await openClaim(f, lease, { claimant: f.stranger });
      await at(lease.startedAt + 400, () => f.market.connect(lease.tenant).resize(lease.id, 1, 0n, 0n));
      return { f, lease, tenant: f.market.connect(lease.tenant) };
    }

    it("says so, and that the credit counts on what the units need alone (INV-LSE-10, ATK-LSE-14)", async () => {
      const { f, lease, tenant } = await loadFixture(laggingFixture);
      const running = await f.lens.leaseView(lease.id);
      expect([running.lagging, running.collateral, running.openClaims]).to.deep.equal([true, lease.collateral, 1n]);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const lived = 6 * HOUR;
      await at(lease.startedAt + lived, () => tenant.close(lease.id));
      const dark = lease.startedAt + lived - Number(lastSeen) - GRACE;
      const credit = creditOf({ ...lease, collateral: lease.collateral / 4n }, dark, lived);
      const closed = await f.lens.leaseView(lease.id);
      expect([closed.lagging, closed.collateral, closed.creditDue]).to.deep.equal([true, lease.collateral, credit]);
      await f.market.collect([lease.id]);
      expect((await f.staking.penaltyOf(1)).amount).to.equal(credit);

      await f.market.connect(f.module).endClaim(lease.id, f.stranger, 0, false);
      const ended = await f.lens.leaseView(lease.id);
      expect([ended.lagging, ended.collateral]).to.deep.equal([false, lease.collateral / 4n - credit]);
    });

    it("counts the credit on all of the collateral where new terms need it for the units that are left", async () => {
      const { f, lease, tenant } = await loadFixture(laggingFixture);
      const { cpu, memoryMiB, diskGiB, bandwidthMbps } = DEFAULT_WEIGHTS;
      const more = {
        cpu: 5n * cpu,
        memoryMiB: 5n * memoryMiB,
        diskGiB: 5n * diskGiB,
        bandwidthMbps: 5n * bandwidthMbps,
      };
      const terms = { ...DEFAULT_TERMS, treasury: f.treasury.address };
      await f.market.connect(f.admin).publishTerms(terms, { ...DEFAULT_WEIGHTS, ...more });
      await serve(f, lease, lease.end - HOUR);
      const caps = { maxPricePerSecondX32: MOST_PRICE, maxBounty: lease.bounty, transfers: 0n };
      const renewed = lease.end - HOUR + 1;
      const orders = await marketAs(f, "ORDERS");
      await at(renewed, () => orders.renew([{ leaseId: lease.id, period: DAY, ...caps }], f.keeper));
      const needed = (lease.collateral / 4n) * 5n;
      const view = await f.lens.leaseView(lease.id);
      expect([view.lagging, view.collateral, view.grownAt]).to.deep.equal([true, needed, BigInt(renewed)]);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const closedAt = renewed + 10 * HOUR;
      await at(closedAt, () => tenant.close(lease.id));
      const credit = creditOf(
        { ...lease, collateral: needed },
        closedAt - Number(lastSeen) - GRACE,
        closedAt - lease.startedAt,
      );
      expect((await f.lens.leaseView(lease.id)).creditDue).to.equal(credit);
      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "ServiceCredited")
        .withArgs(lease.id, credit);
    });
  });

  it("shows a notice, an offered transfer and a transfer", async () => {
    const { f, lease, tenant } = await loadFixture(runningFixture);
    const end = lease.startedAt + 2 * DAY;
    await f.market.connect(lease.provider).giveNotice(lease.id, end);
    await tenant.offerTransfer(lease.id, f.tenantB);
    const offered = await f.lens.leaseView(lease.id);
    expect([offered.noticed, offered.end, offered.duration]).to.deep.equal([true, BigInt(end), BigInt(2 * DAY)]);
    expect([offered.tenant, offered.recipient, offered.transfers]).to.deep.equal([
      lease.tenant.address,
      f.tenantB.address,
      0n,
    ]);
    await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
    const moved = await f.lens.leaseView(lease.id);
    expect([moved.tenant, moved.recipient, moved.transfers]).to.deep.equal([f.tenantB.address, ethers.ZeroAddress, 1n]);
    await expectLocked({ f, lease }, f.tenantB);
  });

  it("counts dark seconds since the start, and shows the credit that the first collect takes", async () => {
    const { f, lease, tenant } = await loadFixture(runningFixture);
    await serve(f, lease, lease.startedAt + HOUR);
    const { lastSeen } = await f.liveness.clockOf(lease.provider);
    const darkFrom = Number(lastSeen) + GRACE;
    const lived = 6 * HOUR;
    await at(lease.startedAt + 2 * HOUR, () => tenant.resize(lease.id, 1, MOST_PRICE, ANY_COST));
    await at(lease.startedAt + lived, () => tenant.close(lease.id));
    const dark = lease.startedAt + lived - darkFrom;
    const collateral = lease.collateral / 2n;
    const credit = creditOf({ ...lease, collateral }, dark, lived);
    expect(credit).to.be.greaterThan(0n);
    const view = await f.lens.leaseView(lease.id);
    expect([view.status, view.reason]).to.deep.equal([LeaseStatus.Closed, EndReason.ClosedDark]);
    expect([view.darkSeconds, view.creditDue, view.collateral]).to.deep.equal([BigInt(dark), credit, collateral]);

    await f.market.collect([lease.id]);
    const settled = await f.lens.leaseView(lease.id);
    expect([settled.darkSeconds, settled.creditDue]).to.deep.equal([BigInt(dark), 0n]);
    expect(settled.collateral).to.equal(collateral - credit);
    expect((await f.staking.penaltyOf(1)).amount).to.equal(credit);
  });

  it("shows no credit within the allowance, by one second", async () => {
    const { f, lease, tenant } = await loadFixture(runningFixture);
    const { lastSeen } = await f.liveness.clockOf(lease.provider);
    const darkFrom = Number(lastSeen) + GRACE;
    // dark = lived - (darkFrom - start) must be the allowance: 30 min + 1 % of lived, rounded down.
    const live = darkFrom - lease.startedAt;
    let lived = live + 30 * 60;
    while (lived - live < 30 * 60 + Math.floor(lived / 100)) ++lived;
    await at(lease.startedAt + lived, () => tenant.close(lease.id));
    const view = await f.lens.leaseView(lease.id);
    expect([view.reason, view.darkSeconds, view.creditDue]).to.deep.equal([
      EndReason.ClosedByTenant,
      BigInt(lived - live),
      0n,
    ]);
  });

  it("shows what renewals pay: a raise a day after it was set, a cut at once", async () => {
    const f = await loadFixture(openMarketFixture);
    const offer = anOffer({ token: await f.usd6.getAddress() });
    const priceAt = async (second: number) => {
      await moveTo(second);
      const [view] = await f.lens.offerViews(f.offerA, 1);
      return [view!.pricePerSecondX32, view!.renewalPriceX32] as const;
    };
    const raised = (await ethers.provider.getBlock("latest"))!.timestamp + 10;
    await at(raised, () => f.market.connect(f.providerA).setPrice(f.offerA, offer.price + 5n));
    expect(await priceAt(raised + DAY - 1)).to.deep.equal([offer.price + 5n, offer.price]);
    expect(await priceAt(raised + DAY)).to.deep.equal([offer.price + 5n, offer.price + 5n]);
    await f.market.connect(f.providerA).setPrice(f.offerA, 3n);
    expect(await priceAt(raised + DAY + 2)).to.deep.equal([3n, 3n]);
  });

  it("tells what collecting a lease pays after it was resized in darkness", async () => {
    const { f, lease, tenant } = await loadFixture(runningFixture);
    await at(lease.startedAt + 3 * HOUR, () => tenant.resize(lease.id, 1, MOST_PRICE, ANY_COST));
    const { lastSeen } = await f.liveness.clockOf(lease.provider);
    const live = Number(lastSeen) + GRACE - lease.startedAt;
    const view = await f.lens.leaseView(lease.id);
    expect([view.earned, view.billedSeconds]).to.deep.equal([0n, 0n]);
    expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(netOf(lease.rate, live, FEE_BPS));
    expect([view.darkSeconds, view.collectable]).to.deep.equal([BigInt(3 * HOUR - live), 0n]);
  });
});
