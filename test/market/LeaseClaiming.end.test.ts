import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  claimable,
  claimableFixture,
  type ClaimMarket,
  endClaim,
  MICRO,
  openClaim,
  reachOf,
  slashOf,
} from "../helpers/claims";
import { loadFixture } from "../helpers/loadFixture";
import { earnedOf, feeOf, netOf, partOf, penaltyParts } from "../helpers/money";
import { DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, UNBONDING_DELAY } from "../helpers/parameters";
import { type ActiveLease, bondOf, movements, serve } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";
import { storedClaims } from "../helpers/words";

/*
 * endClaim
 * ├── caller is not the slashing module of the lease's offer
 * ├── no claim of that claimant is open: nothing happens
 * ├── upheld, or not; something is held, or not; with a fee, or too little for one
 * ├── fraction below, at and above the whole; rounded to millionths; capped by what is left
 * ├── the lease is settled, or not: a quarter of the collateral stays
 * ├── fault before, or not before, the last punished claim was filed; worth less, as much, more than that one
 * └── claimant is the tenant of the day, or a challenger
 */

/** A claim of the tenant for what was earned in seconds 200 to 500, and of a stranger, on one lease. */
async function claimedFixture() {
  const { f, lease } = await loadFixture(claimableFixture);
  const claim = await openClaim(f, lease, { faultStart: lease.startedAt + 200, filedAt: lease.startedAt + 500 });
  const challenge = await openClaim(f, lease, { claimant: f.stranger, filedAt: lease.startedAt + 501 });
  return { f, lease, claim, challenge };
}

const peopleOf = (f: ClaimMarket, lease: ActiveLease) => [lease.tenant, lease.provider, f.treasury, f.module];

