import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { NO_CEILING, openMarketFixture } from "../helpers/fixture";
import { LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, Earnings, earnedOf, netOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { FEE_BPS, HOUR } from "../helpers/parameters";
import { activeLease, bondOf, movements, offerOf, pendingLease } from "../helpers/scene";
import { at } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;

/** A running lease of three units for an hour, at a price with a fraction. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { price: 7n * 2n ** 32n + 12_345_678_901n });
  return { f, offer, lease: await activeLease(f, { offer, units: 3 }) };
}

/** The same, offered to tenantB. */
async function offeredFixture() {
  const scene = await runningFixture();
  await scene.f.market.connect(scene.lease.tenant).offerTransfer(scene.lease.id, scene.f.tenantB);
  return scene;
}

describe("LeaseLife: offerTransfer and acceptTransfer", () => {
  describe("offering", () => {
    it("tells who may accept, and moves nothing yet", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const before = await storedLease(f.market, lease.id);
      const offering = async () => {
        await expect(f.market.connect(lease.tenant).offerTransfer(lease.id, f.tenantB))
          .to.emit(f.market, "TransferOffered")
          .withArgs(lease.id, lease.tenant, f.tenantB);
      };
      expect(await movements(f, lease.token, [lease.tenant, f.tenantB], offering)).to.deep.equal([
        [0n, 0n],
        [0n, 0n],
      ]);
      expect(await storedLease(f.market, lease.id)).to.deep.equal(before);
      expect(await f.market.recipientOf(lease.id)).to.equal(f.tenantB);
    });

    it("reverts for everybody but the tenant", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      for (const caller of [f.tenantB, f.providerA, f.operatorA, f.admin]) {
        await expect(f.market.connect(caller).offerTransfer(lease.id, caller))
          .to.be.revertedWithCustomError(f.market, "MarketNotTenant")
          .withArgs(lease.id, lease.tenant, caller);
      }
    });

    it("reverts for a pending, a closed and a cancelled lease (ATK-LSE-9, INV-LSE-5)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const pending = await pendingLease(f);
      const declined = await pendingLease(f);
      await f.market.connect(f.providerA).decline(declined.id);
      await f.market.connect(lease.tenant).close(lease.id);
      for (const [id, status] of [
        [pending.id, LeaseStatus.Pending],
        [lease.id, LeaseStatus.Closed],
        [declined.id, LeaseStatus.Cancelled],
      ] as const) {
        await expect(f.market.connect(lease.tenant).offerTransfer(id, f.tenantB))
          .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
          .withArgs(id, LeaseStatus.Active, status);
      }
    });

    for (const late of [0, 1]) {
      it(`reverts ${late} s after the end; a second before it works`, async () => {
        const { f, lease } = await loadFixture(runningFixture);
        const offering = () => f.market.connect(lease.tenant).offerTransfer(lease.id, f.tenantB);
        await at(lease.end - 1, offering);
        await expect(at(lease.end + late, offering))
          .to.be.revertedWithCustomError(f.market, "MarketLeaseEnded")
          .withArgs(lease.id, lease.end, lease.end + late);
      });
    }
  });

  describe("accepting", () => {
    it("reverts for everybody whom it was not offered to", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      for (const caller of [lease.tenant, f.stranger, f.providerA]) {
        await expect(f.market.connect(caller).acceptTransfer(lease.id, 0n))
          .to.be.revertedWithCustomError(f.market, "MarketNotRecipient")
          .withArgs(lease.id, f.tenantB, caller);
      }
    });

    it("reverts where nothing was offered, or the offer was withdrawn", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const accept = () => f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      const refused = async () =>
        expect(accept())
          .to.be.revertedWithCustomError(f.market, "MarketNotRecipient")
          .withArgs(lease.id, ZeroAddress, f.tenantB);
      await refused();
      await f.market.connect(lease.tenant).offerTransfer(lease.id, f.tenantB);
      await expect(f.market.connect(lease.tenant).offerTransfer(lease.id, ZeroAddress))
        .to.emit(f.market, "TransferOffered")
        .withArgs(lease.id, lease.tenant, ZeroAddress);
      await refused();
      expect(await f.market.recipientOf(lease.id)).to.equal(ZeroAddress);
    });

    it("goes to the last of those whom it was offered to", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      await f.market.connect(lease.tenant).offerTransfer(lease.id, f.stranger);
      await expect(f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n))
        .to.be.revertedWithCustomError(f.market, "MarketNotRecipient")
        .withArgs(lease.id, f.stranger, f.tenantB);
      await f.market.connect(f.stranger).acceptTransfer(lease.id, 0n);
      expect(await storedLease(f.market, lease.id)).to.include({ tenant: BigInt(f.stranger.address) });
    });

    it("reverts from the end on, and works a second before", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      for (const late of [0, 1]) {
        const accept = at(lease.end + late, () => f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n));
        await expect(accept)
          .to.be.revertedWithCustomError(f.market, "MarketLeaseEnded")
          .withArgs(lease.id, lease.end, lease.end + late);
      }
      const scene = await loadFixture(offeredFixture);
      await at(scene.lease.end - 1, () => scene.f.market.connect(scene.f.tenantB).acceptTransfer(scene.lease.id, 0n));
    });

    it("reverts for a lease that was closed after it was offered (ATK-LSE-9)", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      await f.market.connect(lease.tenant).close(lease.id);
      await expect(f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n))
        .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
        .withArgs(lease.id, LeaseStatus.Active, LeaseStatus.Closed);
    });

    it("works once: the offer is used up", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      expect(await f.market.recipientOf(lease.id)).to.equal(ZeroAddress);
      await f.market.connect(f.tenantB).offerTransfer(lease.id, f.stranger);
      await f.market.connect(f.stranger).acceptTransfer(lease.id, 0n);
      await expect(f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n))
        .to.be.revertedWithCustomError(f.market, "MarketNotRecipient")
        .withArgs(lease.id, ZeroAddress, f.tenantB);
    });

    it("counts 63 transfers and reverts at the next, which would run over the word", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const people = [f.tenantA, f.tenantB] as const;
      for (let i = 0; i < 64; ++i) {
        const [from, to] = i % 2 === 0 ? people : [people[1], people[0]];
        await f.market.connect(from).offerTransfer(lease.id, to);
        if (i < 63) await f.market.connect(to).acceptTransfer(lease.id, 0n);
        else await expect(f.market.connect(to).acceptTransfer(lease.id, 0n)).to.be.revertedWithPanic(0x11);
      }
      expect(await storedLease(f.market, lease.id)).to.include({ transfers: 63n, changed: 0n, noticed: 0n });
    });
  });

  describe("what moves", () => {
    it("moves the whole lock, the bounty in it, and no free money (INV-LSE-2)", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      const accepting = async () => {
        const accept = f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
        await expect(accept)
          .to.emit(f.market, "LeaseTransferred")
          .withArgs(lease.id, lease.tenant, f.tenantB, lease.locked);
        await expect(accept)
          .to.emit(f.escrow, "LockMoved")
          .withArgs(f.market, f.usd6, lease.tenant, f.tenantB, lease.locked);
      };
      expect(await movements(f, lease.token, [lease.tenant, f.tenantB, f.providerA], accepting)).to.deep.equal([
        [0n, -lease.locked],
        [0n, lease.locked],
        [0n, 0n],
      ]);
    });

    it("reverts where less is locked than the recipient asks for: the giver shrank it in front of it (ATK-LSE-9)", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      const recipient = f.market.connect(f.tenantB);
      await expect(recipient.acceptTransfer(lease.id, lease.locked + 1n))
        .to.be.revertedWithCustomError(f.market, "MarketLockedTooLow")
        .withArgs(lease.id, lease.locked + 1n, lease.locked);
      await at(lease.startedAt + 100, () => f.market.connect(lease.tenant).resize(lease.id, 1, 0n, 0n));
      const { carriedX32 } = Earnings.NONE.plus(lease.rate, 100, FEE_BPS);
      const left = costOf(lease.rate / 3n, HOUR - 100, carriedX32) + lease.bounty;
      expect(left).to.be.lessThan(lease.locked);
      await expect(recipient.acceptTransfer(lease.id, lease.locked))
        .to.be.revertedWithCustomError(f.market, "MarketLockedTooLow")
        .withArgs(lease.id, lease.locked, left);
      expect(await storedLease(f.market, lease.id)).to.include({ tenant: BigInt(lease.tenant.address), transfers: 0n });
      // Whom it was offered to stays who may accept, and exactly what is locked will do.
      await recipient.acceptTransfer(lease.id, left);
      expect((await f.escrow.moduleAccount(f.market, f.usd6, f.tenantB)).locked).to.equal(left);
    });

    it("leaves out what the provider was paid, to the base unit", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      await at(lease.startedAt + 123, () => f.market.collect([lease.id]));
      const locked = lease.locked - netOf(lease.rate, 123, FEE_BPS);
      await expect(at(lease.startedAt + 200, () => f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n)))
        .to.emit(f.market, "LeaseTransferred")
        .withArgs(lease.id, lease.tenant, f.tenantB, locked);
      expect((await f.escrow.moduleAccount(f.market, f.usd6, lease.tenant)).locked).to.equal(0n);
    });

    it("moves what is left of a lease that was resized, collected and extended", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      const tenant = f.market.connect(lease.tenant);
      await at(lease.startedAt + 50, () => f.market.collect([lease.id]));
      await at(lease.startedAt + 101, () => tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST));
      await at(lease.startedAt + 202, () => f.market.collect([lease.id]));
      await at(lease.startedAt + 203, () => tenant.extend(lease.id, lease.tenant, 57, ANY_COST));
      const { rate } = await storedLease(f.market, lease.id);
      const before = Earnings.NONE.plus(lease.rate, 101, FEE_BPS);
      const paid = before.plus(rate, 101, FEE_BPS).net - before.net;
      const locked = costOf(rate, HOUR + 57 - 101, before.carriedX32) + lease.bounty - paid;
      await expect(f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n))
        .to.emit(f.market, "LeaseTransferred")
        .withArgs(lease.id, lease.tenant, f.tenantB, locked);
      expect((await f.escrow.moduleAccount(f.market, f.usd6, lease.tenant)).locked).to.equal(0n);
    });

    it("moves the lease's part alone of what is locked for both (INV-ESC-3)", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      const kept = await pendingLease(f, { units: 2 });
      const other = await pendingLease(f, { units: 2, tenant: f.tenantB, offer: f.offerB });
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      for (const [account, locked] of [
        [f.tenantA, kept.locked],
        [f.tenantB, other.locked + lease.locked],
      ] as const) {
        expect((await f.escrow.moduleAccount(f.market, f.usd6, account)).locked).to.equal(locked);
      }
    });

    it("lowers the giver's ceiling and raises the receiver's by as much; an unlimited one stands (INV-ESC-3)", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      await f.escrow.connect(lease.tenant).approveModule(f.usd6, f.market, lease.locked + 7n);
      await f.escrow.connect(f.tenantB).approveModule(f.usd6, f.market, 0n);
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      const ceilingOf = async (account: typeof f.tenantA) =>
        (await f.escrow.moduleAccount(f.market, f.usd6, account)).ceiling;
      expect([await ceilingOf(f.tenantA), await ceilingOf(f.tenantB)]).to.deep.equal([7n, lease.locked]);
      await f.escrow.connect(f.tenantA).approveModule(f.usd6, f.market, NO_CEILING);
      await f.market.connect(f.tenantB).offerTransfer(lease.id, f.tenantA);
      await f.market.connect(f.tenantA).acceptTransfer(lease.id, 0n);
      expect([await ceilingOf(f.tenantA), await ceilingOf(f.tenantB)]).to.deep.equal([NO_CEILING, 0n]);
    });

    it("to oneself moves nothing, and counts", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      await f.escrow.connect(lease.tenant).approveModule(f.usd6, f.market, lease.locked);
      await f.market.connect(lease.tenant).offerTransfer(lease.id, lease.tenant);
      await f.market.connect(lease.tenant).acceptTransfer(lease.id, 0n);
      const { locked, ceiling } = await f.escrow.moduleAccount(f.market, f.usd6, lease.tenant);
      expect([locked, ceiling]).to.deep.equal([lease.locked, lease.locked]);
      expect(await storedLease(f.market, lease.id)).to.include({ transfers: 1n });
    });

    it("changes tenant and count, and nothing else of lease, offer and bond", async () => {
      const { f, offer, lease } = await loadFixture(offeredFixture);
      const before = await storedLease(f.market, lease.id);
      const around = async () => [await storedOffer(f.market, offer), await bondOf(f, lease.provider)];
      const aroundBefore = await around();
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      const after = { ...before, tenant: BigInt(f.tenantB.address), transfers: 1n };
      expect(await storedLease(f.market, lease.id)).to.deep.equal(after);
      expect(await around()).to.deep.equal(aroundBefore);
    });
  });

  describe("what follows", () => {
    it("refunds go to the new tenant, who alone may close, resize and pass it on", async () => {
      const { f, lease } = await loadFixture(offeredFixture);
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      const old = f.market.connect(lease.tenant);
      for (const refused of [
        () => old.close(lease.id),
        () => old.resize(lease.id, 1, 0n, 0n),
        () => old.offerTransfer(lease.id, lease.tenant),
      ]) {
        await expect(refused())
          .to.be.revertedWithCustomError(f.market, "MarketNotTenant")
          .withArgs(lease.id, f.tenantB, lease.tenant);
      }
      const refund = lease.locked - earnedOf(lease.rate, 100);
      const closing = () => at(lease.startedAt + 100, () => f.market.connect(f.tenantB).close(lease.id));
      expect(await movements(f, lease.token, [lease.tenant, f.tenantB], closing)).to.deep.equal([
        [0n, 0n],
        [refund, -refund],
      ]);
    });

    it("does not shed the minimum duration (ATK-LSE-13)", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { offer: await offerOf(f, { minDuration: HOUR }), duration: 2 * HOUR });
      await f.market.connect(lease.tenant).offerTransfer(lease.id, f.tenantB);
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      await at(lease.startedAt + 10, () => f.market.connect(f.tenantB).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: BigInt(HOUR), duration: 10n });
    });
  });
});
