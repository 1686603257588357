import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  claimable,
  claimableFixture,
  claimFixture,
  type ClaimMarket,
  endClaim,
  heldOf,
  MICRO,
  openClaim,
  sendClaim,
  slashOf,
} from "../helpers/claims";
import { LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, earnedOf, netOf, partOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, FEE_BPS, HOUR } from "../helpers/parameters";
import { approveOnce, type ActiveLease, bondOf, movements, serve } from "../helpers/scene";
import { at } from "../helpers/time";
import { storedClaims, storedHistory, storedLease } from "../helpers/words";

const LIFE = 60 * DAY;
const ANY_COST = 2n ** 256n - 1n;
const NOBODY = [ZeroAddress, 0n, 0n, 0n, 0n, 0n];

/** A running lease of three units for a day, with the tenant's claim for its seconds 100 to 399, filed in 400. */
async function claimedFixture() {
  const { f, lease } = await loadFixture(claimableFixture);
  const claim = await openClaim(f, lease, { faultStart: lease.startedAt + 100, filedAt: lease.startedAt + 400 });
  return { f, lease, claim };
}

async function handOver(f: ClaimMarket, lease: ActiveLease, from: typeof f.tenantA, to: typeof f.tenantA) {
  await approveOnce(f, to, lease.token);
  await f.market.connect(from).offerTransfer(lease.id, to);
  await f.market.connect(to).acceptTransfer(lease.id, 0n);
}