describe("LeaseClaiming: endClaim", () => {
  describe("who may (INV-DSP-2)", () => {
    it("reverts for everybody but the slashing module that the offer names", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      for (const by of [f.otherModule, lease.tenant, lease.provider, f.stranger, f.admin]) {
        await expect(endClaim(f, lease, claim, { upheld: true, by }))
          .to.be.revertedWithCustomError(f.market, "MarketNotSlasher")
          .withArgs(lease.id, f.module, by);
      }
    });

    it("does nothing where no claim of that claimant is open: never was, or ended already (ATK-STK-3)", async () => {
      const { f, lease, claim, challenge } = await loadFixture(claimedFixture);
      const other = await claimable(f);
      await endClaim(f, lease, claim, { upheld: true });
      const people = [...peopleOf(f, lease), f.stranger];
      for (const [on, of, upheld] of [
        [other, claim, true],
        [other, claim, false],
        [lease, claim, true],
        [lease, claim, false],
        [lease, { ...claim, claimant: f.keeper.address }, true],
      ] as const) {
        const [claims, bond] = [await storedClaims(f.market, on.id), await bondOf(f, on.provider)];
        expect(await f.market.connect(f.module).endClaim.staticCall(on.id, of.claimant, 2_500, upheld)).to.equal(0n);
        const ending = async () => {
          const sent = endClaim(f, on, of, { upheld });
          await expect(sent).not.to.emit(f.market, "ClaimEnded");
          await expect(sent).not.to.emit(f.staking, "Penalised");
        };
        expect(await movements(f, lease.token, people, ending)).to.deep.equal(people.map(() => [0n, 0n]));
        expect(await storedClaims(f.market, on.id)).to.deep.equal(claims);
        expect(await bondOf(f, on.provider)).to.deep.equal(bond);
      }
      await endClaim(f, lease, challenge, { upheld: false });
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 0n });
    });
  });

  describe("what was held (INV-LSE-2, INV-DSP-2)", () => {
    it("goes back to the claimant, fee and all, where the claim is upheld", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      expect(claim.held).to.equal(earnedOf(lease.rate, 300));
      const ending = async () => {
        const penalty = slashOf(lease.collateral, 2_500, 0, lease.collateral);
        await expect(endClaim(f, lease, claim, { upheld: true }))
          .to.emit(f.market, "ClaimEnded")
          .withArgs(lease.id, lease.tenant, true, claim.held, 0, penalty, 2_500, claim.filedAt);
      };
      expect(await movements(f, lease.token, peopleOf(f, lease), ending)).to.deep.equal([
        [claim.held, -claim.held],
        [0n, 0n],
        [0n, 0n],
        [0n, 0n],
      ]);
    });

    it("goes to the provider, and the fee on it to the treasury, where it is not", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      const fee = partOf(claim.held, FEE_BPS);
      const ending = async () => {
        await expect(endClaim(f, lease, claim, { upheld: false }))
          .to.emit(f.market, "ClaimEnded")
          .withArgs(lease.id, lease.tenant, false, claim.held, fee, 0, 0, 0);
      };
      expect(await movements(f, lease.token, peopleOf(f, lease), ending)).to.deep.equal([
        [0n, -claim.held],
        [claim.held - fee, 0n],
        [fee, 0n],
        [0n, 0n],
      ]);
      expect(await f.staking.penaltyCount()).to.equal(0n);
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 1n, taken: 0n, coveredUntil: 0n });
    });

    it("goes to the provider whole where it is too little for a fee", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const filedAt = lease.startedAt + 500;
      const claim = await openClaim(f, lease, { faultStart: filedAt - 1, filedAt });
      expect(claim.held).to.be.within(1n, 39n);
      const ending = () => endClaim(f, lease, claim, { upheld: false });
      expect(await movements(f, lease.token, peopleOf(f, lease), ending)).to.deep.equal([
        [0n, -claim.held],
        [claim.held, 0n],
        [0n, 0n],
        [0n, 0n],
      ]);
    });

    it("moves nothing where nothing was held", async () => {
      const { f, lease, challenge } = await loadFixture(claimedFixture);
      for (const upheld of [false, true]) {
        const claim = upheld ? challenge : await openClaim(f, lease, { claimant: f.keeper });
        const ending = () => expect(endClaim(f, lease, claim, { upheld })).not.to.emit(f.escrow, "Settled");
        const nothing = [0n, 0n] as const;
        expect(await movements(f, lease.token, [...peopleOf(f, lease), f.stranger], ending)).to.deep.equal(
          Array(5).fill(nothing),
        );
      }
    });

    for (const verdicts of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      const words = verdicts.map((upheld) => (upheld ? "upheld" : "not upheld")).join(", then ");

      it(`with the rest of the lease adds up to what was locked: two claims, ${words} (INV-LSE-3)`, async () => {
        const { f, lease } = await loadFixture(claimableFixture);
        const before = await f.escrow.freeOf(lease.token, lease.tenant);
        const first = await openClaim(f, lease, { faultStart: lease.startedAt + 77, filedAt: lease.startedAt + 300 });
        await at(lease.startedAt + 350, () => f.market.collect([lease.id]));
        await endClaim(f, lease, first, { upheld: verdicts[0] });
        const second = await openClaim(f, lease, { faultStart: lease.startedAt + 1, filedAt: lease.startedAt + 555 });
        await serve(f, lease, lease.startedAt + 900);
        await at(lease.startedAt + 900, () => f.market.connect(lease.tenant).close(lease.id));
        await f.market.collect([lease.id]);
        await endClaim(f, lease, second, { upheld: verdicts[1] });

        const claims = [first, second].map(({ held }, i) => ({ held, upheld: verdicts[i]! }));
        const returned = claims.reduce((sum, { held, upheld }) => sum + (upheld ? held : 0n), 0n);
        const feeOfRejected = claims.reduce((sum, { held, upheld }) => sum + (upheld ? 0n : partOf(held, FEE_BPS)), 0n);
        // Seconds 77 to 299, and 350 to 554: their part of the fee left the lease with them.
        const feeAfter = (seconds: number) => feeOf(lease.rate, seconds, FEE_BPS);
        const aside = feeAfter(223) + feeAfter(350 + 205) - feeAfter(350);
        const fee = feeAfter(900) - aside + feeOfRejected;
        const earned = earnedOf(lease.rate, 900);
        expect(await f.escrow.freeOf(lease.token, f.treasury)).to.equal(fee);
        expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(earned - returned - fee);
        expect((await f.escrow.freeOf(lease.token, lease.tenant)) - before).to.equal(lease.locked - earned + returned);
        for (const account of [lease.tenant, f.module]) {
          expect((await f.escrow.moduleAccount(f.market, lease.token, account)).locked).to.equal(0n);
        }
        if (returned === 0n) {
          // As if nobody had ever claimed, but for one base unit of fee a claim that two floors may lose.
          expect(earned - fee).to.be.within(netOf(lease.rate, 900, FEE_BPS), netOf(lease.rate, 900, FEE_BPS) + 2n);
        }
      });
    }
  });

  describe("the penalty (INV-STK-2)", () => {
    for (const [fractionBps, what] of [
      [100, "a hundredth, the least fraction"],
      [101, "a little more than a hundredth, rounded down to millionths of a HOLD"],
      [3_333, "a third, rounded down to millionths of a HOLD"],
      [5_000, "a half"],
      [7_499, "just less than three quarters"],
      [7_500, "three quarters: a quarter stays for the service credit while the lease is not settled"],
      [7_501, "no more than three quarters while the lease is not settled"],
      [10_000, "no more than three quarters, though the fault is worth all"],
      [65_535, "no more than three quarters, for a fraction of more than all"],
      [2n ** 256n - 1n, "no more than three quarters, for the largest fraction"],
    ] as const) {
      it(`is ${what}: ${fractionBps} (ATK-ROL-2)`, async () => {
        const { f, lease, claim } = await loadFixture(claimedFixture);
        const worth = fractionBps < 10_000n ? Number(fractionBps) : 10_000;
        const penalty = slashOf(lease.collateral, worth, 0, reachOf(lease.collateral));
        expect(penalty % MICRO).to.equal(0n);
        const [free, reserved] = await bondOf(f, lease.provider);
        expect(reserved).to.equal(lease.collateral);
        const before = await f.hold.balanceOf(f.staking);
        const ended = endClaim(f, lease, claim, { upheld: true, fractionBps });
        await expect(ended)
          .to.emit(f.market, "ClaimEnded")
          .withArgs(lease.id, lease.tenant, true, claim.held, 0, penalty, penalty, claim.filedAt);
        expect(await bondOf(f, lease.provider)).to.deep.equal([free, reserved - penalty]);
        expect((await f.hold.balanceOf(f.staking)) - before).to.equal(penalty);
        expect(await storedClaims(f.market, lease.id)).to.deep.include({
          open: 1n,
          taken: penalty / MICRO,
          punished: penalty / MICRO,
          cover: BigInt(claim.filedAt - lease.startedAt),
        });
      });
    }

    it("is answered to the module, and is none for a fraction of nothing, which covers no fault (ATK-DSP-6)", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      const slasher = f.market.connect(f.module);
      expect(await slasher.endClaim.staticCall(lease.id, claim.claimant, 3_333, true)).to.equal(
        slashOf(lease.collateral, 3_333, 0, lease.collateral),
      );
      expect(await slasher.endClaim.staticCall(lease.id, claim.claimant, 3_333, false)).to.equal(0n);
      const ended = endClaim(f, lease, claim, { upheld: true, fractionBps: 0 });
      await expect(ended)
        .to.emit(f.market, "ClaimEnded")
        .withArgs(lease.id, lease.tenant, true, claim.held, 0, 0, 0, 0);
      await expect(ended).not.to.emit(f.staking, "Penalised");
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 1n, taken: 0n, coveredUntil: 0n });
    });

    for (const [fractionBps, what] of [
      [7_501, "more than three quarters"],
      [9_999, "all but a ten-thousandth"],
      [10_000, "all of the collateral"],
      [10_001, "no more than all of it, whatever the fraction"],
    ] as const) {
      it(`is ${what} once the lease is settled, which nobody can put off: ${fractionBps}`, async () => {
        const { f, lease, claim } = await loadFixture(claimedFixture);
        await f.market.connect(lease.tenant).close(lease.id);
        await f.market.connect(f.stranger).collect([lease.id]);
        const penalty = slashOf(lease.collateral, fractionBps, 0, lease.collateral);
        const [free, reserved] = await bondOf(f, lease.provider);
        await endClaim(f, lease, claim, { upheld: true, fractionBps });
        expect((await f.staking.penaltyOf(1)).amount).to.equal(penalty);
        expect(await bondOf(f, lease.provider)).to.deep.equal([free, reserved - penalty]);
        expect(await storedClaims(f.market, lease.id)).to.include({ taken: penalty / MICRO });
      });
    }

    it("is, claim after claim, no more than three quarters until the lease is settled (ATK-ROL-2, ATK-STK-8)", async () => {
      const { f, lease, claim, challenge } = await loadFixture(claimedFixture);
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 5_000 });
      const first = slashOf(lease.collateral, 5_000, 0, lease.collateral);
      await endClaim(f, lease, challenge, { upheld: true, fractionBps: 10_000 });
      const second = slashOf(lease.collateral, 10_000, 5_000, reachOf(lease.collateral, first));
      expect((await f.staking.penaltyOf(2)).amount).to.equal(second);
      expect(first + second).to.equal(reachOf(lease.collateral));
      const third = await openClaim(f, lease, { faultStart: challenge.filedAt });
      await expect(endClaim(f, lease, third, { upheld: true, fractionBps: 10_000 }))
        .to.emit(f.market, "ClaimEnded")
        .withArgs(lease.id, lease.tenant, true, third.held, 0, 0, 10_000, third.filedAt);
      expect(await f.staking.penaltyCount()).to.equal(2n);
      const fourth = await openClaim(f, lease, { faultStart: third.filedAt });
      await f.market.connect(lease.tenant).close(lease.id);
      await f.market.collect([lease.id]);
      await endClaim(f, lease, fourth, { upheld: true, fractionBps: 10_000 });
      expect((await f.staking.penaltyOf(3)).amount).to.equal(lease.collateral - first - second);
      expect((await bondOf(f, lease.provider))[1]).to.equal(0n);
    });

    it("of the tenant's claim is split 80/20; nobody is paid before one unbonding delay (ATK-STK-4)", async () => {
      const { f, lease, claim } = await loadFixture(claimedFixture);
      const second = (await now()) + 10;
      const penalty = slashOf(lease.collateral, 3_333, 0, lease.collateral);
      const ended = at(second, () => endClaim(f, lease, claim, { upheld: true, fractionBps: 3_333 }));
      const matures = second + UNBONDING_DELAY;
      await expect(ended)
        .to.emit(f.staking, "Penalised")
        .withArgs(1, f.market, lease.provider, lease.tenant, ZeroAddress, f.treasury, penalty, matures);
      const { tenant, treasury } = penaltyParts(penalty, false);
      await expect(at(matures - 1, () => f.staking.connect(lease.tenant).claimPenalties([1n], lease.tenant)))
        .to.be.revertedWithCustomError(f.staking, "StakingPenaltyNotMatured")
        .withArgs(1, matures, matures - 1);
      await moveTo(matures);
      for (const [payee, part] of [
        [lease.tenant, tenant],
        [f.treasury, treasury],
      ] as const) {
        await expect(f.staking.connect(payee).claimPenalties([1n], payee)).to.changeTokenBalance(f.hold, payee, part);
      }
    });

    it("of a challenger's claim is split 60/20/20", async () => {
      const { f, lease, challenge } = await loadFixture(claimedFixture);
      const second = (await now()) + 10;
      const penalty = slashOf(lease.collateral, 3_333, 0, lease.collateral);
      const ended = at(second, () => endClaim(f, lease, challenge, { upheld: true, fractionBps: 3_333 }));
      const matures = second + UNBONDING_DELAY;
      await expect(ended)
        .to.emit(f.staking, "Penalised")
        .withArgs(1, f.market, lease.provider, lease.tenant, f.stranger, f.treasury, penalty, matures);
      await moveTo(matures);
      const { tenant, challenger, treasury } = penaltyParts(penalty, true);
      expect(tenant + challenger + treasury).to.equal(penalty);
      for (const [payee, part] of [
        [lease.tenant, tenant],
        [f.stranger, challenger],
        [f.treasury, treasury],
      ] as const) {
        await expect(f.staking.connect(payee).claimPenalties([1n], payee)).to.changeTokenBalance(f.hold, payee, part);
      }
    });

    it("joins the provider's record, and no claim that fails does", async () => {
      const { f, lease, claim, challenge } = await loadFixture(claimedFixture);
      const penalty = slashOf(lease.collateral, 2_500, 0, lease.collateral);
      await expect(endClaim(f, lease, claim, { upheld: true }))
        .to.emit(f.records, "RecordAdded")
        .withArgs(f.market, lease.provider, [0, 0, 0, 0, penalty]);
      await expect(endClaim(f, lease, challenge, { upheld: false })).not.to.emit(f.records, "RecordAdded");
      expect(await f.records.recordOf(f.market, lease.provider)).to.deep.equal([0n, 0n, 0n, 0n, penalty]);
    });

    it("and the fee go to the treasury of the day that the lease was opened (INV-LSE-9, INV-STK-5)", async () => {
      const { f, lease, claim, challenge } = await loadFixture(claimedFixture);
      const terms = { ...DEFAULT_TERMS, treasury: f.keeper.address };
      await f.market.connect(f.admin).publishTerms(terms, { ...DEFAULT_WEIGHTS, cpu: 9n });
      await endClaim(f, lease, claim, { upheld: false });
      expect(await f.escrow.freeOf(lease.token, f.treasury)).to.equal(partOf(claim.held, FEE_BPS));
      await endClaim(f, lease, challenge, { upheld: true });
      const { treasury, amount } = await f.staking.penaltyOf(1);
      expect([treasury, amount]).to.deep.equal([
        f.treasury.address,
        slashOf(lease.collateral, 2_500, 0, lease.collateral),
      ]);
    });
  });
});
