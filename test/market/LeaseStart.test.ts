import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { openMarketFixture } from "../helpers/fixture";
import { EndReason, LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { bondOf, movements, offerOf, pendingLease } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

/** A pending lease of three units. */
async function pendingFixture() {
  const f = await loadFixture(openMarketFixture);
  return { f, lease: await pendingLease(f, { units: 3 }) };
}

describe("LeaseStart: activate", () => {
  describe("who may activate", () => {
    it("reverts for anybody but the provider's operator, the provider included", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      for (const caller of [f.providerA, f.operatorB, f.tenantA, f.stranger]) {
        await expect(f.market.connect(caller).activate([lease.id]))
          .to.be.revertedWithCustomError(f.market, "MarketNotOperator")
          .withArgs(lease.provider, lease.operator, caller);
      }
    });

    it("is the provider itself where it named no operator", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      await f.liveness.connect(f.providerA).setOperator(ZeroAddress);
      await f.market.connect(f.providerA).activate([lease.id]);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Active });
    });

    it("follows a rotation of the key at once", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      await f.liveness.connect(f.providerA).setOperator(f.stranger);
      await expect(f.market.connect(f.operatorA).activate([lease.id]))
        .to.be.revertedWithCustomError(f.market, "MarketNotOperator")
        .withArgs(lease.provider, f.stranger, f.operatorA);
      await f.market.connect(f.stranger).activate([lease.id]);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Active });
    });

    it("reverts for an offer that does not exist", async () => {
      const { f } = await loadFixture(pendingFixture);
      await expect(f.market.connect(f.operatorA).activate([leaseIdOf(99n, 1)]))
        .to.be.revertedWithCustomError(f.market, "MarketNotOperator")
        .withArgs(ZeroAddress, ZeroAddress, f.operatorA);
    });

    it("reverts where another provider's lease is in the batch, wherever it stands", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const other = await pendingLease(f, { offer: f.offerB });
      for (const batch of [
        [lease.id, other.id],
        [other.id, lease.id],
      ]) {
        await expect(f.market.connect(f.operatorA).activate(batch))
          .to.be.revertedWithCustomError(f.market, "MarketNotOperator")
          .withArgs(f.providerB, f.operatorB, f.operatorA);
      }
    });

    it("serves several providers in one batch where one key works for all", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const other = await pendingLease(f, { offer: f.offerB });
      const third = await pendingLease(f);
      await f.liveness.connect(f.providerB).setOperator(f.operatorA);
      const batch = [lease.id, other.id, third.id];
      expect(await f.market.connect(f.operatorA).activate.staticCall(batch)).to.equal(3n);
      await f.market.connect(f.operatorA).activate(batch);
      for (const id of batch) expect(await storedLease(f.market, id)).to.include({ status: LeaseStatus.Active });
    });
  });

  describe("only while its provider is live", () => {
    it("activates in the last second of the grace, and reverts in the next (ATK-LSE-7)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const twin = await pendingLease(f);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const darkFrom = Number(lastSeen) + GRACE;
      await at(darkFrom - 1, () => f.market.connect(f.operatorA).activate([lease.id]));
      await expect(at(darkFrom, () => f.market.connect(f.operatorA).activate([twin.id])))
        .to.be.revertedWithCustomError(f.market, "MarketProviderDark")
        .withArgs(lease.provider);
    });

    it("reverts for a dark provider even where nothing in the batch is pending", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      await moveTo(lease.openedAt + GRACE);
      await expect(f.market.connect(f.operatorA).activate([leaseIdOf(f.offerA, 99)]))
        .to.be.revertedWithCustomError(f.market, "MarketProviderDark")
        .withArgs(lease.provider);
    });

    it("remembers how long its provider had been dark by then, so that this is not taken off its bill", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const darkFrom = Number(lastSeen) + GRACE;
      await at(darkFrom + 120, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
      await expect(at(darkFrom + 130, () => f.market.connect(f.operatorA).activate([lease.id])))
        .to.emit(f.market, "LeaseActivated")
        .withArgs(lease.id, darkFrom + 130, 120);
      expect(await storedLease(f.market, lease.id)).to.include({ since: BigInt(darkFrom + 130), mark: 120n });
      await at(darkFrom + 140, () => f.market.connect(f.tenantA).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: 10n });
    });
  });

  describe("what it does", () => {
    it("starts billing now, for the whole duration, and moves no money (INV-LSE-4)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const second = lease.openedAt + 100;
      const activating = async () => {
        await expect(at(second, () => f.market.connect(f.operatorA).activate([lease.id])))
          .to.emit(f.market, "LeaseActivated")
          .withArgs(lease.id, second, 0);
      };
      const moved = await movements(f, lease.token, [lease.tenant, lease.provider, f.operatorA], activating);
      expect(moved).to.deep.equal([
        [0n, 0n],
        [0n, 0n],
        [0n, 0n],
      ]);
      expect(await storedLease(f.market, lease.id)).to.deep.equal({
        tenant: BigInt(lease.tenant.address),
        duration: BigInt(HOUR),
        units: 3n,
        termsVersion: 1n,
        listing: 1n,
        changed: 0n,
        noticed: 0n,
        transfers: 0n,
        rate: lease.rate,
        since: BigInt(second),
        mark: 0n,
        paidSeconds: 0n,
        feeBps: FEE_BPS,
        claimed: 0n,
        status: LeaseStatus.Active,
        reason: EndReason.None,
        settled: 0n,
      });
    });

    it("goes on after the offer was retired: pending leases stay binding (ATK-LSE-8)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      await f.market.connect(f.providerA).retireOffer(f.offerA);
      await f.market.connect(f.operatorA).activate([lease.id]);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Active, rate: lease.rate });
    });

    for (const [second, done] of [
      ["deadline", true],
      ["cutoff - 1", true],
      ["cutoff", false],
      ["cutoff + 1", false],
    ] as const) {
      it(`${done ? "still starts" : "skips"} a lease at its ${second}`, async () => {
        const { f, lease } = await loadFixture(pendingFixture);
        const moments = {
          deadline: lease.deadline,
          "cutoff - 1": lease.cutoff - 1,
          cutoff: lease.cutoff,
          "cutoff + 1": lease.cutoff + 1,
        };
        await at(moments[second] - 1, () => f.liveness.connect(f.operatorA).heartbeat(f.providerA));
        await at(moments[second], () => f.market.connect(f.operatorA).activate([lease.id]));
        expect((await storedLease(f.market, lease.id)).status).to.equal(
          done ? LeaseStatus.Active : LeaseStatus.Pending,
        );
      });
    }

    it("skips a lease that is not pending, a duplicate, an unknown number (ATK-LSE-3)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const declined = await pendingLease(f);
      await f.market.connect(f.providerA).decline(declined.id);
      const running = await pendingLease(f);
      await at(running.openedAt + 50, () => f.market.connect(f.operatorA).activate([running.id]));
      const batch = [leaseIdOf(f.offerA, 99), declined.id, lease.id, lease.id, running.id];
      expect(await f.market.connect(f.operatorA).activate.staticCall(batch)).to.equal(1n);
      await at(running.openedAt + 60, () => f.market.connect(f.operatorA).activate(batch));
      expect(await storedLease(f.market, lease.id)).to.include({ since: BigInt(running.openedAt + 60) });
      expect(await storedLease(f.market, running.id)).to.include({ since: BigInt(running.openedAt + 50) });
      expect(await storedLease(f.market, declined.id)).to.include({ status: LeaseStatus.Cancelled });
    });

    it("does nothing for an empty batch, whoever calls", async () => {
      const { f } = await loadFixture(pendingFixture);
      expect(await f.market.connect(f.stranger).activate.staticCall([])).to.equal(0n);
    });

    it("keeps units and collateral as they are, and works while entries are paused (INV-LSE-6, INV-GOV-3)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      await f.market.connect(f.guardian).pauseEntries(DAY);
      const bond = await bondOf(f, lease.provider);
      await f.market.connect(f.operatorA).activate([lease.id]);
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
      expect((await storedOffer(f.market, f.offerA)).used).to.equal(3n);
    });

    it("starts a lease of 136 years, the longest there is", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { maxDuration: 2 ** 32 - 1, price: 2n ** 30n });
      const long = await pendingLease(f, { offer, duration: 2 ** 32 - 1 });
      await f.market.connect(f.operatorA).activate([long.id]);
      const view = await f.lens.leaseView(long.id);
      expect(view.end - view.startedAt).to.equal(2n ** 32n - 1n);
    });
  });
});