describe("LeaseClaiming: what was recorded when a claim was filed (INV-DSP-4)", () => {
  describe("counts when it ends, whatever happened to the lease", () => {
    it("is told by the market: tenant, earnings, collateral, seconds and fee of that moment", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      const { held } = heldOf(lease.rate, { billed: 400, sinceFault: 300 });
      const told = [lease.tenant.address, held, lease.collateral, claim.filedAt, claim.faultStart, FEE_BPS];
      expect(await f.market.claimOf(lease.id, lease.tenant)).to.deep.equal(told);
      expect(await f.market.claimOf(lease.id, f.stranger)).to.deep.equal(NOBODY);
      expect(await f.market.claimOf(lease.id + 1n, lease.tenant)).to.deep.equal(NOBODY);

      await f.market.connect(lease.tenant).resize(lease.id, 1, 0n, 0n);
      await handOver(f, lease, lease.tenant, f.tenantB);
      await f.market.connect(f.tenantB).close(lease.id);
      await f.market.collect([lease.id]);
      expect(await f.market.claimOf(lease.id, lease.tenant)).to.deep.equal(told);
      await endClaim(f, lease, claim, { upheld: true });
      expect(await f.market.claimOf(lease.id, lease.tenant)).to.deep.equal(NOBODY);
    });

    for (const upheld of [true, false]) {
      it(`moves what it held, after resize, transfer, close and collect, ${upheld ? "" : "not "}upheld`, async () => {
        const { f, lease, claim } = await loadFixture(claimedFixture);
        await f.market.connect(lease.tenant).resize(lease.id, 1, 0n, 0n);
        await handOver(f, lease, lease.tenant, f.tenantB);
        await serve(f, lease, lease.startedAt + 2_000);
        await at(lease.startedAt + 2_000, () => f.market.connect(f.tenantB).close(lease.id));
        await f.market.collect([lease.id]);
        const lock = async () => (await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked;
        expect(await lock()).to.equal(claim.held);
        const fee = partOf(claim.held, FEE_BPS);
        const people = [lease.tenant, f.tenantB, lease.provider, f.treasury, f.module];
        const ending = async () => {
          const penalty = upheld ? slashOf(lease.collateral, 5_000, 0, lease.collateral) : 0n;
          await expect(endClaim(f, lease, claim, { upheld, fractionBps: 5_000 }))
            .to.emit(f.market, "ClaimEnded")
            .withArgs(
              lease.id,
              lease.tenant,
              upheld,
              claim.held,
              upheld ? 0n : fee,
              penalty,
              penalty,
              upheld ? claim.filedAt : 0,
            );
        };
        expect(await movements(f, lease.token, people, ending)).to.deep.equal([
          [upheld ? claim.held : 0n, -claim.held],
          [0n, 0n],
          [upheld ? 0n : claim.held - fee, 0n],
          [upheld ? 0n : fee, 0n],
          [0n, 0n],
        ]);
        expect(await lock()).to.equal(0n);
      });
    }

    it("takes a penalty of the collateral that it was filed on, though the lease grew (ATK-LSE-14)", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      await at(lease.startedAt + 500, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      await f.market.connect(lease.tenant).resize(lease.id, 10, MOST_PRICE, ANY_COST);
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 10_000 });
      expect((await f.staking.penaltyOf(1)).amount).to.equal(lease.collateral);
    });

    it("pays the tenant of its filing, where a challenger's claim outlives its tenancy (ATK-LSE-9)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const [first, second, third] = [lease.tenant, f.tenantB, f.keeper];
      const earlier = await openClaim(f, lease, { claimant: f.stranger });
      await handOver(f, lease, first, second);
      const middle = await openClaim(f, lease, { claimant: f.module });
      await handOver(f, lease, second, third);
      const later = await openClaim(f, lease, { claimant: f.otherModule });
      await handOver(f, lease, third, first);
      const tenants = [first, second, third];
      for (const [i, claim] of [earlier, middle, later].entries()) {
        expect((await f.market.claimOf(lease.id, claim.claimant)).tenant).to.equal(tenants[i]!);
      }
      // The last filed is punished first, and the others for what they are worth beyond it.
      for (const [number, claim, fractionBps, tenant] of [
        [1, later, 1_000, third],
        [2, earlier, 2_000, first],
        [3, middle, 3_000, second],
      ] as const) {
        await endClaim(f, lease, claim, { upheld: true, fractionBps });
        const penalty = await f.staking.penaltyOf(number);
        expect([penalty.tenant, penalty.challenger]).to.deep.equal([tenant.address, claim.claimant]);
      }
    });

    it("is not a former tenant's, where the lease was handed on while no claim was open", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      await handOver(f, lease, lease.tenant, f.tenantB);
      const claim = await openClaim(f, lease, { claimant: lease.tenant });
      expect(claim.held).to.equal(0n);
      expect((await f.market.claimOf(lease.id, lease.tenant)).tenant).to.equal(f.tenantB);
      await endClaim(f, lease, claim, { upheld: true });
      const { tenant, challenger } = await f.staking.penaltyOf(1);
      expect([tenant, challenger]).to.deep.equal([f.tenantB.address, lease.tenant.address]);
    });

    it("lowers the tenant's ceiling by what goes on to the provider, and by nothing that comes back (INV-ESC-3)", async () => {
      for (const upheld of [true, false]) {
        const { f, lease, claim } = await loadFixture(claimedFixture);
        const ceiling = lease.locked + 1_000n;
        await f.escrow.connect(lease.tenant).approveModule(lease.token, f.market, ceiling);
        await endClaim(f, lease, claim, { upheld });
        const account = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
        expect([account.locked, account.ceiling]).to.deep.equal([
          lease.locked - claim.held,
          upheld ? ceiling : ceiling - claim.held,
        ]);
        // What came back can be locked again; what was paid cannot.
        const cost = costOf(lease.rate, DAY + 300) - costOf(lease.rate, DAY);
        expect(cost).to.be.within(1_001n, claim.held + 1_000n);
        const extending = f.market.connect(lease.tenant).extend(lease.id, lease.tenant, 300, cost);
        if (upheld) await expect(extending).to.emit(f.market, "LeaseExtended");
        else {
          await expect(extending)
            .to.be.revertedWithCustomError(f.escrow, "EscrowCeilingExceeded")
            .withArgs(f.market, lease.token, lease.tenant, 1_000n, cost);
        }
      }
    });
  });

  describe("lapses after 60 days (INV-LSE-11)", () => {
    it("reverts where no claim of that claimant is open", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      const lapse = (claimant: string) => f.market.connect(f.stranger).lapseClaim(lease.id, claimant);
      await expect(lapse(f.stranger.address))
        .to.be.revertedWithCustomError(f.market, "MarketNoOpenClaim")
        .withArgs(lease.id, f.stranger);
      await endClaim(f, lease, claim, { upheld: false });
      await expect(at(claim.filedAt + LIFE, () => lapse(claim.claimant)))
        .to.be.revertedWithCustomError(f.market, "MarketNoOpenClaim")
        .withArgs(lease.id, claim.claimant);
    });

    it("reverts until its last second, whoever asks, its module and its claimant included", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      expect(await f.market.CLAIM_LIFE()).to.equal(LIFE);
      const lapsesAt = claim.filedAt + LIFE;
      for (const [i, by] of [f.module, lease.tenant, lease.provider, f.stranger].entries()) {
        const second = lapsesAt - 4 + i;
        await expect(at(second, () => f.market.connect(by).lapseClaim(lease.id, claim.claimant)))
          .to.be.revertedWithCustomError(f.market, "MarketClaimNotLapsed")
          .withArgs(lease.id, claim.claimant, lapsesAt, second);
      }
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 1n });
    });

    for (const late of [0, 1, 400 * DAY]) {
      it(`ends as not upheld, by anyone, ${late} s after its life: earnings go on, fee included`, async () => {
        const { f, lease, claim } = await loadFixture(claimedFixture);
        const fee = partOf(claim.held, FEE_BPS);
        const people = [lease.tenant, lease.provider, f.treasury, f.module, f.stranger];
        const lapsing = async () => {
          const second = claim.filedAt + LIFE + late;
          await expect(at(second, () => f.market.connect(f.stranger).lapseClaim(lease.id, claim.claimant)))
            .to.emit(f.market, "ClaimEnded")
            .withArgs(lease.id, lease.tenant, false, claim.held, fee, 0, 0, 0);
        };
        expect(await movements(f, lease.token, people, lapsing)).to.deep.equal([
          [0n, -claim.held],
          [claim.held - fee, 0n],
          [fee, 0n],
          [0n, 0n],
          [0n, 0n],
        ]);
        expect(await f.staking.penaltyCount()).to.equal(0n);
        expect(await f.market.claimOf(lease.id, lease.tenant)).to.deep.equal(NOBODY);
        expect(await storedClaims(f.market, lease.id)).to.include({ open: 0n, cover: 0n });

        // Its module is told that nothing happened, whatever it decides now.
        expect(await f.market.connect(f.module).endClaim.staticCall(lease.id, claim.claimant, 10_000, true)).to.equal(
          0n,
        );
        const ending = () => endClaim(f, lease, claim, { upheld: true, fractionBps: 10_000 });
        expect(await movements(f, lease.token, people, ending)).to.deep.equal(people.map(() => [0n, 0n]));
        expect(await f.staking.penaltyCount()).to.equal(0n);
      });
    }

    for (const [late, upheld] of [
      [-1, true],
      [0, false],
      [1, false],
    ] as const) {
      it(`a verdict ${late} s after its life ${upheld ? "counts" : "ends it as not upheld"}`, async () => {
        const { f, lease, claim } = await loadFixture(claimedFixture);
        const second = claim.filedAt + LIFE + late;
        const fee = upheld ? 0n : partOf(claim.held, FEE_BPS);
        const penalty = upheld ? slashOf(lease.collateral, 5_000, 0, lease.collateral) : 0n;
        await expect(at(second, () => endClaim(f, lease, claim, { upheld: true, fractionBps: 5_000 })))
          .to.emit(f.market, "ClaimEnded")
          .withArgs(lease.id, lease.tenant, upheld, claim.held, fee, penalty, penalty, upheld ? claim.filedAt : 0);
        expect(await f.staking.penaltyCount()).to.equal(upheld ? 1n : 0n);
      });
    }

    it("claims of others live on: each lapses by itself", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      const later = await openClaim(f, lease, { claimant: f.stranger, filedAt: claim.filedAt + 1 });
      await at(claim.filedAt + LIFE, () => f.market.lapseClaim(lease.id, claim.claimant));
      await at(later.filedAt + LIFE, () => f.market.lapseClaim(lease.id, later.claimant));
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 0n });
    });
  });

  describe("and the collateral, where a module leaves claims open for ever (INV-LSE-11, ATK-STK-3)", () => {
    /** Closed after 500 s, with claims of its tenant and, in the last second of its claim tail, of a stranger. */
    async function forgottenFixture() {
      const { f, lease, claim } = await claimedFixture();
      const closedAt = lease.startedAt + 500;
      await at(closedAt, () => f.market.connect(lease.tenant).close(lease.id));
      const tailEnd = closedAt + HOUR;
      await openClaim(f, lease, { claimant: f.stranger, faultStart: closedAt - 1, filedAt: tailEnd - 1 });
      return { f, lease, claim, tailEnd };
    }

    it("waits for them until every one of them has lapsed, to the second, and then returns with them open", async () => {
      const { f, lease, claim, tailEnd } = await loadFixture(forgottenFixture);
      const collecting = () => f.market.connect(f.stranger).collect([lease.id]);
      await expect(at(tailEnd, collecting)).to.emit(f.market, "LeaseSettled");
      await expect(at(tailEnd + LIFE - 1, collecting)).not.to.emit(f.market, "CollateralReleased");
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Closed, settled: 1n });
      const [free] = await bondOf(f, lease.provider);
      await expect(at(tailEnd + LIFE, collecting))
        .to.emit(f.market, "CollateralReleased")
        .withArgs(lease.id, lease.collateral);
      expect(await bondOf(f, lease.provider)).to.deep.equal([free + lease.collateral, 0n]);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Released });
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 2n });

      // What is held comes out, too, and no verdict reaches the bond any more.
      await f.market.connect(f.stranger).lapseClaim(lease.id, claim.claimant);
      await f.market.connect(f.module).endClaim(lease.id, f.stranger, 10_000, true);
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 0n, taken: 0n });
      expect(await bondOf(f, lease.provider)).to.deep.equal([free + lease.collateral, 0n]);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(0n);
      const fee = earnedOf(lease.rate, 500) - (await f.escrow.freeOf(lease.token, lease.provider));
      expect(fee).to.equal(await f.escrow.freeOf(lease.token, f.treasury));
      expect(earnedOf(lease.rate, 500) - netOf(lease.rate, 500, FEE_BPS)).to.be.within(fee, fee + 1n);
    });

    it("is settled and released in one call, however late", async () => {
      const { f, lease, tailEnd } = await loadFixture(forgottenFixture);
      const collecting = at(tailEnd + LIFE + 900 * DAY, () => f.market.collect([lease.id]));
      await expect(collecting).to.emit(f.market, "LeaseSettled");
      await expect(collecting).to.emit(f.market, "CollateralReleased").withArgs(lease.id, lease.collateral);
      await expect(sendClaim(f, lease, { claimant: f.keeper }))
        .to.be.revertedWithCustomError(f.market, "MarketNotClaimable")
        .withArgs(lease.id);
    });

    it("returns at the end of the claim tail where the last claim ended in time", async () => {
      const { f, lease, tailEnd } = await loadFixture(forgottenFixture);
      for (const claimant of [lease.tenant, f.stranger]) {
        await at(tailEnd + LIFE - 100 + (claimant === f.stranger ? 1 : 0), () =>
          f.market.connect(f.module).endClaim(lease.id, claimant, 0, false),
        );
      }
      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "CollateralReleased")
        .withArgs(lease.id, lease.collateral);
    });
  });

  describe("and a collateral that lags behind the units", () => {
    /** A lease of three units with a claim of a stranger, resized to one, so that two units' collateral is too much. */
    async function laggingFixture() {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease, { claimant: f.stranger });
      await at(lease.startedAt + 400, () => f.market.connect(lease.tenant).resize(lease.id, 1, 0n, 0n));
      return { f, lease, claim, unit: lease.collateral / 3n };
    }

    const reservedOf = async (f: ClaimMarket, lease: ActiveLease) => (await bondOf(f, lease.provider))[1];

    it("counts for a new claim, and for darkness, with what the units need alone (ATK-LSE-14)", async () => {
      const { f, lease, unit } = await loadFixture(laggingFixture);
      const other = await openClaim(f, lease, { claimant: f.keeper });
      expect(other.collateral * MICRO).to.equal(unit);
      await endClaim(f, lease, other, { upheld: true, fractionBps: 5_000 });
      expect((await f.staking.penaltyOf(1)).amount).to.equal(slashOf(unit, 5_000, 0, unit));
      expect(await reservedOf(f, lease)).to.equal(lease.collateral - slashOf(unit, 5_000, 0, unit));
    });

    it("falls once the last claim lapsed, by anyone (INV-LSE-11)", async () => {
      const { f, lease, claim, unit } = await loadFixture(laggingFixture);
      await serve(f, lease, lease.end);
      await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
      await f.market.collect([lease.id]);
      const lapsing = at(claim.filedAt + LIFE, () => f.market.connect(f.keeper).lapseClaim(lease.id, f.stranger));
      await expect(lapsing).to.emit(f.market, "CollateralLowered").withArgs(lease.id, unit);
      await expect(lapsing)
        .to.emit(f.staking, "Released")
        .withArgs(f.market, lease.provider, 2n * unit);
      expect(await reservedOf(f, lease)).to.equal(unit);
    });

    it("falls though the lease is closed by then, and the rest is released after its claim tail", async () => {
      const { f, lease, claim, unit } = await loadFixture(laggingFixture);
      const closedAt = lease.startedAt + 500;
      await at(closedAt, () => f.market.connect(lease.tenant).close(lease.id));
      await f.market.collect([lease.id]);
      await expect(endClaim(f, lease, claim, { upheld: false }))
        .to.emit(f.market, "CollateralLowered")
        .withArgs(lease.id, unit);
      expect(await reservedOf(f, lease)).to.equal(unit);
      await expect(at(closedAt + HOUR, () => f.market.collect([lease.id])))
        .to.emit(f.market, "CollateralReleased")
        .withArgs(lease.id, unit);
      expect(await reservedOf(f, lease)).to.equal(0n);
    });

    it("falls to what the units need after it grew and shrank beside the claim, once", async () => {
      const { f, lease, claim, unit } = await loadFixture(laggingFixture);
      await at(lease.startedAt + 500, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      const tenant = f.market.connect(lease.tenant);
      await tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST);
      // What lags is used first: three of the four units were reserved already.
      expect(await reservedOf(f, lease)).to.equal(4n * unit);
      await tenant.resize(lease.id, 2, 0n, 0n);
      await f.liveness.connect(lease.operator).heartbeat(lease.provider);
      await tenant.resize(lease.id, 4, MOST_PRICE, ANY_COST);
      await tenant.resize(lease.id, 2, 0n, 0n);
      expect(await reservedOf(f, lease)).to.equal(4n * unit);
      await expect(endClaim(f, lease, claim, { upheld: false }))
        .to.emit(f.market, "CollateralLowered")
        .withArgs(lease.id, 2n * unit);
      expect(await reservedOf(f, lease)).to.equal(2n * unit);
      const again = await openClaim(f, lease, { claimant: f.stranger });
      await expect(endClaim(f, lease, again, { upheld: false })).not.to.emit(f.market, "CollateralLowered");
    });

    it("is used first by a growth: two units beside the claim need no more than the three that are reserved", async () => {
      const { f, lease } = await loadFixture(laggingFixture);
      await at(lease.startedAt + 500, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      await f.market.connect(lease.tenant).resize(lease.id, 2, MOST_PRICE, ANY_COST);
      expect(await reservedOf(f, lease)).to.equal(lease.collateral);
      expect(await storedHistory(f.market, lease.id)).to.include({ collateralUnits: lease.collateral / MICRO });
    });

    it("stays where penalties took so much that no quarter would be left, and nothing is released", async () => {
      const { f, lease, claim } = await loadFixture(laggingFixture);
      await f.market.connect(lease.tenant).close(lease.id);
      await f.market.collect([lease.id]);
      const ended = endClaim(f, lease, claim, { upheld: true, fractionBps: 8_000 });
      await expect(ended).to.emit(f.market, "CollateralLowered").withArgs(lease.id, lease.collateral);
      await expect(ended).not.to.emit(f.staking, "Released");
      expect(await storedHistory(f.market, lease.id)).to.include({
        lagging: 0n,
        collateralUnits: lease.collateral / MICRO,
      });
      expect(await reservedOf(f, lease)).to.equal(
        lease.collateral - slashOf(lease.collateral, 8_000, 0, lease.collateral),
      );
    });

    it("is left alone once the lease was released with the claim open: nothing is in it any more", async () => {
      const { f, lease } = await loadFixture(laggingFixture);
      const closedAt = lease.startedAt + 500;
      await at(closedAt, () => f.market.connect(lease.tenant).close(lease.id));
      await at(closedAt + HOUR + LIFE, () => f.market.collect([lease.id]));
      const bond = await bondOf(f, lease.provider);
      expect(bond[1]).to.equal(0n);
      await expect(f.market.lapseClaim(lease.id, f.stranger)).not.to.emit(f.market, "CollateralLowered");
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
    });

    it("does not lag where the lease changed before the claim, or grew beside it", async () => {
      const f = await loadFixture(claimFixture);
      const lease = await claimable(f);
      const tenant = f.market.connect(lease.tenant);
      await tenant.resize(lease.id, 2, 0n, 0n);
      const claim = await openClaim(f, lease);
      await tenant.resize(lease.id, 5, MOST_PRICE, ANY_COST);
      expect(await storedHistory(f.market, lease.id)).to.include({ lagging: 0n });
      await expect(endClaim(f, lease, claim, { upheld: false })).not.to.emit(f.market, "CollateralLowered");
    });
  });
});
