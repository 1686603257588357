import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { network } from "hardhat";

import { BOND, openMarketFixture } from "../helpers/fixture";
import { LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, costOf, Earnings } from "../helpers/money";
import { anOrder, MOST_PRICE } from "../helpers/orders";
import {
  DAY,
  DEFAULT_RESOURCES,
  DEFAULT_WEIGHTS,
  FEE_BPS,
  GRACE,
  HOUR,
  MINUTE,
  OUTAGE_ALLOWANCE,
} from "../helpers/parameters";
import { activeLease, bondOf, offerOf, pendingLease, serve } from "../helpers/scene";
import { at, ROOM, together } from "../helpers/time";
import { storedHistory, storedLease, storedOffer } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;
const PRICE = 7n * 2n ** 32n + 12_345_678_901n;

/** A running lease for an hour of three units of ten, the first five minutes of which are paid in any case. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { price: PRICE, minDuration: 5 * MINUTE });
  const lease = await activeLease(f, { offer, units: 3 });
  return { f, offer, lease, tenant: f.market.connect(lease.tenant), provider: f.market.connect(f.providerA) };
}

/** What growing from three units to `units` in second `after` of the lease locks more. */
const costOfGrowth = (rate: bigint, units: bigint, after: number): bigint =>
  growthAfter(Earnings.NONE.plus(rate, after, FEE_BPS), rate, units, after);

const growthAfter = ({ whole, carriedX32 }: Earnings, rate: bigint, units: bigint, after: number): bigint =>
  whole + costOf(PRICE * units, HOUR - after, carriedX32) - costOf(rate, HOUR);

