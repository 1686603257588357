import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { BOND, openMarketFixture } from "../helpers/fixture";
import { EndReason, LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, DEFAULT_TERMS, DEFAULT_WEIGHTS, UNBONDING_DELAY } from "../helpers/parameters";
import { activeLease, bondOf, movements, offerOf, type PendingLease, pendingLease } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

/** A pending lease of three units. */
async function pendingFixture() {
  const f = await loadFixture(openMarketFixture);
  return { f, lease: await pendingLease(f, { units: 3 }) };
}

const quarterOf = (lease: PendingLease): bigint => lease.noShowPenalty / 4n;

describe("LeaseStart: decline, cancel, no-shows", () => {
  describe("decline", () => {
    it("reverts for anybody but the provider itself, its operator included (INV-OPR-1, ATK-STK-9)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      for (const caller of [f.operatorA, f.providerB, f.operatorB, f.tenantA, f.stranger]) {
        await expect(f.market.connect(caller).decline(lease.id))
          .to.be.revertedWithCustomError(f.market, "MarketNotProvider")
          .withArgs(f.offerA, lease.provider, caller);
      }
      await expect(f.market.connect(f.providerA).decline(leaseIdOf(99n, 1)))
        .to.be.revertedWithCustomError(f.market, "MarketNotProvider")
        .withArgs(99n, ZeroAddress, f.providerA);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Pending });
    });

    it("reverts for an unknown lease, an active one, a declined one", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const { id: active } = await activeLease(f);
      await f.market.connect(f.providerA).decline(lease.id);
      for (const [id, status] of [
        [leaseIdOf(f.offerA, 99), LeaseStatus.None],
        [active, LeaseStatus.Active],
        [lease.id, LeaseStatus.Cancelled],
      ] as const) {
        await expect(f.market.connect(f.providerA).decline(id))
          .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
          .withArgs(id, LeaseStatus.Pending, status);
      }
    });

    it("returns the whole lock, bounty included, for a quarter of the no-show penalty (INV-LSE-2, INV-STK-2)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const penalty = quarterOf(lease);
      const second = lease.deadline - 1;
      const declining = async () => {
        const decline = at(second, () => f.market.connect(f.providerA).decline(lease.id));
        await expect(decline)
          .to.emit(f.market, "LeaseCancelled")
          .withArgs(lease.id, f.providerA, EndReason.Declined, lease.locked, 0n, penalty);
        await expect(decline)
          .to.emit(f.staking, "Penalised")
          .withArgs(1n, f.market, f.providerA, ZeroAddress, ZeroAddress, f.treasury, penalty, second + UNBONDING_DELAY);
      };
      const accounts = [lease.tenant, f.providerA, f.treasury];
      expect(await movements(f, lease.token, accounts, declining)).to.deep.equal([
        [lease.locked, -lease.locked],
        [0n, 0n],
        [0n, 0n],
      ]);
      expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - penalty, 0n]);
      expect((await storedOffer(f.market, f.offerA)).used).to.equal(0n);
      expect(await storedLease(f.market, lease.id)).to.include({
        status: LeaseStatus.Cancelled,
        reason: EndReason.Declined,
        mark: 0n,
        paidSeconds: 0n,
      });
    });

    it("is possible for a dark provider", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      await moveTo(lease.deadline - 10);
      expect(await f.liveness.isLive(f.providerA)).to.equal(false);
      await f.market.connect(f.providerA).decline(lease.id);
      expect(await storedLease(f.market, lease.id)).to.include({ reason: EndReason.Declined });
    });

    for (const late of [0, 1]) {
      it(`reverts ${late} s after the deadline`, async () => {
        const { f, lease } = await loadFixture(pendingFixture);
        await expect(at(lease.deadline + late, () => f.market.connect(f.providerA).decline(lease.id)))
          .to.be.revertedWithCustomError(f.market, "MarketTooLateToDecline")
          .withArgs(lease.id, lease.deadline, lease.deadline + late);
      });
    }
  });

  describe("cancel", () => {
    it("reverts for anybody but the tenant, and for an unknown lease", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      await moveTo(lease.deadline);
      for (const caller of [f.providerA, f.operatorA, f.tenantB, f.stranger]) {
        await expect(f.market.connect(caller).cancel(lease.id))
          .to.be.revertedWithCustomError(f.market, "MarketNotTenant")
          .withArgs(lease.id, f.tenantA, caller);
      }
      const unknown = leaseIdOf(f.offerA, 99);
      await expect(f.market.connect(f.tenantA).cancel(unknown))
        .to.be.revertedWithCustomError(f.market, "MarketNotTenant")
        .withArgs(unknown, ZeroAddress, f.tenantA);
    });

    it("reverts for an active lease and for a cancelled one (INV-LSE-5)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const { id: active } = await activeLease(f);
      await at(lease.deadline, () => f.market.connect(f.tenantA).cancel(lease.id));
      for (const [id, status] of [
        [active, LeaseStatus.Active],
        [lease.id, LeaseStatus.Cancelled],
      ] as const) {
        await expect(f.market.connect(f.tenantA).cancel(id))
          .to.be.revertedWithCustomError(f.market, "MarketWrongStatus")
          .withArgs(id, LeaseStatus.Pending, status);
      }
    });

    it("reverts one second before the deadline", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      await expect(at(lease.deadline - 1, () => f.market.connect(f.tenantA).cancel(lease.id)))
        .to.be.revertedWithCustomError(f.market, "MarketTooEarlyToCancel")
        .withArgs(lease.id, lease.deadline, lease.deadline - 1);
    });

    for (const moment of ["deadline", "cutoff - 1"] as const) {
      it(`returns everything to both at the ${moment}, without a penalty (INV-LSE-2)`, async () => {
        const { f, lease } = await loadFixture(pendingFixture);
        const second = moment === "deadline" ? lease.deadline : lease.cutoff - 1;
        const cancelling = async () => {
          const cancel = at(second, () => f.market.connect(f.tenantA).cancel(lease.id));
          await expect(cancel)
            .to.emit(f.market, "LeaseCancelled")
            .withArgs(lease.id, f.tenantA, EndReason.CancelledByTenant, lease.locked, 0n, 0n);
          await expect(cancel).not.to.emit(f.staking, "Penalised");
        };
        expect(await movements(f, lease.token, [f.tenantA], cancelling)).to.deep.equal([[lease.locked, -lease.locked]]);
        expect(await bondOf(f, f.providerA)).to.deep.equal([BOND, 0n]);
        expect((await storedOffer(f.market, f.offerA)).used).to.equal(0n);
      });
    }

    for (const late of [0, DAY]) {
      it(`is a no-show ${late} s after the cutoff: the tenant is the caller and has the bounty, too`, async () => {
        const { f, lease } = await loadFixture(pendingFixture);
        const cancelling = async () => {
          await expect(at(lease.cutoff + late, () => f.market.connect(f.tenantA).cancel(lease.id)))
            .to.emit(f.market, "LeaseCancelled")
            .withArgs(
              lease.id,
              f.tenantA,
              EndReason.NoShow,
              lease.locked - lease.bounty,
              lease.bounty,
              lease.noShowPenalty,
            );
        };
        expect(await movements(f, lease.token, [f.tenantA], cancelling)).to.deep.equal([[lease.locked, -lease.locked]]);
        expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - lease.noShowPenalty, 0n]);
      });
    }
  });

  describe("cancelNoShows", () => {
    it("skips a lease one second before its cutoff", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      await at(lease.cutoff - 1, () => f.market.connect(f.keeper).cancelNoShows([lease.id]));
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Pending });
    });

    for (const late of [0, 1, 30 * DAY]) {
      it(`cancels ${late} s after the cutoff: bounty to the caller, rest to the tenant, penalty due (INV-LSE-7)`, async () => {
        const { f, lease } = await loadFixture(pendingFixture);
        const second = lease.cutoff + late;
        const refund = lease.locked - lease.bounty;
        const cancelling = async () => {
          const cancel = at(second, () => f.market.connect(f.keeper).cancelNoShows([lease.id]));
          await expect(cancel)
            .to.emit(f.market, "LeaseCancelled")
            .withArgs(lease.id, f.keeper, EndReason.NoShow, refund, lease.bounty, lease.noShowPenalty);
          await expect(cancel)
            .to.emit(f.staking, "Penalised")
            .withArgs(
              1n,
              f.market,
              f.providerA,
              ZeroAddress,
              ZeroAddress,
              f.treasury,
              lease.noShowPenalty,
              second + UNBONDING_DELAY,
            );
        };
        expect(await movements(f, lease.token, [f.tenantA, f.keeper, f.providerA], cancelling)).to.deep.equal([
          [refund, -lease.locked],
          [lease.bounty, 0n],
          [0n, 0n],
        ]);
        expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - lease.noShowPenalty, 0n]);
        expect((await storedOffer(f.market, f.offerA)).used).to.equal(0n);
      });
    }

    for (const end of ["a no-show", "a decline"] as const) {
      it(`leaves all of the penalty of ${end} to the treasury: no tenant gains by it (ATK-STK-9, INV-OPR-1)`, async () => {
        const { f, lease } = await loadFixture(pendingFixture);
        const penalty = end === "a no-show" ? lease.noShowPenalty : quarterOf(lease);
        if (end === "a decline") await f.market.connect(f.providerA).decline(lease.id);
        else await at(lease.cutoff, () => f.market.connect(lease.tenant).cancel(lease.id));
        await moveTo(lease.cutoff + UNBONDING_DELAY);
        for (const payee of [lease.tenant, f.operatorA, f.providerA]) {
          await expect(f.staking.connect(payee).claimPenalties([1n], payee))
            .to.be.revertedWithCustomError(f.staking, "StakingNothingToClaim")
            .withArgs(1n, payee);
        }
        const claiming = f.staking.connect(f.treasury).claimPenalties([1n], f.treasury);
        await expect(claiming).to.changeTokenBalance(f.hold, f.treasury, penalty);
      });
    }

    it("pays nobody for opening on a provider that sleeps: a whole round moves bond to the treasury alone (ATK-STK-9)", async () => {
      const f = await loadFixture(openMarketFixture);
      const accomplices = [f.tenantA, f.tenantB];
      const leases: PendingLease[] = [];
      for (const tenant of accomplices) leases.push(await pendingLease(f, { tenant, units: 5 }));
      const holdings = () => Promise.all([...accomplices, f.operatorA].map((account) => f.hold.balanceOf(account)));
      const before = await holdings();
      await at(leases[1]!.cutoff, () => f.market.connect(f.operatorA).cancelNoShows(leases.map(({ id }) => id)));
      const lost = leases[0]!.noShowPenalty + leases[1]!.noShowPenalty;
      expect(await bondOf(f, f.providerA)).to.deep.equal([BOND - lost, 0n]);
      await moveTo(leases[1]!.cutoff + UNBONDING_DELAY);
      await f.staking.connect(f.treasury).claimPenalties([1n, 2n], f.treasury);
      expect(await f.hold.balanceOf(f.treasury)).to.equal(lost);
      expect(await holdings()).to.deep.equal(before);
    });

    it("works off a batch of two tenants and tokens, and skips what is no no-show (ATK-LSE-3)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const other = await pendingLease(f, { tenant: f.tenantB, offer: f.offerC });
      const late = await pendingLease(f, { tenant: f.tenantB });
      const active = await activeLease(f);
      const closed = await activeLease(f);
      await f.market.connect(f.tenantA).close(closed.id);
      await moveTo(other.cutoff);
      expect(late.cutoff).to.be.greaterThan(other.cutoff);
      const skipped = [0n, leaseIdOf(f.offerA, 99), leaseIdOf(99n, 1), active.id, closed.id];
      const batch = [...skipped, lease.id, lease.id, other.id];
      expect(await f.market.cancelNoShows.staticCall(batch)).to.equal(2n);
      await f.market.connect(f.keeper).cancelNoShows(batch);
      expect(await f.escrow.freeOf(lease.token, f.keeper)).to.equal(lease.bounty);
      expect(await f.escrow.freeOf(other.token, f.keeper)).to.equal(other.bounty);
      expect(await f.staking.penaltyCount()).to.equal(2n);
      expect(await f.market.cancelNoShows.staticCall(batch)).to.equal(0n);
      expect(await f.market.cancelNoShows.staticCall([])).to.equal(0n);
    });
  });

  describe("what a penalty may be", () => {
    /** Publishes terms with another no-show penalty, and lets a lease of `offer` opened under them become a no-show. */
    async function noShowAt(noShowBps: bigint, offer?: bigint) {
      const { f } = await loadFixture(pendingFixture);
      const terms = { ...DEFAULT_TERMS, treasury: f.treasury.address, noShowBps };
      await f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS);
      const lease = await pendingLease(f, offer === undefined ? {} : { offer });
      const [free, reserved] = await bondOf(f, f.providerA);
      const cancel = at(lease.cutoff, () => f.market.connect(f.keeper).cancelNoShows([lease.id]));
      return { f, lease, free, reserved, cancel };
    }

    it("is a quarter of the collateral at most", async () => {
      const { f, lease, free, reserved, cancel } = await noShowAt(2_500n);
      const penalty = lease.collateral / 4n;
      await expect(cancel)
        .to.emit(f.market, "LeaseCancelled")
        .withArgs(lease.id, f.keeper, EndReason.NoShow, lease.locked - lease.bounty, lease.bounty, penalty);
      const kept = lease.collateral - penalty;
      expect(await bondOf(f, f.providerA)).to.deep.equal([free + kept, reserved - lease.collateral]);
    });

    it("is nothing, and no penalty is recorded, where the terms say so", async () => {
      const { f, lease, free, reserved, cancel } = await noShowAt(0n);
      await expect(cancel).not.to.emit(f.staking, "Penalised");
      expect(await bondOf(f, f.providerA)).to.deep.equal([free + lease.collateral, reserved - lease.collateral]);
    });

    it("is nothing where there is no collateral, and staking is not called at all", async () => {
      const { f } = await loadFixture(pendingFixture);
      const bare = { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
      const lease = await pendingLease(f, { offer: await offerOf(f, { resources: bare }) });
      const cancel = at(lease.cutoff, () => f.market.connect(f.keeper).cancelNoShows([lease.id]));
      await expect(cancel)
        .to.emit(f.market, "LeaseCancelled")
        .withArgs(lease.id, f.keeper, EndReason.NoShow, lease.locked - lease.bounty, lease.bounty, 0n);
      await expect(cancel).not.to.emit(f.staking, "Released");
      await expect(cancel).not.to.emit(f.staking, "Penalised");
    });

    it("is taken from the lease's own collateral: other leases keep theirs (INV-STK-4)", async () => {
      const { f, lease } = await loadFixture(pendingFixture);
      const callers: HardhatEthersSigner[] = [f.tenantA, f.tenantB];
      const others = [];
      for (const tenant of callers) others.push(await pendingLease(f, { tenant, units: 2 }));
      const [, reserved] = await bondOf(f, f.providerA);
      await f.market.connect(f.providerA).decline(lease.id);
      expect(await bondOf(f, f.providerA)).to.deep.equal([
        BOND - quarterOf(lease) - others[0]!.collateral - others[1]!.collateral,
        reserved - lease.collateral,
      ]);
    });
  });
});
