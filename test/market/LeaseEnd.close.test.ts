import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { openMarketFixture } from "../helpers/fixture";
import { EndReason, LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { earnedOf, feeOf, netOf } from "../helpers/money";
import { DAY, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, movements, offerOf, pendingLease, serve } from "../helpers/scene";
import { at, ROOM, together } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

/** A running lease of three units for an hour, its provider live. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  return { f, lease: await activeLease(f, { units: 3 }) };
}

/** A running lease of an hour, of which twenty minutes are paid for at least; its provider is live. */
async function minimumFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { minDuration: 2 * GRACE });
  return { f, lease: await activeLease(f, { offer, units: 3 }) };
}

/** What the tenant has back where so many seconds are billed. */
const refundOf = (lease: ActiveLease, billed: number): bigint => lease.locked - earnedOf(lease.rate, billed);

describe("LeaseEnd: close", () => {
  describe("who may close, and when", () => {
    it("reverts for anybody but the tenant, its provider and operator included", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      for (const caller of [f.providerA, f.operatorA, f.tenantB, f.stranger, f.admin]) {
        await expect(f.market.connect(caller).close(lease.id))
          .to.be.revertedWithCustomError(f.market, "MarketNotTenant")
          .withArgs(lease.id, lease.tenant, caller);
      }
    });

    it("reverts for a lease that does not exist", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const unknown = leaseIdOf(f.offerA, 2);
      await expect(f.market.connect(lease.tenant).close(unknown))
        .to.be.revertedWithCustomError(f.market, "MarketNotTenant")
        .withArgs(unknown, ZeroAddress, lease.tenant);
    });

    it("reverts for a pending lease", async () => {
      const { f } = await loadFixture(runningFixture);
      const { id, tenant } = await pendingLease(f);
      await expect(f.market.connect(tenant).close(id))
        .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
        .withArgs(id, LeaseStatus.Active, LeaseStatus.Pending);
    });

    it("reverts the second time: a lease closes once (INV-LSE-5)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await f.market.connect(lease.tenant).close(lease.id);
      await expect(f.market.connect(lease.tenant).close(lease.id))
        .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
        .withArgs(lease.id, LeaseStatus.Active, LeaseStatus.Closed);
    });

    it("closes in the last second before the end", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await serve(f, lease, lease.end - 1);
      const billed = HOUR - 1;
      await expect(at(lease.end - 1, () => f.market.connect(lease.tenant).close(lease.id)))
        .to.emit(f.market, "LeaseClosed")
        .withArgs(lease.id, lease.tenant, EndReason.ClosedByTenant, lease.end - 1, billed, refundOf(lease, billed), 0n);
    });

    for (const late of [0, 1]) {
      it(`reverts ${late} s after the end: from then on it can only be expired`, async () => {
        const { f, lease } = await loadFixture(runningFixture);
        await expect(at(lease.end + late, () => f.market.connect(lease.tenant).close(lease.id)))
          .to.be.revertedWithCustomError(f.market, "MarketLeaseEnded")
          .withArgs(lease.id, lease.end, lease.end + late);
      });
    }
  });

  describe("what it bills", () => {
    it("bills live seconds, frees the rest and the bounty at once, leaves the earnings locked (INV-LSE-1, INV-LSE-2)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const refund = refundOf(lease, 500);
      const closing = async () => {
        await expect(at(lease.startedAt + 500, () => f.market.connect(lease.tenant).close(lease.id)))
          .to.emit(f.market, "LeaseClosed")
          .withArgs(lease.id, lease.tenant, EndReason.ClosedByTenant, lease.startedAt + 500, 500, refund, 0n);
      };
      expect(await movements(f, lease.token, [lease.tenant, lease.provider, f.treasury], closing)).to.deep.equal([
        [refund, -refund],
        [0n, 0n],
        [0n, 0n],
      ]);
      const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      expect(locked).to.equal(earnedOf(lease.rate, 500));
    });

    it("bills nothing in the very second of the activation", async () => {
      const f = await loadFixture(openMarketFixture);
      const { id, tenant, operator, deadline, locked, token } = await pendingLease(f);
      const moved = await movements(f, token, [tenant], async () => {
        const outcome = await together(
          deadline - 700,
          () => f.market.connect(operator).activate([id], ROOM),
          () => f.market.connect(tenant).close(id, ROOM),
        );
        expect(outcome).to.deep.equal(["done", "done"]);
      });
      expect(moved).to.deep.equal([[locked, -locked]]);
      expect(await storedLease(f.market, id)).to.include({ status: LeaseStatus.Closed, mark: 0n, duration: 0n });
    });

    it("does not bill the seconds in which the provider was dark (INV-LSE-4)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const darkFrom = Number(lastSeen) + GRACE;
      const live = darkFrom - lease.startedAt + 50;
      await at(darkFrom + 200, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      await expect(at(darkFrom + 250, () => f.market.connect(lease.tenant).close(lease.id)))
        .to.emit(f.market, "LeaseClosed")
        .withArgs(lease.id, lease.tenant, EndReason.ClosedByTenant, darkFrom + 250, live, refundOf(lease, live), 0n);
    });

    it("does not bill while the provider is still dark, nor after it came back later (INV-LIV-1)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const darkFrom = Number(lastSeen) + GRACE;
      const live = darkFrom - lease.startedAt;
      await expect(at(darkFrom + 900, () => f.market.connect(lease.tenant).close(lease.id)))
        .to.emit(f.market, "LeaseClosed")
        .withArgs(lease.id, lease.tenant, EndReason.ClosedByTenant, darkFrom + 900, live, refundOf(lease, live), 0n);
      await at(darkFrom + 2_000, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      const [, [paid] = []] = await movements(f, lease.token, [lease.tenant, lease.provider], () =>
        f.market.collect([lease.id]),
      );
      expect(paid).to.equal(netOf(lease.rate, live, FEE_BPS));
    });

    for (const [lived, billed] of [
      [1, 2 * GRACE],
      [2 * GRACE - 1, 2 * GRACE],
      [2 * GRACE, 2 * GRACE],
      [2 * GRACE + 1, 2 * GRACE + 1],
    ] as const) {
      it(`bills ${billed} s after ${lived} s, where ${2 * GRACE} s are the minimum`, async () => {
        const { f, lease } = await loadFixture(minimumFixture);
        await serve(f, lease, lease.startedAt + lived);
        const second = lease.startedAt + lived;
        await expect(at(second, () => f.market.connect(lease.tenant).close(lease.id)))
          .to.emit(f.market, "LeaseClosed")
          .withArgs(lease.id, lease.tenant, EndReason.ClosedByTenant, second, billed, refundOf(lease, billed), 0n);
      });
    }

    it("bills live seconds and what is missing to the minimum, not the dark ones before it (INV-LSE-1)", async () => {
      const { f, lease } = await loadFixture(minimumFixture);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const live = Number(lastSeen) + GRACE - lease.startedAt;
      const second = lease.startedAt + 2 * GRACE - 100;
      const billed = live + 100;
      await expect(at(second, () => f.market.connect(lease.tenant).close(lease.id)))
        .to.emit(f.market, "LeaseClosed")
        .withArgs(lease.id, lease.tenant, EndReason.ClosedByTenant, second, billed, refundOf(lease, billed), 0n);
    });

    it("bills the whole lock but the bounty where the minimum is the whole duration", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { minDuration: DAY, maxDuration: DAY });
      const lease = await activeLease(f, { offer, duration: DAY });
      const second = lease.startedAt + 9;
      await expect(at(second, () => f.market.connect(lease.tenant).close(lease.id)))
        .to.emit(f.market, "LeaseClosed")
        .withArgs(lease.id, lease.tenant, EndReason.ClosedByTenant, second, DAY, refundOf(lease, DAY), 0n);
      const [, [paid] = [], [fee] = []] = await movements(
        f,
        lease.token,
        [lease.tenant, lease.provider, f.treasury],
        () => f.market.collect([lease.id]),
      );
      expect([paid, fee]).to.deep.equal([netOf(lease.rate, DAY, FEE_BPS), feeOf(lease.rate, DAY, FEE_BPS)]);
    });
  });

  describe("where the provider was dark beyond the allowance", () => {
    /** A lease with a minimum of a day, whose provider was last seen a second before it started. */
    async function darkFixture() {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { minDuration: DAY });
      const lease = await activeLease(f, { offer, duration: 2 * DAY });
      return { f, lease, darkFrom: lease.startedAt + GRACE - 1 };
    }

    /** The smallest number of dark seconds, all at the end of what the lease lived, that is beyond the allowance. */
    const TOO_DARK = OUTAGE_ALLOWANCE + Math.floor((GRACE - 1 + OUTAGE_ALLOWANCE) / 99) + 1;

    for (const [dark, reason] of [
      [TOO_DARK - 1, EndReason.ClosedByTenant],
      [TOO_DARK, EndReason.ClosedDark],
      [DAY, EndReason.ClosedDark],
    ] as const) {
      const free = reason === EndReason.ClosedDark;
      it(`bills ${free ? "live seconds alone" : "the minimum"} after ${dark} dark seconds (INV-LSE-1, INV-LSE-4)`, async () => {
        const { f, lease, darkFrom } = await loadFixture(darkFixture);
        const [second, live] = [darkFrom + dark, GRACE - 1];
        const billed = free ? live : live + DAY - (live + dark);
        await expect(at(second, () => f.market.connect(lease.tenant).close(lease.id)))
          .to.emit(f.market, "LeaseClosed")
          .withArgs(lease.id, lease.tenant, reason, second, billed, refundOf(lease, billed), 0n);
        expect(await storedLease(f.market, lease.id)).to.include({ reason, mark: BigInt(billed) });
      });
    }

    it("counts all dark seconds since the start, though the provider is live again", async () => {
      const { f, lease, darkFrom } = await loadFixture(darkFixture);
      await at(darkFrom + 2_000, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      const [second, billed] = [darkFrom + 2_100, GRACE - 1 + 100];
      await expect(at(second, () => f.market.connect(lease.tenant).close(lease.id)))
        .to.emit(f.market, "LeaseClosed")
        .withArgs(lease.id, lease.tenant, EndReason.ClosedDark, second, billed, refundOf(lease, billed), 0n);
    });

    it("goes by the tolerance that the lease was opened with (INV-LSE-9)", async () => {
      const { f, lease, darkFrom } = await loadFixture(darkFixture);
      const terms = { ...DEFAULT_TERMS, treasury: f.treasury.address, toleranceBps: 1_000n };
      await f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS);
      await at(darkFrom + TOO_DARK, () => f.market.connect(lease.tenant).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({ reason: EndReason.ClosedDark });
    });
  });

  describe("what else it leaves", () => {
    it("gives the units back once, and keeps the collateral (INV-LSE-6)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const [, reserved] = await bondOf(f, lease.provider);
      expect((await storedOffer(f.market, f.offerA)).used).to.equal(3n);
      await f.market.connect(lease.tenant).close(lease.id);
      expect((await storedOffer(f.market, f.offerA)).used).to.equal(0n);
      expect(await bondOf(f, lease.provider).then(([, after]) => after)).to.equal(reserved);
    });

    it("stores a closed lease that lived until now, unsettled, with its reason", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await at(lease.startedAt + 77, () => f.market.connect(lease.tenant).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.deep.equal({
        tenant: BigInt(lease.tenant.address),
        duration: 77n,
        units: 3n,
        termsVersion: 1n,
        listing: 1n,
        changed: 0n,
        noticed: 0n,
        transfers: 0n,
        rate: lease.rate,
        since: BigInt(lease.startedAt),
        mark: 77n,
        paidSeconds: 0n,
        feeBps: FEE_BPS,
        claimed: 0n,
        status: LeaseStatus.Closed,
        reason: EndReason.ClosedByTenant,
        settled: 0n,
      });
    });

    it("pays afterwards what was not collected before, and the fee once (INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await at(lease.startedAt + 100, () => f.market.collect([lease.id]));
      await at(lease.startedAt + 500, () => f.market.connect(lease.tenant).close(lease.id));
      const paid = netOf(lease.rate, 500, FEE_BPS) - netOf(lease.rate, 100, FEE_BPS);
      const fee = feeOf(lease.rate, 500, FEE_BPS);
      const accounts = [lease.tenant, lease.provider, f.treasury];
      expect(await movements(f, lease.token, accounts, () => f.market.collect([lease.id]))).to.deep.equal([
        [0n, -paid - fee],
        [paid, 0n],
        [fee, 0n],
      ]);
    });
  });
});
