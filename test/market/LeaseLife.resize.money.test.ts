import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { EndReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, costOf, earnedOf, partOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DEFAULT_RESOURCES, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { activeLease, bondOf, marketAs, movements, offerOf, pendingLease, serve } from "../helpers/scene";
import { at } from "../helpers/time";
import { storedHistory, storedLease, storedOffer } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;
const PRICE = 7n * 2n ** 32n + 12_345_678_901n;
const HIGHER = 9n * 2n ** 32n + 987_654_321n;
const MILLIONTH = 10n ** 12n;

const collateralFor = (units: number): bigint => collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, units);
/** What the provider is paid in all of what was earned. */
const net = (earned: bigint): bigint => earned - partOf(earned, FEE_BPS);

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
  it("growing: locks the difference, pays what was earned, begins a new rate", async () => {
    const { f, offer, lease, resize } = await loadFixture(runningFixture);
    await f.market.connect(f.providerA).setPrice(offer, HIGHER);
    const rate = 3n * PRICE + 2n * HIGHER;
    const earned = earnedOf(lease.rate, 101);
    const locked = earned + costOf(rate, HOUR - 101) - costOf(lease.rate, HOUR);
    const amount = net(earned);
    const resizing = async () => {
      const resized = resize(101, 5);
      await expect(resized)
        .to.emit(f.market, "LeaseResized")
        .withArgs(lease.id, 5, rate, earned, amount, 0, locked, 0n, collateralFor(5));
      await expect(resized).to.emit(f.escrow, "Locked").withArgs(f.market, f.usd6, lease.tenant, locked);
    };
    const accounts = [lease.tenant, lease.provider, f.treasury];
    expect(await movements(f, lease.token, accounts, resizing)).to.deep.equal([
      [-locked, locked - amount],
      [amount, 0n],
      [0n, 0n],
    ]);
  });

  it("shrinking: returns the difference, pays what was earned, begins a new rate", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    const earned = earnedOf(lease.rate, 101);
    const refund = costOf(lease.rate, HOUR) - earned - costOf(2n * PRICE, HOUR - 101);
    const amount = net(earned);
    const resizing = async () => {
      const resized = resize(101, 2);
      await expect(resized)
        .to.emit(f.market, "LeaseResized")
        .withArgs(lease.id, 2, 2n * PRICE, earned, amount, 0, 0n, refund, collateralFor(2));
      await expect(resized).not.to.emit(f.escrow, "Locked");
    };
    const accounts = [lease.tenant, lease.provider, f.treasury];
    expect(await movements(f, lease.token, accounts, resizing)).to.deep.equal([
      [refund, -refund - amount],
      [amount, 0n],
      [0n, 0n],
    ]);
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
    expect(await storedHistory(f.market, lease.id)).to.deep.equal({
      earnedBefore: earnedOf(lease.rate, 101),
      anchorOffset: 101n,
      darkBefore: 0n,
      collateralUnits: collateralFor(5) / MILLIONTH,
      treasuryVersion: 1n,
    });
    expect((await storedOffer(f.market, offer)).used).to.equal(used + 2n);
  });

  it("pays at the change only what was not collected before (INV-LSE-3)", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    await at(lease.startedAt + 50, () => f.market.collect([lease.id]));
    const earned = earnedOf(lease.rate, 101);
    const [[paid] = []] = await movements(f, lease.token, [lease.provider], () => resize(101, 5));
    expect(paid).to.equal(net(earned) - net(earnedOf(lease.rate, 50)));
    expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(net(earned));
    expect(await f.market.collect.staticCall([lease.id])).to.equal(0n);
  });

  it("collects on after the change what both rates earned together, net of one fee", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    await resize(101, 5);
    const earned = earnedOf(lease.rate, 101) + earnedOf(5n * PRICE, 99);
    await expect(at(lease.startedAt + 200, () => f.market.collect([lease.id])))
      .to.emit(f.market, "LeaseCollected")
      .withArgs(lease.id, 99, net(earned) - net(earnedOf(lease.rate, 101)));
    expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(net(earned));
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
    const parts: bigint[] = [];
    const moved = await movements(f, lease.token, accounts, async () => {
      let [from, units] = [0, 3];
      for (const [after, next] of steps) {
        if (after !== 183) await at(lease.startedAt + after - 30, () => f.market.collect([lease.id]));
        await resize(after, next);
        parts.push(earnedOf(BigInt(units) * PRICE, after - from));
        [from, units] = [after, next];
      }
      await at(lease.startedAt + 400, () => f.market.connect(lease.tenant).close(lease.id));
      parts.push(earnedOf(PRICE, 400 - 305));
      await f.market.collect([lease.id]);
    });
    const earned = parts.reduce((a, b) => a + b);
    const fee = partOf(earned, FEE_BPS);
    // The parts' own fees would come to less: the test can tell.
    expect(parts.map((part) => partOf(part, FEE_BPS)).reduce((a, b) => a + b)).to.be.lessThan(fee);
    expect(moved).to.deep.equal([
      [lease.locked - earned, -lease.locked],
      [earned - fee, 0n],
      [fee, 0n],
    ]);
    expect((await storedOffer(f.market, offer)).used).to.equal(0n);
  });

  it("a change that earned nothing since the last one pays nothing, in the same second too", async () => {
    const { f, lease, resize } = await loadFixture(runningFixture);
    const { lastSeen } = await f.liveness.clockOf(lease.provider);
    const dark = Number(lastSeen) + GRACE - lease.startedAt;
    await resize(dark + 10, 5);
    const earned = earnedOf(lease.rate, dark);
    const left = HOUR - dark - 20;
    const refund = earned + costOf(5n * PRICE, HOUR - dark - 10) - earned - costOf(2n * PRICE, left);
    await expect(resize(dark + 20, 2))
      .to.emit(f.market, "LeaseResized")
      .withArgs(lease.id, 2, 2n * PRICE, earned, 0n, 20, 0n, refund, collateralFor(2));
  });

  describe("dark seconds around a change (INV-LSE-4, ATK-LSE-12)", () => {
    it("bills none of an outage that straddles it", async () => {
      const { f, lease, resize } = await loadFixture(runningFixture);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const dark = Number(lastSeen) + GRACE - lease.startedAt;
      const beat = (after: number) =>
        at(lease.startedAt + after, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      const earned = earnedOf(lease.rate, dark);
      await expect(resize(dark + 100, 5))
        .to.emit(f.market, "LeaseResized")
        .withArgs(
          lease.id,
          5,
          5n * PRICE,
          earned,
          net(earned),
          100,
          earned + costOf(5n * PRICE, HOUR - dark - 100) - costOf(lease.rate, HOUR),
          0n,
          collateralFor(5),
        );
      expect(await storedHistory(f.market, lease.id)).to.include({
        darkBefore: 100n,
        anchorOffset: BigInt(dark + 100),
      });
      await beat(dark + 250);
      await at(lease.startedAt + dark + 300, () => f.market.connect(lease.tenant).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: 50n, reason: EndReason.ClosedByTenant });
      await f.market.collect([lease.id]);
      const total = earned + earnedOf(5n * PRICE, 50);
      expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(net(total));
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
      const earned = earnedOf(pending.rate, GRACE + 100 - 13) + earnedOf(5n * PRICE, live);
      expect(await f.escrow.freeOf(pending.token, pending.provider)).to.equal(net(earned));
      expect(await f.escrow.freeOf(pending.token, f.treasury)).to.equal(partOf(earned, FEE_BPS));
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
