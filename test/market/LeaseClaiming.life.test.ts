import { expect } from "chai";

import {
  claimable,
  claimableFixture,
  claimFixture,
  type ClaimMarket,
  endClaim,
  heldOf,
  openClaim,
  PRICE,
  sendClaim,
  slashOf,
} from "../helpers/claims";
import { NO_CEILING } from "../helpers/fixture";
import { EndReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, earnedOf, feeOf, netOf, partOf } from "../helpers/money";
import { DAY, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { type ActiveLease, fund, movements, offerOf, serve } from "../helpers/scene";
import { at, ROOM, together } from "../helpers/time";
import { storedLease } from "../helpers/words";

const NOTHING = [0n, 0n] as const;

/** A running lease of three units for a day, and its tenant's claim for seconds 100 to 400, which nobody was paid for. */
async function heldFixture() {
  const { f, lease } = await loadFixture(claimableFixture);
  const claim = await openClaim(f, lease, { faultStart: lease.startedAt + 100, filedAt: lease.startedAt + 400 });
  const { held, fee } = heldOf(lease.rate, { billed: 400, sinceFault: 300 });
  return { f, lease, claim, held, aside: fee };
}

/** A running lease whose offer has a minimum of an hour. */
async function minimumFixture() {
  const f = await loadFixture(claimFixture);
  const offer = await offerOf(f, { slasher: f.module.address, price: PRICE, minDuration: HOUR });
  return { f, lease: await claimable(f, { offer }) };
}

const lockOf = async (f: ClaimMarket, lease: ActiveLease, account: { address: string } = lease.tenant) =>
  (await f.escrow.moduleAccount(f.market, lease.token, account.address)).locked;

describe("LeaseClaiming: the life of a lease beside a claim (INV-LSE-2)", () => {
  describe("while it runs", () => {
    it("is extended at its rate, by anybody's money", async () => {
      const { f, lease, held } = await loadFixture(heldFixture);
      const cost = costOf(lease.rate, 25 * HOUR) - costOf(lease.rate, 24 * HOUR);
      await fund(f, f.stranger, cost, NO_CEILING);
      const extending = () => f.market.connect(f.stranger).extend(lease.id, lease.tenant, HOUR, cost);
      expect(await movements(f, lease.token, [f.stranger, lease.tenant, f.module], extending)).to.deep.equal([
        [-cost, 0n],
        [0n, cost],
        NOTHING,
      ]);
      expect((await f.lens.leaseView(lease.id)).locked).to.equal((await lockOf(f, lease)) - held);
    });

    it("is transferred with all that is locked for it but what is held (ATK-LSE-9)", async () => {
      const { f, lease, claim, held } = await loadFixture(heldFixture);
      await f.market.connect(lease.tenant).offerTransfer(lease.id, f.tenantB);
      await at(lease.startedAt + 500, () => f.market.collect([lease.id]));
      const paid = netOf(lease.rate, 500, FEE_BPS) - netOf(lease.rate, 300, FEE_BPS);
      const locked = lease.locked - held - paid;
      const accepting = async () => {
        await expect(f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n))
          .to.emit(f.market, "LeaseTransferred")
          .withArgs(lease.id, lease.tenant, f.tenantB, locked);
      };
      expect(await movements(f, lease.token, [lease.tenant, f.tenantB, f.module], accepting)).to.deep.equal([
        [0n, -locked],
        [0n, locked],
        NOTHING,
      ]);
      expect(await lockOf(f, lease)).to.equal(held);

      // The dispute keeps the old tenant as its party: what was held is its own, and so is its part of the penalty.
      const ending = () => endClaim(f, lease, claim, { upheld: true });
      expect(await movements(f, lease.token, [lease.tenant, f.tenantB, f.module], ending)).to.deep.equal([
        [held, -held],
        NOTHING,
        NOTHING,
      ]);
      expect((await f.staking.penaltyOf(1)).tenant).to.equal(lease.tenant);

      await f.market.connect(f.tenantB).close(lease.id);
      await f.market.collect([lease.id]);
      expect(await lockOf(f, lease, f.tenantB)).to.equal(0n);
    });

    it("its next tenant claims beside the old one, and holds what was earned since (ATK-LSE-9)", async () => {
      const { f, lease, claim } = await loadFixture(heldFixture);
      await f.market.connect(lease.tenant).offerTransfer(lease.id, f.tenantB);
      await f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n);
      const filedAt = lease.startedAt + 550;
      await expect(sendClaim(f, lease, { filedAt: filedAt - 1 }))
        .to.be.revertedWithCustomError(f.market, "MarketClaimOpen")
        .withArgs(lease.id, lease.tenant);
      const next = await openClaim(f, lease, { claimant: f.tenantB, filedAt });
      expect(next.held).to.equal(heldOf(lease.rate, { billed: 550, paid: 300, sinceFault: 550 }).held);
      expect(next.tenant).to.equal(f.tenantB);
      // Upheld, the first makes the second worth nothing but what it held: one fault is punished once.
      await endClaim(f, lease, claim, { upheld: true });
      const ending = () => endClaim(f, lease, next, { upheld: true });
      expect(await movements(f, lease.token, [lease.tenant, f.tenantB, f.module], ending)).to.deep.equal([
        NOTHING,
        [next.held, -next.held],
        NOTHING,
      ]);
      expect(await f.staking.penaltyCount()).to.equal(1n);

      // Now the former tenant is anybody: it holds nothing, and a penalty would be the present tenant's for the most part.
      const old = await openClaim(f, lease, { faultStart: filedAt + 1 });
      expect(old.held).to.equal(0n);
      await endClaim(f, lease, old, { upheld: true });
      const { tenant, challenger } = await f.staking.penaltyOf(2);
      expect([tenant, challenger]).to.deep.equal([f.tenantB.address, lease.tenant.address]);
    });

    for (const [first, held] of [
      ["the transfer", 0],
      ["the claim", 400],
    ] as const) {
      it(`a claim in the second of a transfer sees the tenant of its moment: ${first} first (ATK-LSE-9)`, async () => {
        const { f, lease } = await loadFixture(claimableFixture);
        await f.market.connect(lease.tenant).offerTransfer(lease.id, f.tenantB);
        const acts = [
          () => f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n, ROOM),
          () => f.market.connect(f.module).openClaim(lease.id, lease.tenant, lease.startedAt, ROOM),
        ];
        if (held > 0) acts.reverse();
        expect(await together(lease.startedAt + 400, ...acts)).to.deep.equal(["done", "done"]);
        expect(await lockOf(f, lease, f.module)).to.equal(0n);
        expect(await lockOf(f, lease, f.tenantB)).to.equal(lease.locked - earnedOf(lease.rate, held));
        expect(await lockOf(f, lease)).to.equal(earnedOf(lease.rate, held));
        const { tenant, held: recorded } = await f.market.claimOf(lease.id, lease.tenant);
        const then = first === "the claim" ? lease.tenant : f.tenantB;
        expect([tenant, recorded]).to.deep.equal([then.address, earnedOf(lease.rate, held)]);
      });
    }
  });

  describe("at its end", () => {
    for (const upheld of [true, false]) {
      it(`expires and is collected as ever, and then the claim is ${upheld ? "" : "not "}upheld`, async () => {
        const { f, lease, claim, held, aside } = await loadFixture(heldFixture);
        await serve(f, lease, lease.end);
        const earned = earnedOf(lease.rate, DAY);
        const refund = costOf(lease.rate, DAY) - earned;
        const people = [lease.tenant, lease.provider, f.treasury, f.keeper, f.module];
        const expiring = () => at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
        expect(await movements(f, lease.token, people, expiring)).to.deep.equal([
          [refund, -refund - lease.bounty],
          NOTHING,
          NOTHING,
          [lease.bounty, 0n],
          NOTHING,
        ]);
        const fee = feeOf(lease.rate, DAY, FEE_BPS) - aside;
        const paid = earned - held - fee;
        expect(await movements(f, lease.token, people, () => f.market.collect([lease.id]))).to.deep.equal([
          [0n, -paid - fee],
          [paid, 0n],
          [fee, 0n],
          NOTHING,
          NOTHING,
        ]);
        expect(await lockOf(f, lease)).to.equal(held);
        const heldFee = partOf(held, FEE_BPS);
        const ending = () => endClaim(f, lease, claim, { upheld });
        expect(await movements(f, lease.token, people, ending)).to.deep.equal([
          [upheld ? held : 0n, -held],
          [upheld ? 0n : held - heldFee, 0n],
          [upheld ? 0n : heldFee, 0n],
          NOTHING,
          NOTHING,
        ]);
      });
    }

    it("bills the minimum to a tenant who closes while a claim is merely open", async () => {
      const { f, lease } = await loadFixture(minimumFixture);
      await openClaim(f, lease, { claimant: f.stranger });
      await at(lease.startedAt + 300, () => f.market.connect(lease.tenant).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({
        reason: EndReason.ClosedByTenant,
        mark: BigInt(HOUR),
      });
    });

    it("bills it after a claim that was not upheld", async () => {
      const { f, lease } = await loadFixture(minimumFixture);
      const claim = await openClaim(f, lease);
      await endClaim(f, lease, claim, { upheld: false });
      await at(lease.startedAt + 300, () => f.market.connect(lease.tenant).close(lease.id));
      expect(await storedLease(f.market, lease.id)).to.include({
        reason: EndReason.ClosedByTenant,
        mark: BigInt(HOUR),
      });
    });

    for (const claimant of ["its tenant's", "a challenger's"] as const) {
      it(`bills none after ${claimant} claim was upheld, and tells why it ended (INV-LSE-1)`, async () => {
        const { f, lease } = await loadFixture(minimumFixture);
        const claim = await openClaim(f, lease, {
          claimant: claimant === "its tenant's" ? lease.tenant : f.stranger,
          filedAt: lease.startedAt + 200,
        });
        await endClaim(f, lease, claim, { upheld: true });
        const refund = costOf(lease.rate, DAY) + lease.bounty - earnedOf(lease.rate, 300);
        const second = lease.startedAt + 300;
        await expect(at(second, () => f.market.connect(lease.tenant).close(lease.id)))
          .to.emit(f.market, "LeaseClosed")
          .withArgs(lease.id, lease.tenant, EndReason.ClosedAfterFault, second, 300, refund, 0);
        expect(await lockOf(f, lease)).to.equal(earnedOf(lease.rate, 300) - claim.held);
        await f.market.collect([lease.id]);
        expect(await lockOf(f, lease)).to.equal(0n);
        // 300 seconds served, none dark: the minimum that was not billed is not taken for darkness.
        expect((await f.records.recordOf(f.market, lease.provider)).liveSeconds).to.equal(300n);
      });
    }

    for (const [first, reason] of [
      ["the verdict", EndReason.ClosedAfterFault],
      ["the close", EndReason.ClosedByTenant],
    ] as const) {
      it(`a close in the second of the verdict goes by what was decided before it: ${first} first`, async () => {
        const { f, lease } = await loadFixture(minimumFixture);
        const claim = await openClaim(f, lease, { filedAt: lease.startedAt + 200 });
        const acts = [
          () => f.market.connect(f.module).endClaim(lease.id, claim.claimant, 2_500, true, ROOM),
          () => f.market.connect(lease.tenant).close(lease.id, ROOM),
        ];
        if (first === "the close") acts.reverse();
        expect(await together(lease.startedAt + 300, ...acts)).to.deep.equal(["done", "done"]);
        expect(await storedLease(f.market, lease.id)).to.include({ reason });
      });
    }

    it("an end after notice and an end in darkness keep their reasons, but for a close after a fault", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease, { filedAt: lease.startedAt + 200 });
      await endClaim(f, lease, claim, { upheld: true });
      await f.market.connect(lease.provider).giveNotice(lease.id, lease.end);
      await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
      expect(await storedLease(f.market, lease.id)).to.include({ reason: EndReason.ExpiredAfterNotice });

      const scene = await loadFixture(claimableFixture);
      const other = await openClaim(scene.f, scene.lease, { filedAt: scene.lease.startedAt + 200 });
      await endClaim(scene.f, scene.lease, other, { upheld: true });
      await at(scene.lease.startedAt + 5 * HOUR, () =>
        scene.f.market.connect(scene.lease.tenant).close(scene.lease.id),
      );
      const live = 200 + (GRACE - 1 - 200);
      expect(await storedLease(scene.f.market, scene.lease.id)).to.include({
        reason: EndReason.ClosedAfterFault,
        mark: BigInt(live),
      });
    });
  });

  it("shows in the lens: open claims, what penalties took, and what is still locked and due", async () => {
    const { f, lease, claim, held } = await loadFixture(heldFixture);
    const open = await f.lens.leaseView(lease.id);
    expect([open.openClaims, open.penalised, open.paidSeconds]).to.deep.equal([1n, 0n, 300n]);
    expect([open.punished, open.coveredUntil]).to.deep.equal([0n, 0n]);
    expect([open.locked, open.collateral]).to.deep.equal([lease.locked - held, lease.collateral]);
    expect(await lockOf(f, lease)).to.equal(lease.locked);
    await endClaim(f, lease, claim, { upheld: true, fractionBps: 3_333 });
    const penalty = slashOf(lease.collateral, 3_333, 0, lease.collateral);
    const ended = await f.lens.leaseView(lease.id);
    expect([ended.openClaims, ended.penalised, ended.collateral]).to.deep.equal([
      0n,
      penalty,
      lease.collateral - penalty,
    ]);
    expect([ended.punished, ended.coveredUntil]).to.deep.equal([penalty, BigInt(claim.filedAt)]);
    await at(lease.startedAt + 500, () => f.market.connect(lease.tenant).close(lease.id));
    const { collectable, locked } = await f.lens.leaseView(lease.id);
    expect(locked).to.equal(await lockOf(f, lease));
    await f.market.collect([lease.id]);
    expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(collectable);
    expect((await f.lens.leaseView(lease.id)).locked).to.equal(0n);
  });
});
