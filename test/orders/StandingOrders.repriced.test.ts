import { expect } from "chai";

import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { carriedOf, collateralOf, costOf, earnedOf, netOf, partOf, type Weights } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, DEFAULT_RESOURCES, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, HOUR } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, movements, serve } from "../helpers/scene";
import { at, ROOM, together } from "../helpers/time";
import { NEVER_GROWN, storedHistory, storedLease } from "../helpers/words";
import {
  addedCost,
  BOUNTY,
  countOf,
  durationOf,
  expectRenewed,
  MOST_ORDER_PRICE,
  NEAR,
  place,
  renew,
  renewAt,
  UNITS,
} from "./scene";

/*
 * renew, where rate or terms changed
 * ├── rate
 * │   ├── price lowered: at once
 * │   ├── price raised less than 24 h ago: at the price before
 * │   ├── price raised 24 h ago or earlier: at the raised one, if the order's cap allows
 * │   └── lease was resized at another price: at the offer's
 * ├── terms: new fee from now on, the old treasury, tolerance and notice of the new version
 * │   ├── weights larger: collateral grows; free bond short: skipped
 * │   └── weights smaller: collateral stays
 * └── money: everything earned is paid at the old rate and fee
 *     ├── new price more than what is left: the tenant locks the difference; free balance short: skipped
 *     └── less: the tenant gets the difference back
 */

const PERIOD = 2 * HOUR;
/** Dark seconds of the fixture's provider, and how many live ones it was paid for. */
const DARK = 101;
const PAID = 1_399;
/** A fee, and weights twice as large for what the fixture leases, that governance publishes. */
const OTHER_FEE = 1_000n;
const TWICE: Weights = {
  ...DEFAULT_WEIGHTS,
  cpu: 2n * DEFAULT_WEIGHTS.cpu,
  memoryMiB: 2n * DEFAULT_WEIGHTS.memoryMiB,
  diskGiB: 2n * DEFAULT_WEIGHTS.diskGiB,
  bandwidthMbps: 2n * DEFAULT_WEIGHTS.bandwidthMbps,
};

/**
 * A running lease of three units for three hours, whose provider was dark once and was paid once; its order takes any
 * price. Live until the hour before its end.
 */
async function pricedFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await activeLease(f, { units: UNITS, duration: 3 * HOUR });
  await place(f, lease, { maxPrice: MOST_ORDER_PRICE, period: PERIOD });
  await serve(f, lease, lease.startedAt + 1_000);
  await at(lease.startedAt + 1_300, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
  await at(lease.startedAt + 1_500, () => f.market.collect([lease.id]));
  await serve(f, lease, lease.end - HOUR);
  return { f, lease, price: lease.rate / BigInt(UNITS) };
}

/** What a renewal of the fixture's lease at a new rate must come to. */
function repriced({ rate, startedAt, end, duration }: ActiveLease, second: number, newRate: bigint) {
  const live = second - startedAt - DARK;
  const earned = earnedOf(rate, live);
  const fee = partOf(earned, FEE_BPS);
  const paid = netOf(rate, PAID, FEE_BPS);
  // What is less than a base unit goes on with the new rate, and so does what is less than one of the fee.
  const [fraction, feeRemainder] = [carriedOf(rate, live), (earned * FEE_BPS) % 10_000n];
  const cost = costOf(newRate, end + PERIOD - second, fraction);
  const left = costOf(rate, duration) - earned;
  const [locked, refund] = cost > left ? [cost - left, 0n] : [0n, left - cost];
  return {
    amount: earned - fee - paid,
    fee,
    locked,
    refund,
    fraction,
    feeRemainder,
    /** Of tenant, provider, treasury and keeper. */
    moved: [
      [refund - locked - BOUNTY, cost - (costOf(rate, duration) - paid)],
      [earned - fee - paid, 0n],
      [fee, 0n],
      [BOUNTY, 0n],
    ],
  };
}

const accountsOf = (f: OpenMarket, lease: ActiveLease) => [lease.tenant, lease.provider, f.treasury, f.keeper];

