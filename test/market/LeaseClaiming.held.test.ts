import { expect } from "chai";

import {
  claimable,
  claimableFixture,
  claimFixture,
  type ClaimMarket,
  heldOf,
  liveIn,
  NOTHING_CLAIMED,
  PRICE,
  sendClaim,
} from "../helpers/claims";
import { EndReason } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { collateralOf, Earnings, earnedOf, feeOf, netOf, partOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DEFAULT_RESOURCES, DEFAULT_WEIGHTS, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { type ActiveLease, movements, offerOf, serve } from "../helpers/scene";
import { at, ROOM, together } from "../helpers/time";
import { storedClaims, storedLease } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;
const FIVE_UNITS = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 5);

/*
 * What a claim holds: min(uncollected, earned from the start of the fault to filing, or to the end)
 * ├── claimant is not the tenant: nothing
 * ├── active, closed with its minimum, expired, settled
 * ├── paid for nothing, for seconds before the fault, for seconds after it, for all
 * ├── dark before, across and after the start of the fault
 * └── fault before, at and after the moment when the present rate began
 */

/** The tenant claims: nothing moves, what is held is recorded, and the event tells how much, to the base unit. */
async function expectHeld(
  f: ClaimMarket,
  lease: ActiveLease,
  { faultStart, filedAt }: { faultStart: number; filedAt: number },
  { held, fee, paidSeconds }: ReturnType<typeof heldOf>,
  collateral = lease.collateral,
): Promise<void> {
  const { aside, open } = await storedClaims(f.market, lease.id);
  const filing = async () => {
    const sent = sendClaim(f, lease, { faultStart, filedAt });
    await expect(sent)
      .to.emit(f.market, "ClaimOpened")
      .withArgs(lease.id, lease.tenant, f.module, faultStart, held, fee, paidSeconds, collateral);
    for (const moved of ["LockMoved", "Settled"]) await expect(sent).not.to.emit(f.escrow, moved);
  };
  const people = [lease.tenant, f.module, lease.provider, f.treasury];
  expect(await movements(f, lease.token, people, filing)).to.deep.equal(people.map(() => [0n, 0n]));
  expect(await storedClaims(f.market, lease.id)).to.deep.equal({
    ...NOTHING_CLAIMED,
    aside: aside + fee,
    open: open + 1n,
  });
  expect(await storedLease(f.market, lease.id)).to.include({ paidSeconds, claimed: 1n });
  expect(await f.market.claimOf(lease.id, lease.tenant)).to.deep.equal([
    lease.tenant.address,
    held,
    collateral,
    BigInt(filedAt),
    BigInt(faultStart),
    FEE_BPS,
  ]);
}

/** Ends the tenant's claim as not upheld, so that it may file another one. */
const endOwn = (f: ClaimMarket, lease: ActiveLease) =>
  f.market.connect(f.module).endClaim(lease.id, lease.tenant, 0, false);

