import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { EndReason, LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, earnedOf, feeOf, netOf } from "../helpers/money";
import { anOrder, candidateOf } from "../helpers/orders";
import { FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { activeLease, bondOf, movements, pendingLease, serve } from "../helpers/scene";
import { at, now, ROOM, together } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

/** Two candidates, the first at no more than its present price. */
async function orderFixture() {
  const f = await loadFixture(openMarketFixture);
  const { pricePerSecondX32: price } = await storedOffer(f.market, f.offerA);
  const candidates = [await candidateOf(f.market, f.offerA, price), await candidateOf(f.market, f.offerB, 2n * price)];
  return { f, price, order: await anOrder(f.market, { token: await f.usd6.getAddress(), candidates, duration: HOUR }) };
}

/** A running lease of three units for an hour, live until its end, which is near. */
async function endingFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await activeLease(f, { units: 3 });
  await serve(f, lease, lease.end - 100);
  return { f, lease };
}

describe("Races about a lease", () => {
  describe("ATK-LSE-1: the offer changes in the block before, or in the very block of, the open", () => {
    it("takes the next candidate where the price was raised above the order's", async () => {
      const { f, price, order } = await loadFixture(orderFixture);
      const outcome = await together(
        (await now()) + 10,
        () => f.market.connect(f.providerA).setPrice(f.offerA, price + 1n, ROOM),
        () => f.market.connect(f.tenantA).open(order, ROOM),
      );
      expect(outcome).to.deep.equal(["done", "done"]);
      const { pricePerSecondX32 } = await storedOffer(f.market, f.offerB);
      expect(await storedLease(f.market, leaseIdOf(f.offerB, 1))).to.include({ rate: pricePerSecondX32 });
      expect(await storedLease(f.market, leaseIdOf(f.offerA, 1))).to.include({ status: LeaseStatus.None });
    });

    it("takes a lower price at once", async () => {
      const { f, price, order } = await loadFixture(orderFixture);
      await f.market.connect(f.providerA).setPrice(f.offerA, price / 2n);
      await f.market.connect(f.tenantA).open(order);
      expect(await storedLease(f.market, leaseIdOf(f.offerA, 1))).to.include({ rate: price / 2n });
    });

    it("never locks more than the order's highest lock, whatever the price became", async () => {
      const { f, price, order } = await loadFixture(orderFixture);
      const [{ locked: maxLock } = { locked: 0n }] = await f.lens.quote(order);
      const dearer = await candidateOf(f.market, f.offerA, 10n * price);
      await f.market.connect(f.providerA).setPrice(f.offerA, price + 2n ** 32n);
      await expect(
        f.market.connect(f.tenantA).open({ ...order, maxLock, candidates: [dearer] }),
      ).to.be.revertedWithCustomError(f.market, "MarketNoOfferFits");
    });

    it("takes the next candidate where the capacity was taken away or the offer retired", async () => {
      for (const change of ["capacity", "retired"] as const) {
        const { f, order } = await loadFixture(orderFixture);
        const provider = f.market.connect(f.providerA);
        const outcome = await together(
          (await now()) + 10,
          () =>
            change === "capacity" ? provider.setCapacity(f.offerA, 0, ROOM) : provider.retireOffer(f.offerA, ROOM),
          () => f.market.connect(f.tenantA).open(order, ROOM),
        );
        expect(outcome).to.deep.equal(["done", "done"]);
        expect((await storedOffer(f.market, f.offerB)).used).to.equal(1n);
      }
    });

    it("gives the last unit to one of two in the same block, and the next candidate to the other (INV-LSE-6)", async () => {
      const { f, order } = await loadFixture(orderFixture);
      await f.market.connect(f.providerA).setCapacity(f.offerA, 1);
      const outcome = await together(
        (await now()) + 10,
        () => f.market.connect(f.tenantB).open(order, ROOM),
        () => f.market.connect(f.tenantA).open(order, ROOM),
      );
      expect(outcome).to.deep.equal(["done", "done"]);
      expect((await storedOffer(f.market, f.offerA)).used).to.equal(1n);
      expect((await storedOffer(f.market, f.offerB)).used).to.equal(1n);
    });
  });

  describe("ATK-LSE-2: close and expire in the same second, in either order", () => {
    for (const order of ["close first", "expire first"] as const) {
      for (const late of [-1, 0, 1]) {
        const closes = late < 0;
        it(`${closes ? "closes" : "expires"} ${late} s from the end, ${order}; the other does nothing (INV-LSE-5)`, async () => {
          const { f, lease } = await loadFixture(endingFixture);
          const accounts = [lease.tenant, f.keeper];
          let outcome: string[] = [];
          const close = () => f.market.connect(lease.tenant).close(lease.id, ROOM);
          const expire = () => f.market.connect(f.keeper).expire([lease.id], ROOM);
          const moved = await movements(f, lease.token, accounts, async () => {
            const actions = order === "close first" ? [close, expire] : [expire, close];
            outcome = await together(lease.end + late, ...actions);
          });
          const closing = outcome[order === "close first" ? 0 : 1];
          expect(closing).to.equal(closes ? "done" : "reverted");
          const { lastSeen } = await f.liveness.clockOf(lease.provider);
          const until = Math.min(lease.end, lease.end + late, Number(lastSeen) + GRACE);
          const billed = until - lease.startedAt;
          const refund = costOf(lease.rate, HOUR) - earnedOf(lease.rate, billed);
          expect(moved).to.deep.equal(
            closes
              ? [
                  [refund + lease.bounty, -refund - lease.bounty],
                  [0n, 0n],
                ]
              : [
                  [refund, -refund - lease.bounty],
                  [lease.bounty, 0n],
                ],
          );
          expect(await storedLease(f.market, lease.id)).to.include({
            status: LeaseStatus.Closed,
            reason: closes ? EndReason.ClosedByTenant : EndReason.Expired,
            mark: BigInt(billed),
          });
          expect((await storedOffer(f.market, f.offerA)).used).to.equal(0n);
        });
      }
    }

    it("activates or cancels in the second of the deadline, whoever is first", async () => {
      for (const [first, status] of [
        ["activate", LeaseStatus.Active],
        ["cancel", LeaseStatus.Cancelled],
      ] as const) {
        const f = await loadFixture(openMarketFixture);
        const lease = await pendingLease(f);
        await at(lease.deadline - 1, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
        const activate = () => f.market.connect(lease.operator).activate([lease.id], ROOM);
        const cancel = () => f.market.connect(lease.tenant).cancel(lease.id, ROOM);
        const outcome = await together(
          lease.deadline,
          ...(first === "activate" ? [activate, cancel] : [cancel, activate]),
        );
        // A batch skips what is cancelled; the tenant's own call says why it cannot.
        expect(outcome).to.deep.equal(first === "activate" ? ["done", "reverted"] : ["done", "done"]);
        expect(await storedLease(f.market, lease.id)).to.include({ status });
      }
    });
  });

  describe("ATK-LSE-6: the tenant takes out what it can just before a settlement", () => {
    it("pays provider, fee and bounty all the same: a lease is funded for its whole term (INV-LSE-2)", async () => {
      const { f, lease } = await loadFixture(endingFixture);
      await f.escrow.connect(f.tenantA).withdraw(f.usd6, f.tenantA, await f.escrow.freeOf(f.usd6, f.tenantA));
      await f.escrow.connect(f.tenantA).approveModule(f.usd6, f.market, 0);
      await serve(f, lease, lease.end);
      await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
      await f.market.collect([lease.id]);
      expect(await f.escrow.freeOf(f.usd6, f.providerA)).to.equal(netOf(lease.rate, HOUR, FEE_BPS));
      expect(await f.escrow.freeOf(f.usd6, f.treasury)).to.equal(feeOf(lease.rate, HOUR, FEE_BPS));
      expect(await f.escrow.freeOf(f.usd6, f.keeper)).to.equal(lease.bounty);
      expect(await f.escrow.freeOf(f.usd6, f.tenantA)).to.equal(costOf(lease.rate, HOUR) - earnedOf(lease.rate, HOUR));
    });
  });

  describe("ATK-LSE-7: heartbeats around the edge of the grace, and while dark", () => {
    for (const late of [-1, 0, 1, 2, 500]) {
      it(`bills ${Math.max(0, late)} s less for a heartbeat ${late} s from the edge (INV-LSE-4)`, async () => {
        const f = await loadFixture(openMarketFixture);
        const lease = await activeLease(f);
        const { lastSeen } = await f.liveness.clockOf(lease.provider);
        const edge = Number(lastSeen) + GRACE;
        await at(edge + late, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
        await at(edge + 550, () => f.market.connect(lease.tenant).close(lease.id));
        const billed = BigInt(edge + 550 - lease.startedAt - Math.max(0, late));
        expect(await storedLease(f.market, lease.id)).to.include({ mark: billed });
      });
    }

    it("earns nothing for a second before a heartbeat, however often it is sent in that second", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const edge = Number(lastSeen) + GRACE;
      const beat = () => f.liveness.connect(lease.operator).heartbeat(lease.provider, ROOM);
      await together(edge + 300, beat, () => f.market.collect([lease.id], ROOM), beat, beat);
      const live = BigInt(edge - lease.startedAt);
      expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(netOf(lease.rate, live, FEE_BPS));
    });
  });

  describe("ATK-LSE-11: free squatting, a lease opened to walk away", () => {
    it("holds units for the activation window only, fully funded, and costs the provider nothing", async () => {
      const f = await loadFixture(openMarketFixture);
      const squat = await pendingLease(f, { units: 10, tenant: f.tenantB });
      const [free] = await bondOf(f, f.providerA);
      await at(squat.deadline, () => f.market.connect(f.tenantB).cancel(squat.id));
      expect(await bondOf(f, f.providerA)).to.deep.equal([free + squat.collateral, 0n]);
      expect((await storedOffer(f.market, f.offerA)).used).to.equal(0n);
    });

    it("cannot be dropped before the deadline, so the provider may start to bill it, and even after it", async () => {
      const f = await loadFixture(openMarketFixture);
      const squat = await pendingLease(f, { units: 10, tenant: f.tenantB });
      await expect(at(squat.deadline - 1, () => f.market.connect(f.tenantB).cancel(squat.id)))
        .to.be.revertedWithCustomError(f.market, "MarketTooEarlyToCancel")
        .withArgs(squat.id, squat.deadline, squat.deadline - 1);
      await at(squat.cutoff - 2, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
      await at(squat.cutoff - 1, () => f.market.connect(f.operatorA).activate([squat.id]));
      expect(await storedLease(f.market, squat.id)).to.include({ status: LeaseStatus.Active });
    });

    it("pays the minimum where the provider activates: a thousand walked-away leases are paid for", async () => {
      const f = await loadFixture(openMarketFixture);
      const squat = await activeLease(f, { offer: f.offerC, tenant: f.tenantB, duration: 2 * HOUR });
      await at(squat.startedAt + 1, () => f.market.connect(f.tenantB).close(squat.id));
      await f.market.collect([squat.id]);
      expect(await f.escrow.freeOf(squat.token, f.providerC)).to.equal(netOf(squat.rate, HOUR, FEE_BPS));
    });
  });
});
