import { expect } from "chai";

import {
  claimable,
  claimableFixture,
  claimFixture,
  type ClaimMarket,
  endClaim,
  MICRO,
  openClaim,
  reachOf,
  sendClaim,
  slashOf,
} from "../helpers/claims";
import { LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { claimTailOf, collateralOf, serviceCreditOf } from "../helpers/money";
import {
  CREDIT_PERIOD,
  DAY,
  DEFAULT_RESOURCES,
  DEFAULT_WEIGHTS,
  GRACE,
  HOUR,
  OUTAGE_ALLOWANCE,
} from "../helpers/parameters";
import { bondOf } from "../helpers/scene";
import { at, now, ROOM, together } from "../helpers/time";
import { storedClaims, storedLease } from "../helpers/words";

describe("LeaseClaiming: the collateral of a lease beside a claim", () => {
  describe("when its collateral returns (INV-STK-5, ATK-STK-3)", () => {
    it("waits for the last of the open claims, and returns less what was taken", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease);
      await at(lease.startedAt + 500, () => f.market.connect(lease.tenant).close(lease.id));
      const late = await openClaim(f, lease, { claimant: f.stranger, filedAt: lease.startedAt + 500 + HOUR - 1 });
      const [free] = await bondOf(f, lease.provider);
      const release = lease.startedAt + 500 + HOUR;

      // It is settled at once, and then nothing is left to do while a claim is open.
      const collecting = at(release, () => f.market.collect([lease.id]));
      await expect(collecting).not.to.emit(f.market, "CollateralReleased");
      await expect(collecting).to.emit(f.market, "LeaseSettled");
      expect(await f.market.collect.staticCall([lease.id])).to.equal(0n);
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 3_333 });
      expect(await f.market.collect.staticCall([lease.id])).to.equal(0n);
      await endClaim(f, lease, late, { upheld: false });
      const left = lease.collateral - slashOf(lease.collateral, 3_333, 0, lease.collateral);
      expect(await bondOf(f, lease.provider)).to.deep.equal([free, left]);

      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "CollateralReleased")
        .withArgs(lease.id, left);
      expect(await bondOf(f, lease.provider)).to.deep.equal([free + left, 0n]);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Released });
      const view = await f.lens.leaseView(lease.id);
      expect([view.collateral, view.penalised, view.openClaims, view.coveredUntil]).to.deep.equal([
        0n,
        lease.collateral - left,
        0n,
        BigInt(claim.filedAt),
      ]);
    });

    it("returns nothing where all of it was taken, and the lease is released all the same", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease);
      await f.market.connect(lease.tenant).close(lease.id);
      await f.market.collect([lease.id]);
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 10_000 });
      const bond = await bondOf(f, lease.provider);
      const collecting = at((await now()) + HOUR, () => f.market.collect([lease.id]));
      await expect(collecting).to.emit(f.market, "CollateralReleased").withArgs(lease.id, 0);
      await expect(collecting).not.to.emit(f.staking, "Released");
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Released });
    });

    for (const first of ["the verdict", "the collection"] as const) {
      it(`in the second of the last verdict: ${first} first`, async () => {
        const { f, lease } = await loadFixture(claimableFixture);
        const claim = await openClaim(f, lease);
        await at(lease.startedAt + 500, () => f.market.connect(lease.tenant).close(lease.id));
        const acts = [
          () => f.market.connect(f.module).endClaim(lease.id, claim.claimant, 2_500, true, ROOM),
          () => f.market.connect(f.stranger).collect([lease.id], ROOM),
        ];
        if (first === "the collection") acts.reverse();
        expect(await together(lease.startedAt + 500 + HOUR, ...acts)).to.deep.equal(["done", "done"]);
        const status = first === "the verdict" ? LeaseStatus.Released : LeaseStatus.Closed;
        expect(await storedLease(f.market, lease.id)).to.include({ status, settled: 1n });
      });
    }

    for (const first of ["the claim", "the release"] as const) {
      it(`a claim in the second in which it returns comes too late: ${first} first (INV-LSE-5)`, async () => {
        const { f, lease } = await loadFixture(claimableFixture);
        await at(lease.startedAt + 500, () => f.market.connect(lease.tenant).close(lease.id));
        const claim = () => f.market.connect(f.module).openClaim(lease.id, f.stranger, lease.startedAt, ROOM);
        const release = () => f.market.connect(f.stranger).collect([lease.id], ROOM);
        const acts = first === "the claim" ? [claim, release] : [release, claim];
        const outcome = first === "the claim" ? ["reverted", "done"] : ["done", "reverted"];
        expect(await together(lease.startedAt + 500 + HOUR, ...acts)).to.deep.equal(outcome);
        expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Released });
      });
    }
  });

  describe("with a service credit (INV-STK-2, INV-LSE-10)", () => {
    describe("of a lease that shrank beside two claims, the dearer one upheld before its end", () => {
      /** Three units became one; 70 % of three units' collateral is taken; another claim is open; dark until it expired. */
      async function shrunkFixture() {
        const f = await loadFixture(claimFixture);
        const lease = await claimable(f, { units: 3, duration: 3 * DAY });
        const dear = await openClaim(f, lease, { filedAt: lease.startedAt + 300 });
        const other = await openClaim(f, lease, { claimant: f.stranger });
        await at(lease.startedAt + 400, () => f.market.connect(lease.tenant).resize(lease.id, 1, 0n, 0n));
        await endClaim(f, lease, dear, { upheld: true, fractionBps: 7_000 });
        await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
        return { f, lease, other };
      }

      const creditIn = async (f: ClaimMarket, act: () => Promise<unknown>): Promise<bigint> => {
        const before = await f.hold.balanceOf(f.staking);
        await act();
        return (await f.hold.balanceOf(f.staking)) - before;
      };

      it("is the same before and after the other claim failed: a quarter of what one unit needs", async () => {
        const quarter = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1) / MICRO / 4n;
        for (const endsFirst of [false, true]) {
          const { f, lease, other } = await loadFixture(shrunkFixture);
          if (endsFirst) await endClaim(f, lease, other, { upheld: false });
          expect(await creditIn(f, () => f.market.collect([lease.id]))).to.equal(quarter * MICRO);
          if (!endsFirst) await endClaim(f, lease, other, { upheld: false });
        }
      });

      it("leaves what lags reserved until the claim tail is over, where the last claim ended before the credit", async () => {
        const { f, lease, other } = await loadFixture(shrunkFixture);
        const [, reserved] = await bondOf(f, lease.provider);
        await expect(endClaim(f, lease, other, { upheld: false })).not.to.emit(f.market, "CollateralLowered");
        expect((await bondOf(f, lease.provider))[1]).to.equal(reserved);
        await at(lease.end + claimTailOf(3 * DAY), () => f.market.collect([lease.id]));
        expect((await bondOf(f, lease.provider))[1]).to.equal(0n);
      });
    });

    /** Closed after two days of which it was dark for all but ten minutes: a quarter of the collateral is due. */
    const LIVED = 2 * DAY;
    async function darkFixture() {
      const f = await loadFixture(claimFixture);
      const lease = await claimable(f, { duration: 3 * DAY });
      const claim = await openClaim(f, lease, { filedAt: lease.startedAt + 400 });
      await at(lease.startedAt + LIVED, () => f.market.connect(lease.tenant).close(lease.id));
      const beyond = LIVED - (GRACE - 1) - OUTAGE_ALLOWANCE - LIVED / 100;
      const credit = serviceCreditOf(lease.collateral, BigInt(beyond), CREDIT_PERIOD);
      expect(credit / MICRO).to.equal(lease.collateral / MICRO / 4n);
      return { f, lease, claim, credit };
    }

    for (const fractionBps of [2_500, 7_500, 7_501, 9_000, 10_000]) {
      it(`after a claim that was worth ${fractionBps}: no claim reaches the quarter for the credit (ATK-ROL-2)`, async () => {
        const { f, lease, claim, credit } = await loadFixture(darkFixture);
        await endClaim(f, lease, claim, { upheld: true, fractionBps });
        const slash = slashOf(lease.collateral, fractionBps, 0, reachOf(lease.collateral));
        const rest = lease.collateral - slash;
        expect((await f.lens.leaseView(lease.id)).creditDue).to.equal(credit);
        await expect(f.market.collect([lease.id]))
          .to.emit(f.market, "ServiceCredited")
          .withArgs(lease.id, credit);
        expect(await storedClaims(f.market, lease.id)).to.include({ taken: (slash + credit) / MICRO });
        expect((await bondOf(f, lease.provider))[1]).to.equal(rest - credit);
        expect((await f.records.recordOf(f.market, lease.provider)).slashed).to.equal(slash + credit);
      });

      it(`before a claim that is worth ${fractionBps}: the claim takes what the credit left`, async () => {
        const { f, lease, claim, credit } = await loadFixture(darkFixture);
        await expect(f.market.collect([lease.id]))
          .to.emit(f.market, "ServiceCredited")
          .withArgs(lease.id, credit);
        await endClaim(f, lease, claim, { upheld: true, fractionBps });
        const slash = slashOf(lease.collateral, fractionBps, 0, lease.collateral - credit);
        expect((await f.staking.penaltyOf(2)).amount).to.equal(slash);
        const left = lease.collateral - credit - slash;
        expect((await bondOf(f, lease.provider))[1]).to.equal(left);
        await expect(at(lease.startedAt + 2 * LIVED, () => f.market.collect([lease.id])))
          .to.emit(f.market, "CollateralReleased")
          .withArgs(lease.id, left);
      });
    }

    it("takes no credit for the time that a claim was worth, and no claim for a credit: each is itself", async () => {
      const { f, lease, claim, credit } = await loadFixture(darkFixture);
      await f.market.collect([lease.id]);
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 1n, taken: credit / MICRO, cover: 0n });
      await expect(sendClaim(f, lease, { claimant: f.keeper, faultStart: lease.startedAt + LIVED - 100 }))
        .to.emit(f.market, "ClaimOpened")
        .withArgs(lease.id, f.keeper, f.module, lease.startedAt + LIVED - 100, 0, 0, GRACE - 1, lease.collateral);
      await endClaim(f, lease, claim, { upheld: false });
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 1n, taken: credit / MICRO });
    });
  });
});
