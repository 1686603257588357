import { expect } from "chai";

import {
  claimable,
  claimableFixture,
  claimFixture,
  type ClaimMarket,
  endClaim,
  heldOf,
  MICRO,
  openClaim,
  PRICE,
  reachOf,
  slashOf,
} from "../helpers/claims";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, costOf, Earnings, earnedOf, feeOf, netOf, partOf } from "../helpers/money";
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

/** Resizes in that second; the provider is seen in the one before. */
async function resizeAt(f: ClaimMarket, lease: ActiveLease, second: number, units: number) {
  await at(second - 1, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
  return at(second, () => f.market.connect(lease.tenant).resize(lease.id, units, MOST_PRICE, ANY_COST));
}

/** The least collateral of a lease of which claims took `taken`: a quarter of it is left for the service credit. */
const leastOf = (taken: bigint): bigint => ((4n * (taken / MICRO) + 2n) / 3n) * MICRO;

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
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 7_000 });
      const taken = slashOf(lease.collateral, 7_000, 0, lease.collateral);
      await expectCollateral(f, lease, collateralFor(5), collateralFor(5) - taken);
    });

    it("down, while a claim is open: all of the collateral stays for it (INV-DSP-2, INV-STK-5)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease, { claimant: f.stranger });
      const bond = await bondOf(f, lease.provider);
      await resizeAt(f, lease, lease.startedAt + 400, 2);
      await resizeAt(f, lease, lease.startedAt + 402, 1);
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
      await expectCollateral(f, lease, lease.collateral, lease.collateral);
      expect(await storedHistory(f.market, lease.id)).to.include({ lagging: 1n });
      // What it takes is of all that it was filed on: more than the one unit that is left is worth.
      const ended = endClaim(f, lease, claim, { upheld: true, fractionBps: 7_000 });
      const taken = slashOf(lease.collateral, 7_000, 0, lease.collateral);
      expect(taken).to.be.greaterThan(collateralFor(1));
      const left = leastOf(taken);
      await expect(ended).to.emit(f.market, "CollateralLowered").withArgs(lease.id, left);
      await expectCollateral(f, lease, left, left - taken);
      expect(await storedHistory(f.market, lease.id)).to.include({ lagging: 0n });
      expect((await bondOf(f, lease.provider))[0]).to.equal(bond[0] + lease.collateral - left);
    });

    it("down, before a claim that was not upheld: its share returns when the last claim ends", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease);
      const other = await openClaim(f, lease, { claimant: f.stranger });
      await resizeAt(f, lease, lease.startedAt + 400, 2);
      await expect(endClaim(f, lease, claim, { upheld: false })).not.to.emit(f.market, "CollateralLowered");
      await expectCollateral(f, lease, lease.collateral, lease.collateral);
      await expect(endClaim(f, lease, other, { upheld: false }))
        .to.emit(f.market, "CollateralLowered")
        .withArgs(lease.id, collateralFor(2));
      await expectCollateral(f, lease, collateralFor(2), collateralFor(2));
      await resizeAt(f, lease, lease.startedAt + 500, 1);
      await expectCollateral(f, lease, collateralFor(1), collateralFor(1));
    });

    for (const [fractionBps, kept] of [
      [2_500, 2],
      [2_500, 1],
      [3_333, 1],
      [3_334, 1],
      [5_000, 2],
      [5_000, 1],
      [7_500, 2],
      [7_500, 1],
      [10_000, 1],
    ] as const) {
      it(`down to ${kept} of 3, after ${fractionBps}: room for the service credit stays (INV-STK-2, INV-LSE-10)`, async () => {
        const { f, lease } = await loadFixture(claimableFixture);
        const claim = await openClaim(f, lease);
        await endClaim(f, lease, claim, { upheld: true, fractionBps });
        const taken = slashOf(lease.collateral, fractionBps, 0, reachOf(lease.collateral));
        const [free] = await bondOf(f, lease.provider);
        await resizeAt(f, lease, lease.startedAt + 400, kept);
        const share = shareOf(lease.collateral, BigInt(kept), 3n);
        const least = leastOf(taken);
        const collateral = share > least ? share : least;
        expect(collateral).to.be.at.most(lease.collateral);
        expect(collateral - taken).to.be.at.least((collateral / MICRO / 4n) * MICRO);
        await expectCollateral(f, lease, collateral, collateral - taken);
        expect(await bondOf(f, lease.provider)).to.deep.equal([
          free + lease.collateral - collateral,
          collateral - taken,
        ]);

        // Growing again reserves for the new units alone; a later fault reaches what is left but for the credit, no more.
        await resizeAt(f, lease, lease.startedAt + 500, 4);
        const grown = collateral + collateralFor(4 - kept);
        await expectCollateral(f, lease, grown, grown - taken);
        const later = await openClaim(f, lease, { claimant: f.stranger, faultStart: lease.startedAt + 500 });
        expect(later.collateral).to.equal(grown / MICRO);
        await endClaim(f, lease, later, { upheld: true, fractionBps: 10_000 });
        const most = reachOf(grown, taken);
        await expectCollateral(f, lease, grown, grown - taken - most);
      });
    }

    it("pays the provider what no claim holds, and the fee adds up at the end (INV-LSE-2, INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const people = [lease.provider, f.treasury, f.module];
      const claim = await openClaim(f, lease, { faultStart: lease.startedAt + 123, filedAt: lease.startedAt + 300 });
      const first = heldOf(lease.rate, { billed: 300, sinceFault: 177 });
      const resizing = () => resizeAt(f, lease, lease.startedAt + 450, 5);
      const before = Earnings.NONE.plus(lease.rate, 450, FEE_BPS);
      const paidThen = before.net - netOf(lease.rate, 177, FEE_BPS);
      const feeThen = before.fee - first.fee;
      expect(await movements(f, lease.token, people, resizing)).to.deep.equal([
        [paidThen, 0n],
        [feeThen, 0n],
        [0n, 0n],
      ]);
      expect(await storedClaims(f.market, lease.id)).to.include({ aside: 0n });
      expect(claim.held).to.equal(first.held);
      expect((await f.lens.leaseView(lease.id)).locked).to.equal(
        (await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked - claim.held,
      );
      await endClaim(f, lease, claim, { upheld: false });

      const rate = 5n * PRICE;
      const next = await openClaim(f, lease, { filedAt: lease.startedAt + 520 });
      const second = heldOf(rate, { billed: 70, sinceFault: 70, before });
      expect(next.held).to.equal(second.held);
      await at(lease.startedAt + 590, () => f.market.connect(lease.tenant).close(lease.id));
      const all = before.plus(rate, 140, FEE_BPS);
      const fee = all.fee - before.fee - second.fee;
      const paid = all.whole - before.whole - next.held - fee;
      expect(await movements(f, lease.token, people, () => f.market.collect([lease.id]))).to.deep.equal([
        [paid, 0n],
        [fee, 0n],
        [0n, 0n],
      ]);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(next.held);
      await endClaim(f, lease, next, { upheld: true });
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

    it("at another rate and fee while a claim is open: what is held keeps its fee, the lease has the new one", async () => {
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
      expect(await storedLease(f.market, lease.id)).to.include({ rate, feeBps: OTHER_FEE, paidSeconds: 0n });
      expect(await storedClaims(f.market, lease.id)).to.include({ aside: 0n, open: 1n });
      const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      const rest = 2 * LASTS - RENEWED;
      const before = Earnings.NONE.plus(lease.rate, RENEWED, FEE_BPS);
      expect(locked).to.equal(costOf(rate, rest, before.carriedX32) + lease.bounty + claim.held);
      expect((await f.lens.leaseView(lease.id)).locked).to.equal(locked - claim.held);

      // The old treasury, at the old fee, whatever the terms are now.
      const heldFee = partOf(claim.held, FEE_BPS);
      expect(await movements(f, lease.token, people, () => endClaim(f, lease, claim, { upheld: false }))).to.deep.equal(
        [
          [claim.held - heldFee, 0n],
          [heldFee, 0n],
          [0n, 0n],
          [0n, 0n],
        ],
      );

      // A fault from before the renewal holds what was earned since: everything before it was paid.
      const next = await openClaim(f, lease, { filedAt: lease.startedAt + RENEWED + 200 });
      expect(next.held).to.equal(heldOf(rate, { billed: 200, sinceFault: 200, before }).held);
      expect((await f.market.claimOf(lease.id, lease.tenant)).feeBps).to.equal(OTHER_FEE);
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
        const before = Earnings.NONE.plus(lease.rate, RENEWED, FEE_BPS);
        const all = before.plus(lease.rate, 2 * LASTS - RENEWED, OTHER_FEE);
        expect(
          await movements(f, lease.token, [lease.tenant, lease.provider, f.treasury], () =>
            f.market.collect([lease.id]),
          ),
        ).to.deep.equal([
          [0n, before.whole - all.whole],
          [all.net - before.net, 0n],
          [all.fee - before.fee, 0n],
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
      // The same fault, told by somebody else and worth all of it, costs more of what there was when it began.
      const again = await openClaim(f, lease, { claimant: f.stranger });
      expect(again.collateral * MICRO).to.equal(lease.collateral);
      await endClaim(f, lease, again, { upheld: true, fractionBps: 10_000 });
      const second = slashOf(lease.collateral, 10_000, 5_000, reachOf(more, taken));
      expect((await f.staking.penaltyOf(2)).amount).to.equal(second);
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
