import { expect } from "chai";

import {
  claimable,
  claimableFixture,
  type ClaimMarket,
  endClaim,
  openClaim,
  type OpenedClaim,
  PRICE,
  slashOf,
} from "../helpers/claims";
import { loadFixture } from "../helpers/loadFixture";
import { partOf } from "../helpers/money";
import { FEE_BPS } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, offerOf } from "../helpers/scene";
import { now } from "../helpers/time";
import { storedClaims } from "../helpers/words";

describe("LeaseClaiming: many claims, and hostile modules", () => {
  describe("several upheld claims (ATK-DSP-3, INV-STK-2)", () => {
    /** A claim that began and was filed so long after the start, by somebody new each time. */
    const claimOf = (f: ClaimMarket, lease: ActiveLease, i: number, fault: number, filed: number) =>
      openClaim(f, lease, {
        claimant: [f.stranger, f.keeper, f.tenantB][i]!,
        faultStart: lease.startedAt + fault,
        filedAt: lease.startedAt + filed,
      });

    /** Ends claims one after the other; returns what each took, in wei. */
    async function upholdAll(f: ClaimMarket, lease: ActiveLease, claims: (readonly [OpenedClaim, number])[]) {
      const taken: bigint[] = [];
      for (const [claim, fractionBps] of claims) {
        const count = await f.staking.penaltyCount();
        await endClaim(f, lease, claim, { upheld: true, fractionBps });
        const penalised = (await f.staking.penaltyCount()) > count;
        taken.push(penalised ? (await f.staking.penaltyOf(count + 1n)).amount : 0n);
      }
      return taken;
    }

    for (const [first, second, order] of [
      [2_500, 5_000, "as filed"],
      [5_000, 2_500, "as filed"],
      [3_333, 3_333, "as filed"],
      [2_500, 5_000, "the later first"],
      [5_000, 2_500, "the later first"],
      [3_333, 3_334, "the later first"],
    ] as const) {
      it(`of one fault cost what the worse is worth: ${first} and ${second}, ended ${order}`, async () => {
        const { f, lease } = await loadFixture(claimableFixture);
        const a = [await claimOf(f, lease, 0, 100, 300), first] as const;
        const b = [await claimOf(f, lease, 1, 150, 400), second] as const;
        const ended = order === "as filed" ? [a, b] : [b, a];
        const C = lease.collateral;
        const [one, two] = [ended[0]![1], ended[1]![1]];
        expect(await upholdAll(f, lease, ended)).to.deep.equal([slashOf(C, one, 0, C), slashOf(C, two, one, C)]);
        // Only the one that was punished in full covers the time until it was filed.
        expect(await storedClaims(f.market, lease.id)).to.include({
          open: 0n,
          punishedBps: BigInt(Math.max(one, two)),
          coveredUntil: BigInt(ended[0]![0].filedAt),
        });
      });
    }

    for (const [fault, before] of [
      [299, 5_000],
      [300, 0],
      [301, 0],
    ] as const) {
      const words = before === 0 ? "in full" : "nothing";

      it(`a fault that began in second ${fault} costs ${words} after one was punished that was filed in 300`, async () => {
        const { f, lease } = await loadFixture(claimableFixture);
        const a = await claimOf(f, lease, 0, 100, 300);
        const b = await claimOf(f, lease, 1, fault, 400);
        const C = lease.collateral;
        expect(
          await upholdAll(f, lease, [
            [a, 5_000],
            [b, 2_500],
          ]),
        ).to.deep.equal([slashOf(C, 5_000, 0, C), slashOf(C, 2_500, before, C)]);
        expect(await storedClaims(f.market, lease.id)).to.include(
          before === 0
            ? { punishedBps: 2_500n, coveredUntil: BigInt(b.filedAt) }
            : { punishedBps: 5_000n, coveredUntil: BigInt(a.filedAt) },
        );
      });
    }

    it("a difference that was taken covers no more time: a fault from after the first filing costs in full", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const a = await claimOf(f, lease, 0, 100, 300);
      const b = await claimOf(f, lease, 1, 200, 400);
      const c = await claimOf(f, lease, 2, 300, 500);
      const C = lease.collateral;
      expect(
        await upholdAll(f, lease, [
          [a, 1_000],
          [b, 4_000],
          [c, 3_000],
        ]),
      ).to.deep.equal([slashOf(C, 1_000, 0, C), slashOf(C, 4_000, 1_000, C), slashOf(C, 3_000, 0, C)]);
      expect(await storedClaims(f.market, lease.id)).to.include({
        punishedBps: 3_000n,
        coveredUntil: BigInt(c.filedAt),
      });
    });

    it("never take more than the collateral, however many and however late (ATK-STK-3, INV-DSP-2)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claims = [];
      for (let i = 0; i < 3; ++i) claims.push(await claimOf(f, lease, i, 100 * i + 100, 100 * i + 150));
      const C = lease.collateral;
      const part = slashOf(C, 4_444, 0, C);
      expect(
        await upholdAll(f, lease, [
          [claims[0]!, 4_444],
          [claims[1]!, 4_444],
          [claims[2]!, 4_444],
        ]),
      ).to.deep.equal([part, part, C - 2n * part]);
      const more = await claimOf(f, lease, 0, 500, 550);
      expect(await upholdAll(f, lease, [[more, 10_000]])).to.deep.equal([0n]);
      expect((await bondOf(f, lease.provider))[1]).to.equal(0n);
      expect((await f.records.recordOf(f.market, lease.provider)).slashed).to.equal(C);
    });

    it("reach no bond of another lease of the same provider (ATK-STK-5, INV-STK-4)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const other = await claimable(f, { units: 7 });
      const [free, reserved] = await bondOf(f, lease.provider);
      for (let i = 0; i < 2; ++i) {
        const claim = await openClaim(f, lease, { claimant: f.stranger, faultStart: (await now()) - 1 });
        await endClaim(f, lease, claim, { upheld: true, fractionBps: 10_000, collateral: 2n ** 100n });
      }
      expect(await bondOf(f, lease.provider)).to.deep.equal([free, reserved - lease.collateral]);
      expect(reserved - lease.collateral).to.equal(other.collateral);
    });

    it("find the collateral though the provider unbonded all that was free (ATK-STK-4, INV-STK-5)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease);
      const [free] = await bondOf(f, lease.provider);
      await f.staking.connect(lease.provider).startUnbonding(f.market, free);
      await expect(f.staking.connect(lease.provider).startUnbonding(f.market, 1n))
        .to.be.revertedWithCustomError(f.staking, "StakingInsufficientFree")
        .withArgs(f.market, lease.provider, 0, 1);
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 10_000 });
      expect((await f.staking.penaltyOf(1)).amount).to.equal(lease.collateral);
      expect((await f.staking.unbondingOf(lease.provider)).amount).to.equal(free);
    });
  });

  describe("hostile slashing modules (ATK-ESC-1, ATK-STK-8, INV-DSP-2)", () => {
    /** Two leases of one tenant whose claims two modules hold earnings of; `otherModule` holds more. */
    async function twoModulesFixture() {
      const { f, lease } = await loadFixture(claimableFixture);
      const offer = await offerOf(f, { slasher: f.otherModule.address, price: PRICE });
      const other = await activeLease(f, { offer, units: 5, duration: 7_200 });
      const claim = await openClaim(f, lease);
      const theirs = await openClaim(f, other, { by: f.otherModule, filedAt: other.startedAt + 500 });
      return { f, lease, claim, other, theirs };
    }

    it("reach nothing that another module holds, however much they say that they hold", async () => {
      const { f, lease, claim, other, theirs } = await loadFixture(twoModulesFixture);
      for (const upheld of [true, false]) {
        for (const held of [claim.held + 1n, claim.held + theirs.held]) {
          await expect(endClaim(f, lease, claim, { upheld, held }))
            .to.be.revertedWithCustomError(f.escrow, "EscrowInsufficientLocked")
            .withArgs(f.market, lease.token, f.module, claim.held, held);
        }
        // Amounts that pass the 128 bits of a movement: what runs over is missing in the balance of the settlement.
        for (const held of [2n ** 128n, 2n ** 128n + claim.held]) {
          const fee = upheld ? 0n : partOf(held, FEE_BPS);
          const given = 1n + ((held - fee) % 2n ** 128n) + fee;
          await expect(endClaim(f, lease, claim, { upheld, held }))
            .to.be.revertedWithCustomError(f.escrow, "EscrowUnbalanced")
            .withArgs(lease.token, held % 2n ** 128n, given);
        }
      }
      await expect(endClaim(f, other, theirs, { upheld: true }))
        .to.be.revertedWithCustomError(f.market, "MarketNotSlasher")
        .withArgs(other.id, f.otherModule, f.module);
      expect((await f.escrow.moduleAccount(f.market, lease.token, f.otherModule)).locked).to.equal(theirs.held);
      expect((await f.escrow.moduleAccount(f.market, lease.token, f.module)).locked).to.equal(claim.held);
    });

    it("take no more of a lease's collateral than there is, and nothing of its tenant's lock", async () => {
      const { f, lease, claim } = await loadFixture(twoModulesFixture);
      const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      const greedy = { upheld: true, fractionBps: 65_535, collateral: 2n ** 128n, tenant: f.module.address };
      await endClaim(f, lease, claim, { ...greedy, claimant: f.module.address });
      expect((await f.staking.penaltyOf(1)).amount).to.equal(lease.collateral);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(locked);
      await expect(endClaim(f, lease, claim, greedy))
        .to.be.revertedWithCustomError(f.market, "MarketNoOpenClaim")
        .withArgs(lease.id);
    });
  });
});
