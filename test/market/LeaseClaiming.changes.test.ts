import { expect } from "chai";

import {
  claimable,
  claimableFixture,
  claimFixture,
  type ClaimMarket,
  earnedWith,
  endClaim,
  heldOf,
  MICRO,
  openClaim,
  PRICE,
  slashOf,
} from "../helpers/claims";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, costOf, earnedOf, feeOf, netOf, partOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DEFAULT_RESOURCES, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, HOUR } from "../helpers/parameters";
import { type ActiveLease, bondOf, marketAs, movements, serve } from "../helpers/scene";
import { at } from "../helpers/time";
import { storedClaims, storedHistory, storedLease } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;
const OTHER_FEE = 700n;

const collateralFor = (units: number): bigint => collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, units);

/** `part` of `whole` units of a collateral, rounded up to millionths of a HOLD. */
const shareOf = (collateral: bigint, part: bigint, whole: bigint): bigint =>
  (((collateral / MICRO) * part + whole - 1n) / whole) * MICRO;

const resizeAt = (f: ClaimMarket, lease: ActiveLease, second: number, units: number) =>
  at(second, () => f.market.connect(lease.tenant).resize(lease.id, units, MOST_PRICE, ANY_COST));

async function expectCollateral(
  f: ClaimMarket,
  lease: ActiveLease,
  collateral: bigint,
  reserved: bigint,
): Promise<void> {
  expect((await storedHistory(f.market, lease.id)).collateralUnits).to.equal(collateral / MICRO);
  expect((await bondOf(f, lease.provider))[1]).to.equal(reserved);
  expect((await f.lens.leaseView(lease.id)).collateral).to.equal(reserved);
}