describe("StandingOrders: renew at another rate or other terms", () => {
  describe("a price that was lowered", () => {
    for (const [what, divisor] of [
      ["locks what the rest costs more than is left", 2n],
      ["returns what the rest costs less than is left", 100n],
    ] as const) {
      it(`pays all that was earned at the old rate, and ${what} (INV-LSE-1, INV-LSE-2)`, async () => {
        const { f, lease, price } = await loadFixture(pricedFixture);
        await f.market.connect(f.providerA).setPrice(f.offerA, price / divisor);
        const second = lease.end - NEAR;
        const expected = repriced(lease, second, (price / divisor) * BigInt(UNITS));
        expect(expected.refund > 0n, "a refund").to.equal(divisor === 100n);
        expect(await movements(f, lease.token, accountsOf(f, lease), () => renewAt(f, second, lease))).to.deep.equal(
          expected.moved,
        );
      });

      it(`says what was paid and what the lease costs now, where it ${what}`, async () => {
        const { f, lease, price } = await loadFixture(pricedFixture);
        await f.market.connect(f.providerA).setPrice(f.offerA, price / divisor);
        const second = lease.end - NEAR;
        const rate = (price / divisor) * BigInt(UNITS);
        const { amount, fee, locked, refund } = repriced(lease, second, rate);
        const { darkSeconds } = await f.liveness.clockOf(lease.provider);
        await expect(renewAt(f, second, lease))
          .to.emit(f.market, "LeaseRepriced")
          .withArgs(lease.id, rate, 1, darkSeconds, lease.collateral, amount, fee)
          .and.to.emit(f.market, "LeaseRenewed")
          .withArgs(lease.id, f.keeper, lease.duration + PERIOD, locked, refund, BOUNTY);
      });
    }

    it("starts the accumulator again, and leaves start, tenant and collateral as they were", async () => {
      const { f, lease, price } = await loadFixture(pricedFixture);
      const [before, bond] = [await storedLease(f.market, lease.id), await bondOf(f, lease.provider)];
      await f.market.connect(f.providerA).setPrice(f.offerA, price / 2n);
      const rate = (price / 2n) * BigInt(UNITS);
      const { fraction, feeRemainder } = repriced(lease, lease.end - NEAR, rate);
      expect(fraction, "a fraction").to.be.greaterThan(0n);
      expect(feeRemainder, "a remainder").to.be.greaterThan(0n);
      await renewAt(f, lease.end - NEAR, lease);
      expect(await storedLease(f.market, lease.id)).to.deep.equal({
        ...before,
        duration: BigInt(lease.duration + PERIOD),
        changed: 1n,
        rate,
        paidSeconds: 0n,
      });
      expect(await storedHistory(f.market, lease.id)).to.deep.equal({
        fraction,
        feeRemainder,
        anchorOffset: BigInt(lease.duration - NEAR),
        darkBefore: BigInt(DARK),
        collateralUnits: lease.collateral / 10n ** 12n,
        treasuryVersion: 1n,
        grownFrom: 0n,
        grownAgo: NEVER_GROWN,
        lagging: 0n,
      });
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
      expect(await countOf(f, lease)).to.equal(2);
    });

    it("touches no lease before it is renewed (INV-LSE-9)", async () => {
      const { f, lease, price } = await loadFixture(pricedFixture);
      await f.market.connect(f.providerA).setPrice(f.offerA, price / 2n);
      expect(await storedLease(f.market, lease.id)).to.include({ rate: lease.rate, changed: 0n });
    });

    it("pays bounty and refund only where the tenant has the bounty free (INV-ORD-1)", async () => {
      for (const [short, renewed] of [
        [0n, true],
        [1n, false],
      ] as const) {
        const { f, lease, price } = await loadFixture(pricedFixture);
        await f.market.connect(f.providerA).setPrice(f.offerA, price / 100n);
        const free = await f.escrow.freeOf(lease.token, lease.tenant);
        await f.escrow.connect(lease.tenant).withdraw(lease.token, lease.tenant, free - BOUNTY + short);
        await expectRenewed(f, lease, () => renewAt(f, lease.end - NEAR, lease), renewed);
      }
    });

    it("lowers a finite ceiling by what was paid and the bounty, and by no refund", async () => {
      const { f, lease, price } = await loadFixture(pricedFixture);
      await f.market.connect(f.providerA).setPrice(f.offerA, price / 100n);
      await f.escrow.connect(lease.tenant).approveModule(lease.token, f.market, 10n ** 12n);
      const { amount, fee } = repriced(lease, lease.end - NEAR, (price / 100n) * BigInt(UNITS));
      await renewAt(f, lease.end - NEAR, lease);
      const { ceiling } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      expect(ceiling).to.equal(10n ** 12n - amount - fee - BOUNTY);
    });
  });

  describe("ATK-LSE-10: a price that was raised", () => {
    /** A lease of three units for 25 hours, whose price is doubled in its tenth second. */
    async function raisedFixture() {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: UNITS, duration: DAY + HOUR });
      const price = lease.rate / BigInt(UNITS);
      const raisedAt = lease.startedAt + 10;
      await at(raisedAt, () => f.market.connect(f.providerA).setPrice(f.offerA, 2n * price));
      await place(f, lease, { maxPrice: 2n * price });
      await serve(f, lease, raisedAt + DAY - 2);
      return { f, lease, price, raisedAt };
    }

    for (const [late, factor] of [
      [-1, 1n],
      [0, 2n],
    ] as const) {
      it(`counts ${factor === 1n ? "not yet one second before" : "from"} 24 hours after it was set`, async () => {
        const { f, lease, price, raisedAt } = await loadFixture(raisedFixture);
        await at(raisedAt + DAY + late, () => renew(f, lease));
        expect(await storedLease(f.market, lease.id)).to.include({
          rate: factor * price * BigInt(UNITS),
          changed: factor - 1n,
          duration: BigInt(lease.duration + PERIOD),
        });
      });
    }

    it("does not renew above the order's price (INV-ORD-1)", async () => {
      const { f, lease, price } = await loadFixture(raisedFixture);
      await place(f, lease, { maxPrice: 2n * price - 1n });
      await expectRenewed(f, lease, () => renewAt(f, lease.end - NEAR, lease), false);
    });

    it("costs the tenant nothing where the provider raises it, renews, and lowers it again in one second", async () => {
      const { f, lease, price } = await loadFixture(pricedFixture);
      const provider = f.market.connect(f.providerA);
      await serve(f, lease, lease.end - NEAR);
      const [moved] = await movements(f, lease.token, [lease.tenant], () =>
        together(
          lease.end - NEAR,
          () => provider.setPrice(f.offerA, MOST_PRICE, ROOM),
          () => f.orders.connect(lease.provider).renew([lease.id], ROOM),
          () => provider.setPrice(f.offerA, price, ROOM),
        ),
      );
      expect(moved).to.deep.equal([-addedCost(lease, PERIOD) - BOUNTY, addedCost(lease, PERIOD)]);
      expect(await storedLease(f.market, lease.id)).to.include({ rate: lease.rate, changed: 0n });
      expect(await f.market.renewalPriceOf(f.offerA)).to.equal(price);
    });

    it("does not reach a renewal sooner by being raised in two steps, or after a cut", async () => {
      const { f, lease, price } = await loadFixture(pricedFixture);
      const provider = f.market.connect(f.providerA);
      await provider.setPrice(f.offerA, 2n * price);
      await provider.setPrice(f.offerA, price / 2n);
      await provider.setPrice(f.offerA, 3n * price);
      await provider.setPrice(f.offerA, 4n * price);
      expect(await f.market.renewalPriceOf(f.offerA)).to.equal(price / 2n);
      await renewAt(f, lease.end - NEAR, lease);
      expect(await storedLease(f.market, lease.id)).to.include({ rate: (price / 2n) * BigInt(UNITS) });
    });
  });

  describe("new terms", () => {
    const publish = (f: OpenMarket, weights = DEFAULT_WEIGHTS) =>
      f.market
        .connect(f.admin)
        .publishTerms({ ...DEFAULT_TERMS, feeBps: OTHER_FEE, treasury: f.stranger.address }, weights);

    it("take what was earned at the old fee, to the old treasury (INV-LSE-9)", async () => {
      const { f, lease } = await loadFixture(pricedFixture);
      await publish(f);
      const second = lease.end - NEAR;
      const moved = await movements(f, lease.token, [...accountsOf(f, lease), f.stranger], () =>
        renewAt(f, second, lease),
      );
      expect(moved).to.deep.equal([...repriced(lease, second, lease.rate).moved, [0n, 0n]]);
      expect(await storedLease(f.market, lease.id)).to.include({
        rate: lease.rate,
        termsVersion: 2n,
        feeBps: OTHER_FEE,
        changed: 1n,
      });
      expect(await storedHistory(f.market, lease.id)).to.include({ treasuryVersion: 1n });
    });

    it("count from the renewal on, and the treasury stays to the end (INV-LSE-2, INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(pricedFixture);
      await publish(f);
      const second = lease.end - NEAR;
      await renewAt(f, second, lease);
      const end = lease.end + PERIOD;
      await serve(f, lease, end);
      const moved = await movements(f, lease.token, [...accountsOf(f, lease), f.stranger], async () => {
        await f.market.collect([lease.id]);
        await at(end, () => f.market.connect(f.keeper).expire([lease.id]));
        await f.market.collect([lease.id]);
      });
      const { fraction, feeRemainder } = repriced(lease, second, lease.rate);
      const locked = costOf(lease.rate, end - second, fraction);
      const earned = earnedOf(lease.rate, end - second, fraction);
      const fee = (earned * OTHER_FEE + feeRemainder) / 10_000n;
      expect(moved).to.deep.equal([
        [locked - earned, -locked - BOUNTY],
        [earned - fee, 0n],
        [fee, 0n],
        [BOUNTY, 0n],
        [0n, 0n],
      ]);
    });

    it("reserve more where their weights are larger", async () => {
      const { f, lease } = await loadFixture(pricedFixture);
      await publish(f, TWICE);
      const more = collateralOf(TWICE, DEFAULT_RESOURCES, UNITS);
      const [free, reserved] = await bondOf(f, lease.provider);
      await renewAt(f, lease.end - NEAR, lease);
      const added = more - lease.collateral;
      expect(await bondOf(f, lease.provider)).to.deep.equal([free - added, reserved + added]);
      expect(await storedHistory(f.market, lease.id)).to.include({
        collateralUnits: more / 10n ** 12n,
        grownFrom: lease.collateral / 10n ** 12n,
        grownAgo: 0n,
      });
    });

    it("release nothing where their weights are smaller, and nothing is reserved twice when they grow back", async () => {
      const { f, lease } = await loadFixture(pricedFixture);
      const bond = await bondOf(f, lease.provider);
      await publish(f, { ...DEFAULT_WEIGHTS, cpu: 1n });
      await renewAt(f, lease.end - NEAR, lease);
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
      await publish(f);
      await renewAt(f, lease.end + PERIOD - NEAR, lease);
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
      expect(await storedLease(f.market, lease.id)).to.include({ termsVersion: 3n });
      expect(await durationOf(f, lease)).to.equal(lease.duration + 2 * PERIOD);
    });

    for (const [short, renewed] of [
      [0n, true],
      [1n, false],
    ] as const) {
      it(`${renewed ? "renew where the free bond is exactly" : "skip where it is one wei less than"} what they add`, async () => {
        const { f, lease } = await loadFixture(pricedFixture);
        await publish(f, TWICE);
        const [free, reserved] = await bondOf(f, lease.provider);
        const left = lease.collateral - short; // twice the weights add as much as there is
        await f.staking.connect(lease.provider).startUnbonding(f.market, free - left);
        await expectRenewed(f, lease, () => renewAt(f, lease.end - NEAR, lease), renewed);
        expect(await bondOf(f, lease.provider)).to.deep.equal(
          renewed ? [0n, reserved + lease.collateral] : [left, reserved],
        );
      });
    }

    it("reserve nothing where the tenant's money does not suffice", async () => {
      const { f, lease } = await loadFixture(pricedFixture);
      await publish(f, TWICE);
      const bond = await bondOf(f, lease.provider);
      const { locked } = repriced(lease, lease.end - NEAR, lease.rate);
      const free = await f.escrow.freeOf(lease.token, lease.tenant);
      await f.escrow.connect(lease.tenant).withdraw(lease.token, lease.tenant, free - locked - BOUNTY + 1n);
      await expectRenewed(f, lease, () => renewAt(f, lease.end - NEAR, lease), false);
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
    });
  });

  describe("a lease that changed before", () => {
    it("is prolonged from its last change, to the base unit (INV-LSE-2)", async () => {
      const { f, lease, price } = await loadFixture(pricedFixture);
      await f.market.connect(f.providerA).setPrice(f.offerA, price / 2n);
      const anchor = lease.end - NEAR;
      await renewAt(f, anchor, lease);
      const rate = (price / 2n) * BigInt(UNITS);
      const [end, next] = [lease.end + PERIOD, lease.end + 2 * PERIOD];
      const { fraction } = repriced(lease, anchor, rate);
      const cost = costOf(rate, next - anchor, fraction) - costOf(rate, end - anchor, fraction);
      const moved = await movements(f, lease.token, accountsOf(f, lease), () => renewAt(f, end - NEAR, lease));
      expect(moved).to.deep.equal([
        [-cost - BOUNTY, cost],
        [0n, 0n],
        [0n, 0n],
        [BOUNTY, 0n],
      ]);
    });

    it("is paid for all rates that it had, and goes on at the offer's (INV-LSE-1, INV-LSE-2)", async () => {
      const { f, lease, price } = await loadFixture(pricedFixture);
      await f.market.connect(f.providerA).setPrice(f.offerA, 2n * price);
      const grownAt = lease.end - HOUR + 5;
      await at(grownAt - 1, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
      await at(grownAt, () => f.market.connect(lease.tenant).resize(lease.id, UNITS + 1, 2n * price, 2n ** 120n));
      const second = lease.end - NEAR;
      const grown = lease.rate + 2n * price;
      // Base units times 2^32: at the growth, and at the renewal. The fee on the first part was taken with that.
      const beforeX32 = lease.rate * BigInt(grownAt - lease.startedAt - DARK);
      const allX32 = beforeX32 + grown * BigInt(second - grownAt);
      const [before, all] = [beforeX32 >> 32n, allX32 >> 32n];
      const fee = partOf(all, FEE_BPS) - partOf(before, FEE_BPS);
      const left = before + costOf(grown, lease.end - grownAt, beforeX32 % 2n ** 32n) - all;
      const cost = costOf(BigInt(UNITS + 1) * price, lease.end + PERIOD - second, allX32 % 2n ** 32n);
      const moved = await movements(f, lease.token, accountsOf(f, lease), () => renewAt(f, second, lease));
      expect(moved).to.deep.equal([
        [left - cost - BOUNTY, cost - left - (all - before)],
        [all - before - fee, 0n],
        [fee, 0n],
        [BOUNTY, 0n],
      ]);
      expect(await storedLease(f.market, lease.id)).to.include({ rate: BigInt(UNITS + 1) * price });
      expect(await storedHistory(f.market, lease.id)).to.deep.equal({
        fraction: allX32 % 2n ** 32n,
        feeRemainder: (all * FEE_BPS) % 10_000n,
        anchorOffset: BigInt(lease.duration - NEAR),
        darkBefore: BigInt(DARK),
        collateralUnits: collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, UNITS + 1) / 10n ** 12n,
        treasuryVersion: 1n,
        grownFrom: lease.collateral / 10n ** 12n,
        grownAgo: BigInt(second - grownAt),
        lagging: 0n,
      });
    });
  });
});