describe("LeaseClaiming: what a claim holds (INV-DSP-2, INV-LSE-2)", () => {
  describe("of a running lease that was live all the time", () => {
    for (const [what, collected, fault, paid] of [
      ["all of it, since the start", undefined, 0, 0],
      ["what was earned since the fault began", undefined, 400, 0],
      ["one second of it", undefined, 999, 0],
      ["the same where the provider was paid until before the fault", 399, 400, 399],
      ["the same where it was paid until the fault", 400, 400, 400],
      ["what is not collected yet, where it was paid until after the fault", 401, 400, 401],
      ["the last second, which is not collected yet", 999, 400, 999],
    ] as const) {
      it(`holds ${what}`, async () => {
        const { f, lease } = await loadFixture(claimableFixture);
        if (collected !== undefined) {
          await serve(f, lease, lease.startedAt + collected);
          await at(lease.startedAt + collected, () => f.market.collect([lease.id]));
        }
        const filedAt = lease.startedAt + 1_000;
        await serve(f, lease, filedAt);
        const held = heldOf(lease.rate, { billed: 1_000, paid, sinceFault: 1_000 - fault });
        await expectHeld(f, lease, { faultStart: lease.startedAt + fault, filedAt }, held);
      });
    }

    it("holds nothing where all is collected before it in the same second", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const second = lease.startedAt + 500;
      const collect = () => f.market.collect([lease.id], ROOM);
      const claim = () => f.market.connect(f.module).openClaim(lease.id, lease.tenant, lease.startedAt, ROOM);
      expect(await together(second, collect, claim)).to.deep.equal(["done", "done"]);
      expect(await storedClaims(f.market, lease.id)).to.deep.equal({ ...NOTHING_CLAIMED, open: 1n });
      expect(await storedLease(f.market, lease.id)).to.include({ paidSeconds: 500n });
      expect((await f.market.claimOf(lease.id, lease.tenant)).held).to.equal(0n);
    });

    it("holds nothing for somebody else, whatever was earned (ATK-DSP-6)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      for (const [i, claimant] of [f.stranger, f.tenantB, lease.provider, f.module].entries()) {
        const filing = async () => {
          await expect(sendClaim(f, lease, { claimant, filedAt: lease.startedAt + 100 + i }))
            .to.emit(f.market, "ClaimOpened")
            .withArgs(lease.id, claimant, f.module, lease.startedAt, 0, 0, 0, lease.collateral);
        };
        expect(await movements(f, lease.token, [lease.tenant, f.module, claimant], filing)).to.deep.equal([
          [0n, 0n],
          [0n, 0n],
          [0n, 0n],
        ]);
      }
      expect(await storedClaims(f.market, lease.id)).to.deep.equal({ ...NOTHING_CLAIMED, open: 4n });
    });

    it("never holds a second twice: a second claim finds what was earned since the first", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const [first, second] = [lease.startedAt + 200, lease.startedAt + 517];
      await expectHeld(
        f,
        lease,
        { faultStart: lease.startedAt + 50, filedAt: first },
        heldOf(lease.rate, { billed: 200, sinceFault: 150 }),
      );
      // Seconds 0 to 49 are still the provider's; of 367 seconds that nobody was paid for, 317 came after the first.
      await endOwn(f, lease);
      const since = heldOf(lease.rate, { billed: 517, paid: 150, sinceFault: 317 });
      await expectHeld(f, lease, { faultStart: first, filedAt: second }, since);
      await endOwn(f, lease);
      await expectHeld(
        f,
        lease,
        { faultStart: lease.startedAt, filedAt: second + 2 },
        heldOf(lease.rate, { billed: 519, paid: 467, sinceFault: 519 }),
      );
    });

    it("lets later earnings flow: collecting pays what the claim does not hold (INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      await at(lease.startedAt + 100, () => f.market.collect([lease.id]));
      const { held } = heldOf(lease.rate, { billed: 300, paid: 100, sinceFault: 120 });
      await sendClaim(f, lease, { faultStart: lease.startedAt + 180, filedAt: lease.startedAt + 300 });
      // 400 seconds, of which 120 wait: what is paid is what the other 280 come to, within the rounding of three floors.
      const collecting = () => at(lease.startedAt + 400, () => f.market.collect([lease.id]));
      const paid = netOf(lease.rate, 400, FEE_BPS) - netOf(lease.rate, 220, FEE_BPS);
      expect(await movements(f, lease.token, [lease.tenant, lease.provider, f.module], collecting)).to.deep.equal([
        [0n, -paid],
        [paid, 0n],
        [0n, 0n],
      ]);
      expect((await f.market.claimOf(lease.id, lease.tenant)).held).to.equal(held);
      const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      expect(locked).to.equal((await f.lens.leaseView(lease.id)).locked + held);
    });
  });

  describe("where the provider was dark for a while (INV-LSE-4)", () => {
    // Heartbeats in seconds since the start; each makes ten minutes live. The first is that of the activation.
    for (const [what, later, faults] of [
      ["before the fault", [2_000, 2_600], [599, 600, 1_999, 2_000, 2_400]],
      ["across the start of the fault", [1_800], [700, 1_500, 1_799]],
      ["after the fault began", [900, 1_500], [0, 300, 598, 950]],
      ["before and after it, for many short times", [700, 1_301, 2_000, 2_900], [650, 1_300, 1_950, 2_850]],
      ["ever since before it", [], [600, 2_000, 2_999]],
    ] as const) {
      for (const fault of faults) {
        for (const collected of [undefined, 2_001]) {
          it(`holds what was earned since second ${fault}: dark ${what}, collected ${collected ?? "never"}`, async () => {
            const { f, lease } = await loadFixture(claimableFixture);
            const beats = [-1, ...later];
            const filed = 3_000;
            const steps = [
              ...later.map((second) => [second, () => f.liveness.connect(lease.operator).heartbeat(lease.provider)]),
              ...(collected === undefined ? [] : [[collected, () => f.market.collect([lease.id])]]),
            ] as [number, () => Promise<unknown>][];
            for (const [second, act] of steps.sort(([a], [b]) => a - b)) await at(lease.startedAt + second, act);
            const paid = collected === undefined ? 0 : liveIn(beats, 0, collected);
            const held = heldOf(lease.rate, {
              billed: liveIn(beats, 0, filed),
              paid,
              sinceFault: liveIn(beats, fault, filed),
            });
            const seconds = { faultStart: lease.startedAt + fault, filedAt: lease.startedAt + filed };
            await expectHeld(f, lease, seconds, held);
          });
        }
      }
    }

    it("holds nothing of a lease that was dark ever since the fault", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const faultStart = lease.startedAt - 1 + GRACE;
      await expectHeld(f, lease, { faultStart, filedAt: faultStart + HOUR }, { held: 0n, fee: 0n, paidSeconds: 0n });
      await at(faultStart + HOUR + 1, () => f.market.collect([lease.id]));
      expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(netOf(lease.rate, GRACE - 1, FEE_BPS));
    });
  });

  describe("of a lease whose rate changed (ATK-LSE-13)", () => {
    /** Resized to `units` after 1,000 s, of which it was live for 599 and 200; collected then. Dark again later. */
    async function resizedFixture() {
      const { f, lease } = await loadFixture(claimableFixture);
      const operator = f.liveness.connect(lease.operator);
      await at(lease.startedAt + 800, () => operator.heartbeat(lease.provider));
      await at(lease.startedAt + 1_000, () => f.market.connect(lease.tenant).resize(lease.id, 5, MOST_PRICE, ANY_COST));
      await at(lease.startedAt + 2_000, () => operator.heartbeat(lease.provider));
      return {
        f,
        lease,
        beats: [-1, 800, 2_000],
        rate: 5n * PRICE,
        before: Earnings.NONE.plus(lease.rate, 599 + 200, FEE_BPS),
      };
    }

    for (const fault of [0, 700, 999, 1_000, 1_001, 1_399, 1_700, 2_300]) {
      it(`holds nothing from before the resize, which paid it: fault in second ${fault}, resize in 1,000`, async () => {
        const { f, lease, beats, rate, before } = await loadFixture(resizedFixture);
        const filed = 2_500;
        const held = heldOf(rate, {
          billed: liveIn(beats, 1_000, filed),
          sinceFault: liveIn(beats, Math.max(fault, 1_000), filed),
          before,
        });
        const seconds = { faultStart: lease.startedAt + fault, filedAt: lease.startedAt + filed };
        await expectHeld(f, lease, seconds, held, fault < 1_000 ? lease.collateral : FIVE_UNITS);
      });

      it(`the same once its tenant closed it: fault in second ${fault}, closed in 2,500`, async () => {
        const { f, lease, beats, rate, before } = await loadFixture(resizedFixture);
        const closed = 2_500;
        await at(lease.startedAt + 2_100, () => f.market.collect([lease.id]));
        await at(lease.startedAt + closed, () => f.market.connect(lease.tenant).close(lease.id));
        const held = heldOf(rate, {
          billed: liveIn(beats, 1_000, closed),
          paid: liveIn(beats, 1_000, 2_100),
          sinceFault: liveIn(beats, Math.max(fault, 1_000), closed),
          before,
        });
        const seconds = { faultStart: lease.startedAt + fault, filedAt: lease.startedAt + 3_333 };
        await expectHeld(f, lease, seconds, held, fault < 1_000 ? lease.collateral : FIVE_UNITS);
      });
    }
  });

  describe("of a lease that is over", () => {
    for (const expired of [false, true]) {
      it(`holds what it earned until its end where it ${expired ? "was" : "was not yet"} expired`, async () => {
        const f = await loadFixture(claimFixture);
        const lease = await claimable(f, { duration: 2 * HOUR });
        await serve(f, lease, lease.startedAt + 900);
        await at(lease.startedAt + 900, () => f.market.collect([lease.id]));
        await serve(f, lease, lease.end);
        if (expired) await at(lease.end + 5, () => f.market.connect(f.keeper).expire([lease.id]));
        await serve(f, lease, lease.end + 1_000); // which earns nothing any more
        const held = heldOf(lease.rate, { billed: 2 * HOUR, paid: 900, sinceFault: 2 * HOUR - 1_234 });
        await expectHeld(f, lease, { faultStart: lease.startedAt + 1_234, filedAt: lease.end + 1_500 }, held);
      });
    }

    it("holds nothing where all of it was collected after its end, before it was expired", async () => {
      const f = await loadFixture(claimFixture);
      const lease = await claimable(f, { duration: HOUR });
      await serve(f, lease, lease.end);
      await at(lease.end + 1, () => f.market.collect([lease.id]));
      await expectHeld(
        f,
        lease,
        { faultStart: lease.startedAt, filedAt: lease.end + 2 },
        { held: 0n, fee: 0n, paidSeconds: BigInt(HOUR) },
      );
    });

    it("holds nothing of a settled one: all was collected, the fee too", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const closedAt = lease.startedAt + 500;
      await at(closedAt, () => f.market.connect(lease.tenant).close(lease.id));
      await at(closedAt + 1, () => f.market.collect([lease.id]));
      await expectHeld(
        f,
        lease,
        { faultStart: lease.startedAt, filedAt: closedAt + 2 },
        { held: 0n, fee: 0n, paidSeconds: 500n },
      );
      expect(await storedLease(f.market, lease.id)).to.include({ settled: 1n });
    });

    for (const [fault, paid] of [
      [0, 0],
      [250, 0],
      [599, 300],
      [100, 400],
    ] as const) {
      it(`holds the minimum that its tenant was billed too: fault in second ${fault}, paid for ${paid} s`, async () => {
        const f = await loadFixture(claimFixture);
        const offer = await offerOf(f, { slasher: f.module.address, price: PRICE, minDuration: HOUR });
        const lease = await claimable(f, { offer });
        if (paid > 0) await at(lease.startedAt + paid, () => f.market.collect([lease.id]));
        await at(lease.startedAt + 600, () => f.market.connect(lease.tenant).close(lease.id));
        // The last heartbeat was a second before the start, so that one of the 600 seconds was dark.
        const billed = HOUR - 1;
        expect(await storedLease(f.market, lease.id)).to.include({
          mark: BigInt(billed),
          reason: EndReason.ClosedByTenant,
        });
        const held = heldOf(lease.rate, { billed, paid, sinceFault: HOUR - fault - 1 });
        await expectHeld(f, lease, { faultStart: lease.startedAt + fault, filedAt: lease.startedAt + 700 }, held);
      });
    }
  });

  describe("and the fee", () => {
    it("is not taken on what a claim holds: the rest of it comes at the end, to the base unit (INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      let [aside, holds] = [0n, 0n];
      for (const [filed, billed, paid, fault] of [
        [333, 333, 0, 100],
        [801, 801, 233, 700],
        [1_777, 1_777, 334, 0],
      ] as const) {
        if (paid > 0) await endOwn(f, lease);
        await serve(f, lease, lease.startedAt + filed);
        const expected = heldOf(lease.rate, { billed, paid, sinceFault: billed - fault });
        const seconds = { faultStart: lease.startedAt + fault, filedAt: lease.startedAt + filed };
        await expectHeld(f, lease, seconds, expected);
        [aside, holds] = [aside + expected.fee, holds + expected.held];
      }
      await endOwn(f, lease);
      await serve(f, lease, lease.startedAt + 2_000);
      await at(lease.startedAt + 2_000, () => f.market.connect(lease.tenant).close(lease.id));
      const fee = feeOf(lease.rate, 2_000, FEE_BPS) - aside;
      const paid = earnedOf(lease.rate, 2_000) - holds - fee;
      const collecting = async () => {
        await expect(f.market.collect([lease.id]))
          .to.emit(f.market, "LeaseSettled")
          .withArgs(lease.id, fee);
      };
      const accounts = [lease.tenant, lease.provider, f.treasury, f.module];
      expect(await movements(f, lease.token, accounts, collecting)).to.deep.equal([
        [0n, -paid - fee],
        [paid, 0n],
        [fee, 0n],
        [0n, 0n],
      ]);
      expect(partOf(holds, FEE_BPS)).to.be.within(aside - 3n, aside + 3n);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(0n);
    });
  });
});