describe("LeaseLife: resize", () => {
  describe("who may do it, and when", () => {
    it("reverts for everybody but the tenant", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      for (const caller of [f.tenantB, f.providerA, f.operatorA, f.admin]) {
        await expect(f.market.connect(caller).resize(lease.id, 4, MOST_PRICE, ANY_COST))
          .to.be.revertedWithCustomError(f.market, "MarketNotTenant")
          .withArgs(lease.id, lease.tenant, caller);
      }
    });

    it("reverts for a pending, a closed and a cancelled lease (INV-LSE-5)", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      const pending = await pendingLease(f);
      const declined = await pendingLease(f);
      await f.market.connect(f.providerA).decline(declined.id);
      await tenant.close(lease.id);
      for (const [id, status] of [
        [pending.id, LeaseStatus.Pending],
        [lease.id, LeaseStatus.Closed],
        [declined.id, LeaseStatus.Cancelled],
      ] as const) {
        await expect(tenant.resize(id, 4, MOST_PRICE, ANY_COST))
          .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
          .withArgs(id, LeaseStatus.Active, status);
      }
    });

    for (const units of [2, 4]) {
      it(`to ${units} units works in the last second, and reverts from the end on`, async () => {
        const { f, lease, tenant } = await loadFixture(runningFixture);
        for (const late of [0, 1]) {
          await expect(at(lease.end + late, () => tenant.resize(lease.id, units, MOST_PRICE, ANY_COST)))
            .to.be.revertedWithCustomError(f.market, "MarketLeaseEnded")
            .withArgs(lease.id, lease.end, lease.end + late);
        }
        const last = await loadFixture(runningFixture);
        await serve(last.f, last.lease, last.lease.end - 10);
        await at(last.lease.end - 2, () => last.f.liveness.connect(last.lease.operator).heartbeat(last.lease.provider));
        await at(last.lease.end - 1, () => last.tenant.resize(last.lease.id, units, MOST_PRICE, ANY_COST));
        expect(await storedLease(last.f.market, last.lease.id)).to.include({ units: BigInt(units) });
      });
    }

    it("works from the first second on where there is no minimum", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: 3 });
      const { rate } = lease;
      const tenant = f.market.connect(lease.tenant);
      const { whole, net, fee, carriedX32 } = Earnings.NONE.plus(rate, 1, FEE_BPS);
      expect(fee).to.be.greaterThan(0n);
      await expect(at(lease.startedAt + 1, () => tenant.resize(lease.id, 2, 0n, 0n)))
        .to.emit(f.market, "LeaseResized")
        .withArgs(
          lease.id,
          2,
          (rate * 2n) / 3n,
          net,
          fee,
          0,
          0n,
          costOf(rate, HOUR) - whole - costOf((rate * 2n) / 3n, HOUR - 1, carriedX32),
          collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 2),
        );
    });
  });

  describe("to how many units", () => {
    for (const units of [0, 3]) {
      it(`reverts for ${units}`, async () => {
        const { f, lease, tenant } = await loadFixture(runningFixture);
        await expect(tenant.resize(lease.id, units, MOST_PRICE, ANY_COST))
          .to.be.revertedWithCustomError(f.market, "MarketUnitsUnchanged")
          .withArgs(lease.id, units);
      });
    }

    it("up to what the offer has left, and not one unit more (INV-LSE-6)", async () => {
      const { f, offer, lease, tenant } = await loadFixture(runningFixture);
      const other = await pendingLease(f, { offer, units: 2, tenant: f.tenantB });
      await expect(tenant.resize(lease.id, 9, MOST_PRICE, ANY_COST))
        .to.be.revertedWithCustomError(f.market, "MarketCapacityShort")
        .withArgs(offer, 5, 6);
      await tenant.resize(lease.id, 8, MOST_PRICE, ANY_COST);
      expect(await storedOffer(f.market, offer)).to.include({ used: 10n, leaseCount: 2n });
      await f.market.connect(f.providerA).decline(other.id);
      expect(await storedOffer(f.market, offer)).to.include({ used: 8n });
    });

    it("not up where the capacity was lowered below what is used; down at any time", async () => {
      const { f, offer, lease, tenant, provider } = await loadFixture(runningFixture);
      await provider.setCapacity(offer, 2);
      await expect(tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST))
        .to.be.revertedWithCustomError(f.market, "MarketCapacityShort")
        .withArgs(offer, 0, 1);
      await at(lease.startedAt + 5 * MINUTE, () => tenant.resize(lease.id, 1, 0n, 0n));
      expect(await storedOffer(f.market, offer)).to.include({ used: 1n, capacity: 2n });
    });

    it("gives the present units back once when the lease ends (INV-LSE-6)", async () => {
      const { f, offer, lease, tenant } = await loadFixture(runningFixture);
      await tenant.resize(lease.id, 7, MOST_PRICE, ANY_COST);
      expect(await storedOffer(f.market, offer)).to.include({ used: 7n });
      await tenant.close(lease.id);
      expect(await storedOffer(f.market, offer)).to.include({ used: 0n });
    });
  });

  describe("growing", () => {
    it("reverts after notice and on a retired offer, where shrinking goes on (ATK-LSE-8)", async () => {
      for (const change of ["notice", "retired"] as const) {
        const { f, offer, lease, tenant, provider } = await loadFixture(runningFixture);
        if (change === "notice") await provider.giveNotice(lease.id, lease.end);
        else await provider.retireOffer(offer);
        const growing = tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST);
        if (change === "notice") {
          await expect(growing).to.be.revertedWithCustomError(f.market, "MarketLeaseNoticed").withArgs(lease.id);
        } else {
          await expect(growing).to.be.revertedWithCustomError(f.market, "MarketOfferRetired").withArgs(offer);
        }
        await at(lease.startedAt + 5 * MINUTE, () => tenant.resize(lease.id, 1, 0n, 0n));
        expect(await storedLease(f.market, lease.id)).to.include({ units: 1n });
      }
    });

    it("pays the offer's present price for what is added, at once, and the old one for the rest", async () => {
      for (const price of [PRICE + 99n, PRICE - 99n]) {
        const { f, offer, lease, tenant, provider } = await loadFixture(runningFixture);
        await provider.setPrice(offer, price);
        await expect(tenant.resize(lease.id, 5, price - 1n, ANY_COST))
          .to.be.revertedWithCustomError(f.market, "MarketPriceTooHigh")
          .withArgs(offer, price - 1n, price);
        await tenant.resize(lease.id, 5, price, ANY_COST);
        expect(await storedLease(f.market, lease.id)).to.include({ rate: 3n * PRICE + 2n * price });
      }
    });

    it("locks no base unit more than the tenant allows", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      const cost = costOfGrowth(lease.rate, 5n, 101);
      await expect(at(lease.startedAt + 101, () => tenant.resize(lease.id, 5, MOST_PRICE, cost - 1n)))
        .to.be.revertedWithCustomError(f.market, "MarketCostTooHigh")
        .withArgs(lease.id, cost - 1n, cost);
      const later = costOfGrowth(lease.rate, 5n, 102);
      await at(lease.startedAt + 102, () => tenant.resize(lease.id, 5, MOST_PRICE, later));
    });

    it("reverts without free money or ceiling for it (INV-ESC-3)", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      const cost = costOfGrowth(lease.rate, 5n, 101);
      const growing = (after: number) =>
        at(lease.startedAt + after, () => tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST));
      await f.escrow.connect(lease.tenant).approveModule(f.usd6, f.market, lease.locked + cost - 1n);
      await expect(growing(101))
        .to.be.revertedWithCustomError(f.escrow, "EscrowCeilingExceeded")
        .withArgs(f.market, f.usd6, lease.tenant, cost - 1n, cost);
      const free = await f.escrow.freeOf(f.usd6, lease.tenant);
      await f.escrow.connect(lease.tenant).withdraw(f.usd6, lease.tenant, free - 1n);
      await expect(growing(105))
        .to.be.revertedWithCustomError(f.escrow, "EscrowInsufficientFree")
        .withArgs(f.usd6, lease.tenant, 1n, costOfGrowth(lease.rate, 5n, 105));
    });

    it("reserves the collateral of what is added, and reverts where the bond is one wei short (INV-STK-4)", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      const added = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 2);
      const staking = f.staking.connect(f.providerA);
      await staking.startUnbonding(f.market, BOND - lease.collateral - added + 1n);
      await expect(tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST))
        .to.be.revertedWithCustomError(f.market, "MarketBondShort")
        .withArgs(f.providerA, added - 1n, added);
      await staking.cancelUnbonding(f.market, 1n);
      await expect(tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST))
        .to.emit(f.staking, "Reserved")
        .withArgs(f.market, f.providerA, added);
      expect(await bondOf(f, f.providerA)).to.deep.equal([0n, lease.collateral + added]);
    });

    it("reserves by the weights that the lease was opened with (INV-LSE-9)", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      const terms = await f.market.termsOf(1);
      const { treasury, feeBps, toleranceBps, noShowBps, noticePeriod, activationWindow, creditPeriod } = terms;
      const same = { treasury, feeBps, toleranceBps, noShowBps, noticePeriod, activationWindow, creditPeriod };
      await f.market.connect(f.admin).publishTerms(same, { ...DEFAULT_WEIGHTS, cpu: 9_999n });
      await tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST);
      const [, reserved] = await bondOf(f, f.providerA);
      expect(reserved).to.equal(collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 4));
    });

    it("reverts where the rate would pass 128 bits, by one unit or by many, with the rate that it would be", async () => {
      const { f, offer, lease, tenant, provider } = await loadFixture(runningFixture);
      for (const [price, units] of [
        [MOST_PRICE, 4],
        [MOST_PRICE, 5],
        [MOST_PRICE, 10],
        [MOST_PRICE - lease.rate + 1n, 4],
      ] as const) {
        await provider.setPrice(offer, price);
        await expect(tenant.resize(lease.id, units, MOST_PRICE, ANY_COST))
          .to.be.revertedWithCustomError(f.market, "MarketRateTooLarge")
          .withArgs(lease.id, lease.rate + BigInt(units - 3) * price, MOST_PRICE);
      }
      // At the largest rate only the money is missing.
      await provider.setPrice(offer, MOST_PRICE - lease.rate);
      await expect(tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST)).to.be.revertedWithCustomError(
        f.escrow,
        "EscrowInsufficientFree",
      );
    });

    it("reverts from the second on in which its provider was not seen for half the grace (ATK-LSE-14, ATK-LSE-15)", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      const stale = lease.startedAt - 1 + GRACE / 2;
      const growing = (units: number) => tenant.resize(lease.id, units, MOST_PRICE, ANY_COST);
      await at(stale - 1, () => growing(4));
      for (const second of [stale, stale + GRACE / 2 - 1, stale + GRACE / 2]) {
        await expect(at(second, () => growing(5)))
          .to.be.revertedWithCustomError(f.market, "MarketProviderStale")
          .withArgs(lease.provider);
      }
      // Shrinking asks nothing of the provider; one heartbeat, and it grows again.
      await at(stale + GRACE, () => growing(3));
      await at(stale + GRACE + 1, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      await at(stale + GRACE + 2, () => growing(4));
      expect(await storedLease(f.market, lease.id)).to.include({ units: 4n });
    });

    for (const [dark, allowed] of [
      [OUTAGE_ALLOWANCE + 23, OUTAGE_ALLOWANCE + 24],
      [OUTAGE_ALLOWANCE + 24, OUTAGE_ALLOWANCE + 24],
      [OUTAGE_ALLOWANCE + 25, OUTAGE_ALLOWANCE + 24],
      [OUTAGE_ALLOWANCE + 600, OUTAGE_ALLOWANCE + 30],
    ] as const) {
      const within = dark <= allowed;

      it(`${within ? "works" : "reverts"} with ${dark} of ${allowed} s dark that are allowed (ATK-LSE-14)`, async () => {
        const f = await loadFixture(openMarketFixture);
        const offer = await offerOf(f, { price: PRICE });
        const lease = await activeLease(f, { offer, units: 3, duration: 2 * HOUR });
        const back = lease.startedAt - 1 + GRACE + dark;
        await at(back, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
        expect(Math.floor((back + 5 - lease.startedAt) / 100) + OUTAGE_ALLOWANCE).to.equal(allowed);
        const growing = at(back + 5, () => f.market.connect(lease.tenant).resize(lease.id, 10, MOST_PRICE, ANY_COST));
        if (!within) {
          await expect(growing)
            .to.be.revertedWithCustomError(f.market, "MarketBeyondAllowance")
            .withArgs(lease.id, dark, allowed);
          return;
        }
        await growing;
        expect(await storedLease(f.market, lease.id)).to.include({ units: 10n });
      });
    }

    it("asks neither for entries to be open nor for the token to be listed (INV-GOV-3)", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      await f.market.connect(f.guardian).pauseEntries(DAY);
      await f.market.connect(f.admin).delistToken(f.usd6);
      await tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST);
      expect(await storedLease(f.market, lease.id)).to.include({ units: 4n });
    });

    it("is paid as a minimum by who leaves before it has passed (ATK-LSE-13, INV-LSE-1)", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      await at(lease.startedAt + 101, () => tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST));
      await at(lease.startedAt + 201, () => tenant.close(lease.id));
      // A hundred live seconds at the new rate, and 99 that were missing.
      expect(await storedLease(f.market, lease.id)).to.include({ mark: 199n, rate: 5n * PRICE, duration: 201n });
    });
  });

  describe("shrinking", () => {
    it("reverts until the minimum has passed, to the second, even below what was added (ATK-LSE-13)", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      const from = lease.startedAt + 5 * MINUTE;
      await at(from - 2, () => tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST));
      await expect(at(from - 1, () => tenant.resize(lease.id, 4, 0n, 0n)))
        .to.be.revertedWithCustomError(f.market, "MarketTooEarlyToShrink")
        .withArgs(lease.id, from, from - 1);
      await at(from, () => tenant.resize(lease.id, 4, 0n, 0n));
      expect(await storedLease(f.market, lease.id)).to.include({ units: 4n });
    });

    it("reverts in the second of a growth, and works in the next: nobody takes capacity away for nothing (ATK-LSE-16)", async () => {
      const { f, offer, lease, tenant } = await loadFixture(runningFixture);
      const second = lease.startedAt + 5 * MINUTE + 10;
      await at(second - 1, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      const order = await anOrder(f.market, { token: lease.token, offers: [offer], units: 5, duration: HOUR });
      const outcomes = await together(
        second,
        () => tenant.resize(lease.id, 10, MOST_PRICE, ANY_COST, ROOM),
        () => f.market.connect(f.tenantB).open(order, ROOM),
        () => tenant.resize(lease.id, 3, 0n, 0n, ROOM),
      );
      expect(outcomes).to.deep.equal(["done", "reverted", "reverted"]);
      expect(await storedOffer(f.market, offer)).to.include({ used: 10n });
      await at(second + 1, () => tenant.resize(lease.id, 3, 0n, 0n));
      expect(await storedOffer(f.market, offer)).to.include({ used: 3n });
      // It paid for a second of seven units more.
      const earned = Earnings.NONE.plus(lease.rate, 310, FEE_BPS).plus(10n * PRICE, 1, FEE_BPS);
      expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(earned.net);
    });

    it("tells from when it may shrink after a growth, to the second", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      const second = lease.startedAt + 5 * MINUTE + 10;
      await at(second - 1, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      await network.provider.send("evm_setAutomine", [false]);
      try {
        await tenant.resize(lease.id, 10, MOST_PRICE, ANY_COST, ROOM);
        await time.setNextBlockTimestamp(second);
        // The pending block has the growth in it: a shrink that is tried out on top of it is of the same second.
        await expect(tenant.resize.staticCall(lease.id, 3, 0n, 0n, { blockTag: "pending" }))
          .to.be.revertedWithCustomError(f.market, "MarketTooEarlyToShrink")
          .withArgs(lease.id, second + 1, second);
      } finally {
        await network.provider.send("evm_setAutomine", [true]);
      }
    });

    it("may follow a shrink in the same second, and a growth may follow both", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      const second = lease.startedAt + 5 * MINUTE + 10;
      await at(second - 1, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      const to = (units: number) => () => tenant.resize(lease.id, units, MOST_PRICE, ANY_COST, ROOM);
      expect(await together(second, to(2), to(1), to(5), to(6), to(4))).to.deep.equal([
        "done",
        "done",
        "done",
        "done",
        "reverted",
      ]);
      expect(await storedHistory(f.market, lease.id)).to.include({
        grownFrom: collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1) / 10n ** 12n,
        grownAgo: 0n,
      });
    });

    it("reverts as early after notice, though leaving needs no minimum then", async () => {
      const { f, lease, tenant, provider } = await loadFixture(runningFixture);
      await provider.giveNotice(lease.id, lease.end);
      const from = lease.startedAt + 5 * MINUTE;
      await expect(at(from - 1, () => tenant.resize(lease.id, 1, 0n, 0n)))
        .to.be.revertedWithCustomError(f.market, "MarketTooEarlyToShrink")
        .withArgs(lease.id, from, from - 1);
    });

    it("asks for no price, costs nothing, and gives collateral back at once", async () => {
      const { f, offer, lease, tenant, provider } = await loadFixture(runningFixture);
      await provider.setPrice(offer, MOST_PRICE);
      const released = lease.collateral / 3n;
      await expect(at(lease.startedAt + 5 * MINUTE, () => tenant.resize(lease.id, 2, 0n, 0n)))
        .to.emit(f.staking, "Released")
        .withArgs(f.market, f.providerA, released);
      expect(await bondOf(f, f.providerA)).to.deep.equal([
        BOND - lease.collateral + released,
        lease.collateral - released,
      ]);
      expect(await storedLease(f.market, lease.id)).to.include({ rate: 2n * PRICE });
    });

    it("is possible while the provider is dark or all its bond is reserved", async () => {
      const { f, lease, tenant } = await loadFixture(runningFixture);
      await f.staking.connect(f.providerA).startUnbonding(f.market, BOND - lease.collateral);
      await at(lease.startedAt + 50 * MINUTE, () => tenant.resize(lease.id, 1, 0n, 0n));
      expect(await storedLease(f.market, lease.id)).to.include({ units: 1n });
    });
  });
});