describe("LeaseClaiming: changes of a lease beside a claim (ATK-LSE-13)", () => {
  describe("resized", () => {
    it("up, while a claim is open: more is reserved, and the claim reaches what it was filed on (INV-STK-2)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease, { filedAt: lease.startedAt + 300 });
      await resizeAt(f, lease, lease.startedAt + 400, 5);
      await expectCollateral(f, lease, collateralFor(5), collateralFor(5));
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 10_000 });
      await expectCollateral(f, lease, collateralFor(5), collateralFor(2));
    });

    it("down, while a claim is open: all of the collateral stays for it (INV-DSP-2, INV-STK-5)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease, { claimant: f.stranger });
      const bond = await bondOf(f, lease.provider);
      await resizeAt(f, lease, lease.startedAt + 400, 2);
      await resizeAt(f, lease, lease.startedAt + 401, 1);
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
      await expectCollateral(f, lease, lease.collateral, lease.collateral);
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 10_000 });
      await expectCollateral(f, lease, lease.collateral, 0n);
    });

    it("down, after a claim that was not upheld: its share returns", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease);
      await resizeAt(f, lease, lease.startedAt + 400, 2);
      await endClaim(f, lease, claim, { upheld: false });
      await expectCollateral(f, lease, lease.collateral, lease.collateral);
      // What stayed while the claim was open is the collateral of two units now, of which one half goes.
      const half = shareOf(lease.collateral, 1n, 2n);
      await resizeAt(f, lease, lease.startedAt + 500, 1);
      await expectCollateral(f, lease, half, half);
    });

    for (const [fractionBps, kept] of [
      [2_500, 2],
      [3_333, 1],
      [3_334, 1],
      [5_000, 2],
      [5_000, 1],
      [10_000, 2],
      [10_000, 1],
    ] as const) {
      it(`down to ${kept} of 3, after ${fractionBps} were taken: never below what was taken (INV-STK-2)`, async () => {
        const { f, lease } = await loadFixture(claimableFixture);
        const claim = await openClaim(f, lease);
        await endClaim(f, lease, claim, { upheld: true, fractionBps });
        const taken = slashOf(lease.collateral, fractionBps, 0, lease.collateral);
        const [free] = await bondOf(f, lease.provider);
        await resizeAt(f, lease, lease.startedAt + 400, kept);
        const share = shareOf(lease.collateral, BigInt(kept), 3n);
        const collateral = share > taken ? share : taken;
        await expectCollateral(f, lease, collateral, collateral - taken);
        expect(await bondOf(f, lease.provider)).to.deep.equal([
          free + lease.collateral - collateral,
          collateral - taken,
        ]);

        // Growing again reserves for the new units alone; a later fault reaches what is left, and no more.
        await resizeAt(f, lease, lease.startedAt + 500, 4);
        const grown = collateral + collateralFor(4 - kept);
        await expectCollateral(f, lease, grown, grown - taken);
        const later = await openClaim(f, lease, { claimant: f.stranger, faultStart: lease.startedAt + 500 });
        expect(later.collateral).to.equal(grown / MICRO);
        await endClaim(f, lease, later, { upheld: true, fractionBps: 10_000 });
        await expectCollateral(f, lease, grown, 0n);
      });
    }

    it("pays the provider what no claim holds, and the fee adds up at the end (INV-LSE-2, INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const people = [lease.provider, f.treasury, f.module];
      const claim = await openClaim(f, lease, { faultStart: lease.startedAt + 123, filedAt: lease.startedAt + 300 });
      const first = heldOf(lease.rate, { billed: 300, sinceFault: 177 });
      const resizing = () => resizeAt(f, lease, lease.startedAt + 450, 5);
      const before = earnedOf(lease.rate, 450);
      const paidThen = before - partOf(before, FEE_BPS) - netOf(lease.rate, 177, FEE_BPS);
      expect(await movements(f, lease.token, people, resizing)).to.deep.equal([
        [paidThen, 0n],
        [0n, 0n],
        [0n, 0n],
      ]);
      expect(await storedClaims(f.market, lease.id)).to.include({ aside: first.fee });
      expect((await f.lens.leaseView(lease.id)).locked).to.equal(
        (await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked,
      );

      const rate = 5n * PRICE;
      const next = await openClaim(f, lease, { filedAt: lease.startedAt + 520 });
      const second = heldOf(rate, { billed: 70, sinceFault: 70, before });
      expect(next.held).to.equal(second.held);
      await at(lease.startedAt + 590, () => f.market.connect(lease.tenant).close(lease.id));
      const earned = earnedWith(before, rate, 140);
      const fee = partOf(earned, FEE_BPS) - first.fee - second.fee;
      const paid = earned - claim.held - next.held - paidThen - fee;
      expect(await movements(f, lease.token, people, () => f.market.collect([lease.id]))).to.deep.equal([
        [paid, 0n],
        [fee, 0n],
        [0n, 0n],
      ]);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(0n);
    });
  });

  describe("renewed", () => {
    const LASTS = 3 * HOUR;
    const RENEWED = LASTS - 1_000;

    async function renewableFixture() {
      const f = await loadFixture(claimFixture);
      const lease = await claimable(f, { duration: LASTS });
      await serve(f, lease, lease.startedAt + RENEWED - 500);
      return { f, lease };
    }

    const publish = (f: ClaimMarket, weights = DEFAULT_WEIGHTS) =>
      f.market
        .connect(f.admin)
        .publishTerms({ ...DEFAULT_TERMS, feeBps: OTHER_FEE, treasury: f.stranger.address }, weights);

    async function renewAt(f: ClaimMarket, lease: ActiveLease, second: number): Promise<void> {
      const orders = await marketAs(f, "ORDERS");
      await serve(f, lease, second);
      const caps = { maxPricePerSecondX32: MOST_PRICE, maxBounty: lease.bounty, transfers: 0n };
      const renewing = at(second, () => orders.renew([{ leaseId: lease.id, period: LASTS, ...caps }], f.keeper));
      await expect(renewing).to.emit(f.market, "LeaseRenewed");
    }

    it("at another rate and fee while a claim is open: what is held keeps the fee that it was earned at", async () => {
      const { f, lease } = await loadFixture(renewableFixture);
      const filed = RENEWED - 500;
      const claim = await openClaim(f, lease, {
        faultStart: lease.startedAt + filed - 250,
        filedAt: lease.startedAt + filed,
      });
      const { fee: aside } = heldOf(lease.rate, { billed: filed, sinceFault: 250 });
      await publish(f);
      await f.market.connect(lease.provider).setPrice(f.offerM, PRICE / 2n);

      const people = [lease.provider, f.treasury, f.stranger, f.module];
      const fee = feeOf(lease.rate, RENEWED, FEE_BPS) - aside;
      const paid = earnedOf(lease.rate, RENEWED) - claim.held - fee;
      expect(await movements(f, lease.token, people, () => renewAt(f, lease, lease.startedAt + RENEWED))).to.deep.equal(
        [
          [paid, 0n],
          [fee, 0n],
          [0n, 0n],
          [0n, 0n],
        ],
      );
      const rate = (PRICE / 2n) * 3n;
      expect(await storedLease(f.market, lease.id)).to.include({ rate, feeBps: FEE_BPS, paidSeconds: 0n });
      expect(await storedClaims(f.market, lease.id)).to.include({ aside: 0n, open: 1n });
      const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      const rest = 2 * LASTS - RENEWED;
      expect(locked).to.equal(costOf(rate, rest) + lease.bounty);
      expect((await f.lens.leaseView(lease.id)).locked).to.equal(locked);

      // The old treasury, at the old fee, whatever the terms are now.
      const heldFee = partOf(claim.held, FEE_BPS);
      expect(await movements(f, lease.token, people, () => endClaim(f, lease, claim, { upheld: false }))).to.deep.equal(
        [
          [claim.held - heldFee, 0n],
          [heldFee, 0n],
          [0n, 0n],
          [0n, -claim.held],
        ],
      );

      // A fault from before the renewal holds what was earned since: everything before it was paid.
      const next = await openClaim(f, lease, { filedAt: lease.startedAt + RENEWED + 200 });
      expect(next.held).to.equal(heldOf(rate, { billed: 200, sinceFault: 200 }).held);
      await endClaim(f, lease, next, { upheld: true });
      const end = lease.startedAt + 2 * LASTS;
      await serve(f, lease, end);
      await at(end, () => f.market.connect(f.keeper).expire([lease.id]));
      await f.market.collect([lease.id]);
      for (const account of [lease.tenant, f.module]) {
        expect((await f.escrow.moduleAccount(f.market, lease.token, account)).locked).to.equal(0n);
      }
    });

    for (const upheld of [true, false]) {
      it(`after a claim that was ${upheld ? "" : "not "}upheld: the fee is that of the new terms`, async () => {
        const { f, lease } = await loadFixture(renewableFixture);
        const filed = RENEWED - 500;
        const claim = await openClaim(f, lease, {
          faultStart: lease.startedAt + filed - 250,
          filedAt: lease.startedAt + filed,
        });
        const { fee: aside } = heldOf(lease.rate, { billed: filed, sinceFault: 250 });
        await endClaim(f, lease, claim, { upheld });
        await publish(f);
        const fee = feeOf(lease.rate, RENEWED, FEE_BPS) - aside;
        const paid = earnedOf(lease.rate, RENEWED) - claim.held - fee;
        expect(
          await movements(f, lease.token, [lease.provider, f.treasury], () =>
            renewAt(f, lease, lease.startedAt + RENEWED),
          ),
        ).to.deep.equal([
          [paid, 0n],
          [fee, 0n],
        ]);
        expect(await storedLease(f.market, lease.id)).to.include({ feeBps: OTHER_FEE, claimed: 1n });
        expect(await storedClaims(f.market, lease.id)).to.include({ aside: 0n, open: 0n });

        const end = lease.startedAt + 2 * LASTS;
        await serve(f, lease, end);
        await at(end, () => f.market.connect(f.keeper).expire([lease.id]));
        const since = 2 * LASTS - RENEWED;
        expect(
          await movements(f, lease.token, [lease.tenant, lease.provider, f.treasury], () =>
            f.market.collect([lease.id]),
          ),
        ).to.deep.equal([
          [0n, -earnedOf(lease.rate, since)],
          [netOf(lease.rate, since, OTHER_FEE), 0n],
          [feeOf(lease.rate, since, OTHER_FEE), 0n],
        ]);
      });
    }

    it("with more collateral after a penalty: no penalty is put back, and none counts twice (INV-STK-2)", async () => {
      const { f, lease } = await loadFixture(renewableFixture);
      const claim = await openClaim(f, lease, { filedAt: lease.startedAt + RENEWED - 500 });
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 5_000 });
      const taken = slashOf(lease.collateral, 5_000, 0, lease.collateral);
      const weights = { ...DEFAULT_WEIGHTS, cpu: 2n * DEFAULT_WEIGHTS.cpu };
      await publish(f, weights);
      const more = collateralOf(weights, DEFAULT_RESOURCES, 3);
      const [free] = await bondOf(f, lease.provider);
      await renewAt(f, lease, lease.startedAt + RENEWED);
      await expectCollateral(f, lease, more, more - taken);
      expect((await bondOf(f, lease.provider))[0]).to.equal(free - (more - lease.collateral));
      // The same fault, told by somebody else and worth all of it, costs the other half of what it is a part of now.
      const again = await openClaim(f, lease, { claimant: f.stranger });
      await endClaim(f, lease, again, { upheld: true, fractionBps: 10_000 });
      expect((await f.staking.penaltyOf(2)).amount).to.equal(slashOf(more, 10_000, 5_000, more - taken));
    });

    it("at its rate and terms: the claim stays as it is, and the accumulator goes on (INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(renewableFixture);
      const claim = await openClaim(f, lease, { filedAt: lease.startedAt + RENEWED - 500 });
      const before = await storedClaims(f.market, lease.id);
      await renewAt(f, lease, lease.startedAt + RENEWED);
      expect(await storedClaims(f.market, lease.id)).to.deep.equal(before);
      await at(lease.startedAt + RENEWED + 60, () => f.market.collect([lease.id]));
      const live = RENEWED + 60;
      const paid = netOf(lease.rate, live, FEE_BPS) - netOf(lease.rate, RENEWED - 500, FEE_BPS);
      expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(paid);
      expect(claim.held).to.equal(earnedOf(lease.rate, RENEWED - 500));
    });
  });
});
