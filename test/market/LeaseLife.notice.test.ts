import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { EndReason, LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, earnedOf, feeOf, netOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, HOUR } from "../helpers/parameters";
import { activeLease, bondOf, movements, offerOf, pendingLease, serve } from "../helpers/scene";
import { at } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;

/** A running lease for three days of three units, on an offer with a minimum of two hours. Notice takes a day. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { price: 7n * 2n ** 32n + 12_345_678_901n, minDuration: 2 * HOUR });
  return { f, offer, lease: await activeLease(f, { offer, units: 3, duration: 3 * DAY }) };
}

/** The same, noticed in the hundredth second, as early as it may end. */
async function noticedFixture() {
  const scene = await runningFixture();
  const { f, lease } = scene;
  const end = lease.startedAt + 100 + DAY;
  await at(lease.startedAt + 100, () => f.market.connect(f.providerA).giveNotice(lease.id, end));
  return { ...scene, end };
}

describe("LeaseLife: giveNotice", () => {
  describe("who may give it, and when", () => {
    it("reverts for everybody but the provider, its operator included", async () => {
      const { f, offer, lease } = await loadFixture(runningFixture);
      for (const caller of [f.operatorA, lease.tenant, f.providerB, f.admin]) {
        await expect(f.market.connect(caller).giveNotice(lease.id, lease.end))
          .to.be.revertedWithCustomError(f.market, "MarketNotProvider")
          .withArgs(offer, f.providerA, caller);
      }
    });

    it("reverts for a lease that is unknown, pending or closed (INV-LSE-5)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const pending = await pendingLease(f);
      await f.market.connect(lease.tenant).close(lease.id);
      for (const [id, status] of [
        [0n, LeaseStatus.None],
        [pending.id, LeaseStatus.Pending],
        [lease.id, LeaseStatus.Closed],
      ] as const) {
        await expect(f.market.connect(f.providerA).giveNotice(id, lease.end))
          .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
          .withArgs(id, LeaseStatus.Active, status);
      }
    });

    for (const late of [0, 1]) {
      it(`reverts ${late} s after the end`, async () => {
        const { f, lease } = await loadFixture(runningFixture);
        const notice = at(lease.end + late, () => f.market.connect(f.providerA).giveNotice(lease.id, lease.end));
        await expect(notice)
          .to.be.revertedWithCustomError(f.market, "MarketLeaseEnded")
          .withArgs(lease.id, lease.end, lease.end + late);
      });
    }
  });

  describe("which end it may set", () => {
    it("no earlier than the notice period from now, by one second", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const second = lease.startedAt + 100;
      const giving = at(second, () => f.market.connect(f.providerA).giveNotice(lease.id, second + DAY - 1));
      await expect(giving)
        .to.be.revertedWithCustomError(f.market, "MarketNoticeOutOfBounds")
        .withArgs(lease.id, second + DAY - 1, second + DAY, lease.end);
      await at(second + 1, () => f.market.connect(f.providerA).giveNotice(lease.id, second + 1 + DAY));
      expect(await storedLease(f.market, lease.id)).to.include({ duration: BigInt(101 + DAY), noticed: 1n });
    });

    it("no later than the present end, by one second", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const second = lease.startedAt + 100;
      await expect(at(second, () => f.market.connect(f.providerA).giveNotice(lease.id, lease.end + 1)))
        .to.be.revertedWithCustomError(f.market, "MarketNoticeOutOfBounds")
        .withArgs(lease.id, lease.end + 1, second + DAY, lease.end);
      await expect(at(second + 1, () => f.market.connect(f.providerA).giveNotice(lease.id, 2n ** 40n - 1n)))
        .to.be.revertedWithCustomError(f.market, "MarketNoticeOutOfBounds")
        .withArgs(lease.id, 2n ** 40n - 1n, second + 1 + DAY, lease.end);
    });

    it("may set the present end: then nothing returns, and nothing is settled", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const notice = f.market.connect(f.providerA).giveNotice(lease.id, lease.end);
      await expect(notice)
        .to.emit(f.market, "NoticeGiven")
        .withArgs(lease.id, 3 * DAY, 0n);
      await expect(notice).not.to.emit(f.escrow, "Settled");
      expect(await storedLease(f.market, lease.id)).to.include({ duration: BigInt(3 * DAY), noticed: 1n });
    });

    for (const left of [DAY + 1, DAY, DAY - 1, 1]) {
      it(`${left} s before the end leaves ${left > DAY ? "one second to choose" : "the present end alone"}`, async () => {
        const { f, lease } = await loadFixture(runningFixture);
        const least = left > DAY ? lease.end - 1 : lease.end;
        const notice = (end: number) => f.market.connect(f.providerA).giveNotice.staticCall(lease.id, end);
        await at(lease.end - left, () => f.escrow.connect(f.stranger).approveModule(f.usd6, f.market, 0));
        await expect(notice(least - 1))
          .to.be.revertedWithCustomError(f.market, "MarketNoticeOutOfBounds")
          .withArgs(lease.id, least - 1, least, lease.end);
        await notice(least);
        await notice(lease.end);
      });
    }

    it("keeps the notice period of the day that the lease was opened (INV-LSE-9)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const terms = { ...DEFAULT_TERMS, noticePeriod: HOUR, treasury: f.treasury.address };
      await f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS);
      const second = lease.startedAt + 100;
      await expect(at(second, () => f.market.connect(f.providerA).giveNotice(lease.id, second + HOUR)))
        .to.be.revertedWithCustomError(f.market, "MarketNoticeOutOfBounds")
        .withArgs(lease.id, second + HOUR, second + DAY, lease.end);
    });

    it("may be given again, earlier, where the period allows, and never later", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const [first, second] = [lease.startedAt + 2 * DAY, lease.startedAt + 100 + DAY];
      await f.market.connect(f.providerA).giveNotice(lease.id, first);
      const refund = costOf(lease.rate, 2 * DAY) - costOf(lease.rate, 100 + DAY);
      await expect(at(lease.startedAt + 100, () => f.market.connect(f.providerA).giveNotice(lease.id, second)))
        .to.emit(f.market, "NoticeGiven")
        .withArgs(lease.id, 100 + DAY, refund);
      await expect(at(lease.startedAt + 101, () => f.market.connect(f.providerA).giveNotice(lease.id, first)))
        .to.be.revertedWithCustomError(f.market, "MarketNoticeOutOfBounds")
        .withArgs(lease.id, first, second, second);
    });
  });

  describe("what it does", () => {
    it("returns the price of the seconds that are cut off to the tenant at once (INV-LSE-2)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const end = lease.startedAt + 100 + DAY;
      const refund = costOf(lease.rate, 3 * DAY) - costOf(lease.rate, DAY + 100);
      const noticing = async () => {
        const notice = at(lease.startedAt + 100, () => f.market.connect(f.providerA).giveNotice(lease.id, end));
        await expect(notice)
          .to.emit(f.market, "NoticeGiven")
          .withArgs(lease.id, DAY + 100, refund);
      };
      const accounts = [lease.tenant, lease.provider, f.treasury];
      expect(await movements(f, lease.token, accounts, noticing)).to.deep.equal([
        [refund, -refund],
        [0n, 0n],
        [0n, 0n],
      ]);
    });

    it("changes duration and notice, and nothing else of lease, offer and bond", async () => {
      const { f, offer, lease } = await loadFixture(runningFixture);
      const before = await storedLease(f.market, lease.id);
      const around = async () => [await storedOffer(f.market, offer), await bondOf(f, lease.provider)];
      const aroundBefore = await around();
      const end = lease.startedAt + 100 + DAY;
      await at(lease.startedAt + 100, () => f.market.connect(f.providerA).giveNotice(lease.id, end));
      const after = { ...before, duration: BigInt(DAY + 100), noticed: 1n };
      expect(await storedLease(f.market, lease.id)).to.deep.equal(after);
      expect(await around()).to.deep.equal(aroundBefore);
    });

    it("leaves the tenant's ceiling as it is: a refund is no payout (INV-ESC-3)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await f.escrow.connect(lease.tenant).approveModule(f.usd6, f.market, lease.locked + 9n);
      const end = lease.startedAt + 100 + DAY;
      await at(lease.startedAt + 100, () => f.market.connect(f.providerA).giveNotice(lease.id, end));
      const { ceiling } = await f.escrow.moduleAccount(f.market, f.usd6, lease.tenant);
      expect(ceiling).to.equal(lease.locked + 9n);
    });

    it("returns what the new units would cost where the lease was resized before", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const tenant = f.market.connect(lease.tenant);
      await at(lease.startedAt + 50, () => tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST));
      const { rate } = await storedLease(f.market, lease.id);
      const end = lease.startedAt + 100 + DAY;
      const refund = costOf(rate, 3 * DAY - 50) - costOf(rate, DAY + 50);
      await expect(at(lease.startedAt + 100, () => f.market.connect(f.providerA).giveNotice(lease.id, end)))
        .to.emit(f.market, "NoticeGiven")
        .withArgs(lease.id, DAY + 100, refund);
    });
  });

  describe("what follows", () => {
    it("lets the tenant leave at any second without a minimum (INV-LSE-1)", async () => {
      const { f, lease } = await loadFixture(noticedFixture);
      const refund = costOf(lease.rate, DAY + 100) + lease.bounty - earnedOf(lease.rate, 300);
      await expect(at(lease.startedAt + 300, () => f.market.connect(lease.tenant).close(lease.id)))
        .to.emit(f.market, "LeaseClosed")
        .withArgs(lease.id, lease.tenant, EndReason.ClosedByTenant, lease.startedAt + 300, 300, refund, 0n);
    });

    it("bills the minimum, as ever, where no notice was given", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await at(lease.startedAt + 300, () => f.market.connect(lease.tenant).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: BigInt(2 * HOUR), duration: 300n });
    });

    it("expires at the new end with its own reason, and pays what was live till then (INV-LSE-7)", async () => {
      const { f, lease, end } = await loadFixture(noticedFixture);
      await serve(f, lease, end);
      const refund = costOf(lease.rate, DAY + 100) - earnedOf(lease.rate, DAY + 100);
      const accounts = [lease.tenant, lease.provider, f.treasury, f.keeper];
      const expiring = async () => {
        await expect(at(end, () => f.market.connect(f.keeper).expire([lease.id])))
          .to.emit(f.market, "LeaseClosed")
          .withArgs(lease.id, f.keeper, EndReason.ExpiredAfterNotice, end, DAY + 100, refund, lease.bounty);
        await f.market.collect([lease.id]);
      };
      const [paid, fee] = [netOf(lease.rate, DAY + 100, FEE_BPS), feeOf(lease.rate, DAY + 100, FEE_BPS)];
      const locked = costOf(lease.rate, DAY + 100) + lease.bounty;
      expect(await movements(f, lease.token, accounts, expiring)).to.deep.equal([
        [refund, -locked],
        [paid, 0n],
        [fee, 0n],
        [lease.bounty, 0n],
      ]);
    });

    it("cannot be expired a second before the new end", async () => {
      const { f, lease, end } = await loadFixture(noticedFixture);
      await at(end - 1, () => f.market.connect(f.keeper).expire([lease.id]));
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Active });
      await expect(at(end, () => f.market.connect(lease.tenant).close(lease.id)))
        .to.be.revertedWithCustomError(f.market, "MarketLeaseEnded")
        .withArgs(lease.id, end, end);
    });

    it("stays noticed: it is not extended and does not grow, but may shrink, once the minimum has passed", async () => {
      const { f, lease } = await loadFixture(noticedFixture);
      const tenant = f.market.connect(lease.tenant);
      await expect(tenant.extend(lease.id, lease.tenant, 1, ANY_COST))
        .to.be.revertedWithCustomError(f.market, "MarketLeaseNoticed")
        .withArgs(lease.id);
      await expect(tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST))
        .to.be.revertedWithCustomError(f.market, "MarketLeaseNoticed")
        .withArgs(lease.id);
      await at(lease.startedAt + 2 * HOUR, () => tenant.resize(lease.id, 1, 0n, 0n));
      expect(await storedLease(f.market, lease.id)).to.include({ units: 1n, noticed: 1n, changed: 1n });
    });

    it("can still change hands, and the next tenant leaves without a minimum, too", async () => {
      const { f, lease } = await loadFixture(noticedFixture);
      await f.market.connect(lease.tenant).offerTransfer(lease.id, f.tenantB);
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      await at(lease.startedAt + 400, () => f.market.connect(f.tenantB).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: 400n, noticed: 1n, transfers: 1n });
    });
  });
});
