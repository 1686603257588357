import { expect } from "chai";

import type { OpenMarket } from "../helpers/fixture";
import { LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { carriedOf, costOf, earnedOf, feeOf } from "../helpers/money";
import { MOST_LOCK, MOST_PRICE } from "../helpers/orders";
import { FEE_BPS, HOUR } from "../helpers/parameters";
import { type ActiveLease, movements, serve } from "../helpers/scene";
import { at, moveTo, now, ROOM, together } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";
import {
  addedCost,
  allowanceFixture,
  BOUNTY,
  countOf,
  durationOf,
  fallbacksOf,
  LAST_WITHIN,
  orderedFixture,
  setOrder,
  UNITS,
} from "./scene";

type Sending = () => Promise<{ hash: string }>;

/** Renew comes first or last among two transactions of one second. */
const TURNS = ["renew first", "renew last"] as const;
type Turn = (typeof TURNS)[number];

const renewing =
  (f: OpenMarket, lease: Pick<ActiveLease, "id">): Sending =>
  () =>
    f.orders.connect(f.keeper).renew([lease.id], ROOM);

/** Mines a renewal and another transaction in one second; returns whether the other came through. */
async function race(f: OpenMarket, lease: ActiveLease, second: number, turn: Turn, other: Sending): Promise<boolean> {
  const renewal = renewing(f, lease);
  const outcome = await together(second, ...(turn === "renew first" ? [renewal, other] : [other, renewal]));
  expect(outcome[turn === "renew first" ? 0 : 1], "a renewal never fails").to.equal("done");
  return outcome[turn === "renew first" ? 1 : 0] === "done";
}

/** The ordered lease, live to its last second, which is next. */
async function lastSecondFixture() {
  const scene = await orderedFixture();
  const { f, lease } = scene;
  await serve(f, lease, lease.end - 1);
  return { ...scene, longer: lease.duration + scene.order.period, cost: addedCost(lease, scene.order.period) };
}

/** The same with the lease offered to tenantB. */
async function offeredFixture() {
  const scene = await lastSecondFixture();
  await scene.f.market.connect(scene.lease.tenant).offerTransfer(scene.lease.id, scene.f.tenantB);
  return scene;
}

describe("Renewals that meet others in the same second", () => {
  for (const turn of TURNS) {
    describe(turn, () => {
      for (const late of [-1, 0, 1]) {
        const renewed = late < 0;
        it(`expire ${late} s from the end: the lease ${renewed ? "goes on" : "is over"} (ATK-LSE-2, INV-LSE-5)`, async () => {
          const { f, lease, cost } = await loadFixture(lastSecondFixture);
          const expire = () => f.market.connect(f.stranger).expire([lease.id], ROOM);
          const moved = await movements(f, lease.token, [lease.tenant, f.keeper, f.stranger], async () => {
            expect(await race(f, lease, lease.end + late, turn, expire)).to.equal(true);
          });
          const live = lease.duration - 1; // dark in the second before the end
          const refund = costOf(lease.rate, lease.duration) - earnedOf(lease.rate, live);
          expect(moved).to.deep.equal(
            renewed
              ? [
                  [-cost - BOUNTY, cost],
                  [BOUNTY, 0n],
                  [0n, 0n],
                ]
              : [
                  [refund, -refund - BOUNTY],
                  [0n, 0n],
                  [BOUNTY, 0n],
                ],
          );
          const { status } = await storedLease(f.market, lease.id);
          expect(status).to.equal(renewed ? LeaseStatus.Active : LeaseStatus.Closed);
        });

        it(`close ${late} s from the end (ATK-LSE-2, INV-LSE-5)`, async () => {
          const { f, lease } = await loadFixture(lastSecondFixture);
          const close = () => f.market.connect(lease.tenant).close(lease.id, ROOM);
          const moved = await movements(f, lease.token, [lease.tenant, f.keeper], async () => {
            expect(await race(f, lease, lease.end + late, turn, close)).to.equal(late < 0);
          });
          // What the renewal locked returns with the rest, only its bounty is gone.
          const spent = renewed && turn === "renew first" ? BOUNTY : 0n;
          const refund = costOf(lease.rate, lease.duration) - earnedOf(lease.rate, lease.duration - 1) + BOUNTY;
          expect(moved).to.deep.equal([renewed ? [refund - spent, -refund] : [0n, 0n], [spent, 0n]]);
        });
      }

      for (const [added, both] of [
        [HOUR - 1, true],
        [HOUR, false],
      ] as const) {
        it(`extend by ${added} s in the last second (ATK-LSE-2, INV-LSE-2)`, async () => {
          const { f, lease, longer } = await loadFixture(lastSecondFixture);
          const extend = () => f.market.connect(f.tenantB).extend(lease.id, lease.tenant, added, MOST_LOCK, ROOM);
          expect(await race(f, lease, lease.end - 1, turn, extend)).to.equal(true);
          // With more than an hour left there is nothing to renew.
          const renewed = both || turn === "renew first";
          const duration = (renewed ? longer : lease.duration) + added;
          expect([await durationOf(f, lease), await countOf(f, lease)]).to.deep.equal([duration, renewed ? 2 : 3]);
          const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
          expect(locked).to.equal(costOf(lease.rate, duration) + BOUNTY);
        });
      }

      it("extend at the end: neither (ATK-LSE-2)", async () => {
        const { f, lease } = await loadFixture(lastSecondFixture);
        const extend = () => f.market.connect(f.tenantB).extend(lease.id, lease.tenant, HOUR, MOST_LOCK, ROOM);
        expect(await race(f, lease, lease.end, turn, extend)).to.equal(false);
        expect([await durationOf(f, lease), await countOf(f, { id: lease.id })]).to.deep.equal([lease.duration, 0]);
      });

      for (const [what, moved] of [
        ["the old end", false],
        ["the new end", true],
      ] as const) {
        it(`notice for ${what}`, async () => {
          const { f, lease, longer, order } = await loadFixture(lastSecondFixture);
          const end = moved ? lease.end + order.period : lease.end;
          const notice = () => f.market.connect(f.providerA).giveNotice(lease.id, end, ROOM);
          // A notice is in time for the end that the lease has then: there is no going back from a renewal.
          const given = moved === (turn === "renew first");
          expect(await race(f, lease, lease.end - 1, turn, notice)).to.equal(given);
          const renewed = turn === "renew first" || !given;
          expect(await storedLease(f.market, lease.id)).to.include({
            duration: BigInt(renewed ? longer : lease.duration),
            noticed: given ? 1n : 0n,
          });
        });
      }

      it("accepting a transfer: the order is void from then on (ATK-LSE-9, INV-ORD-2)", async () => {
        const { f, lease, cost } = await loadFixture(offeredFixture);
        const accept = () => f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n, ROOM);
        const moved = await movements(f, lease.token, [f.tenantA, f.tenantB, f.keeper], async () => {
          expect(await race(f, lease, lease.end - 1, turn, accept)).to.equal(true);
        });
        expect(moved).to.deep.equal(
          turn === "renew first"
            ? [
                [-cost - BOUNTY, -lease.locked],
                [0n, lease.locked + cost],
                [BOUNTY, 0n],
              ]
            : [
                [0n, -lease.locked],
                [0n, lease.locked],
                [0n, 0n],
              ],
        );
        expect(await countOf(f, lease)).to.equal(0);
      });

      for (const [second, renewed] of [
        [LAST_WITHIN, true],
        [LAST_WITHIN + 1, false],
      ] as const) {
        it(`a heartbeat after ${second} s, ${renewed ? "within" : "beyond"} the allowance: what was dark stays dark`, async () => {
          const { f, lease } = await loadFixture(allowanceFixture);
          const heartbeat = () => f.liveness.connect(f.operatorA).heartbeat(f.providerA, ROOM);
          expect(await race(f, lease, lease.startedAt + second, turn, heartbeat)).to.equal(true);
          expect(await countOf(f, lease)).to.equal(renewed ? 2 : 3);
        });

        it(`a failover after ${second} s: exactly one of the two`, async () => {
          const { f, lease } = await loadFixture(allowanceFixture);
          await at(lease.startedAt + second - 1, () => f.liveness.connect(f.operatorB).heartbeat(f.providerB));
          const failOver = () => f.orders.connect(f.stranger).failOver(lease.id, ROOM);
          expect(await race(f, lease, lease.startedAt + second, turn, failOver)).to.equal(!renewed);
          expect((await durationOf(f, lease)) > lease.duration).to.equal(renewed);
          expect((await storedOffer(f.market, f.offerB)).leaseCount).to.equal(renewed ? 0n : 1n);
        });
      }

      it("a price that is lowered: the renewal pays the one that stands", async () => {
        const { f, lease, order } = await loadFixture(lastSecondFixture);
        const lower = () => f.market.connect(f.providerA).setPrice(f.offerA, order.maxPrice / 2n, ROOM);
        expect(await race(f, lease, lease.end - 1, turn, lower)).to.equal(true);
        const rate = turn === "renew first" ? lease.rate : (order.maxPrice / 2n) * BigInt(UNITS);
        expect(await storedLease(f.market, lease.id)).to.include({ rate });
      });

      it("a price that is raised: the renewal pays the one before (ATK-LSE-10)", async () => {
        const { f, lease, longer } = await loadFixture(lastSecondFixture);
        const raise = () => f.market.connect(f.providerA).setPrice(f.offerA, MOST_PRICE, ROOM);
        expect(await race(f, lease, lease.end - 1, turn, raise)).to.equal(true);
        expect(await storedLease(f.market, lease.id)).to.include({ rate: lease.rate, duration: BigInt(longer) });
      });

      it("an offer that is retired", async () => {
        const { f, lease } = await loadFixture(lastSecondFixture);
        const retire = () => f.market.connect(f.providerA).retireOffer(f.offerA, ROOM);
        expect(await race(f, lease, lease.end - 1, turn, retire)).to.equal(true);
        expect(await countOf(f, lease)).to.equal(turn === "renew first" ? 2 : 3);
      });

      it("a tenant who drains its balance: an order is no promise to the provider (ATK-LSE-6)", async () => {
        const { f, lease } = await loadFixture(lastSecondFixture);
        const free = await f.escrow.freeOf(lease.token, lease.tenant);
        const drain = () => f.escrow.connect(lease.tenant).withdraw(lease.token, lease.tenant, free, ROOM);
        expect(await race(f, lease, lease.end - 1, turn, drain)).to.equal(turn === "renew last");
        expect(await countOf(f, lease)).to.equal(turn === "renew first" ? 2 : 3);
      });

      it("an order that is cancelled", async () => {
        const { f, lease, longer } = await loadFixture(lastSecondFixture);
        const cancel = () => f.orders.connect(lease.tenant).cancelOrder(lease.id, ROOM);
        expect(await race(f, lease, lease.end - 1, turn, cancel)).to.equal(true);
        expect(await durationOf(f, lease)).to.equal(turn === "renew first" ? longer : lease.duration);
      });

      it("a lease that shrinks: the same is locked in the end (INV-LSE-2)", async () => {
        const { f, lease, longer, order } = await loadFixture(lastSecondFixture);
        const shrink = () => f.market.connect(lease.tenant).resize(lease.id, UNITS - 1, 0, 0, ROOM);
        const second = lease.end - 1;
        expect(await race(f, lease, second, turn, shrink)).to.equal(true);
        const rate = order.maxPrice * BigInt(UNITS - 1);
        expect(await storedLease(f.market, lease.id)).to.include({ rate, duration: BigInt(longer) });
        // Everything earned was paid, the fee included, but for a fraction of a base unit.
        const carried = carriedOf(lease.rate, lease.duration - 1);
        const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
        expect(locked).to.equal(costOf(rate, lease.end + order.period - second, carried) + BOUNTY);
      });

      for (const lowered of [false, true]) {
        it(`collecting, ${lowered ? "at a new rate" : "at the same rate"}: everybody has the same after both (INV-LSE-3)`, async () => {
          const { f, lease, order, cost } = await loadFixture(lastSecondFixture);
          if (lowered)
            await at(lease.end - 2, () => f.market.connect(f.providerA).setPrice(f.offerA, order.maxPrice / 2n));
          const collect = () => f.market.connect(f.stranger).collect([lease.id], ROOM);
          const accounts = [lease.tenant, lease.provider, f.treasury, f.keeper];
          const moved = await movements(f, lease.token, accounts, async () => {
            expect(await race(f, lease, lease.end - 1, turn, collect)).to.equal(true);
          });
          const earned = earnedOf(lease.rate, lease.duration - 1);
          const fee = feeOf(lease.rate, lease.duration - 1, FEE_BPS);
          const halved = (order.maxPrice / 2n) * BigInt(UNITS);
          const before = costOf(lease.rate, lease.duration);
          const rest = costOf(halved, order.period + 1, carriedOf(lease.rate, lease.duration - 1));
          expect(moved).to.deep.equal(
            lowered
              ? [
                  [before - earned - rest - BOUNTY, rest - before],
                  [earned - fee, 0n],
                  [fee, 0n],
                  [BOUNTY, 0n],
                ]
              : [
                  [-cost - BOUNTY, cost - (earned - fee)],
                  [earned - fee, 0n],
                  [0n, 0n],
                  [BOUNTY, 0n],
                ],
          );
        });
      }
    });
  }

  it("two keepers: the first renews, the second does nothing and is paid nothing (ATK-LSE-3)", async () => {
    const { f, lease, longer } = await loadFixture(lastSecondFixture);
    const again = () => f.orders.connect(f.stranger).renew([lease.id], ROOM);
    const moved = await movements(f, lease.token, [f.keeper, f.stranger], async () => {
      expect(await race(f, lease, lease.end - 1, "renew first", again)).to.equal(true);
    });
    expect(moved).to.deep.equal([
      [BOUNTY, 0n],
      [0n, 0n],
    ]);
    expect([await durationOf(f, lease), await countOf(f, lease)]).to.deep.equal([longer, 2]);
  });

  for (const first of ["order", "transfer"] as const) {
    it(`an order and a transfer, the ${first} first: the old tenant's order never acts (ATK-LSE-9, INV-ORD-2)`, async () => {
      const { f, lease, order } = await loadFixture(offeredFixture);
      const fallbacks = await fallbacksOf(f, [f.offerB]);
      const placing = () =>
        f.orders.connect(lease.tenant).setOrder(lease.id, order.period, 7, order.maxPrice, BOUNTY, fallbacks, ROOM);
      const accepting = () => f.market.connect(f.tenantB).acceptTransfer(lease.id, 0n, ROOM);
      const second = (await now()) + 5;
      const outcome = await together(second, ...(first === "order" ? [placing, accepting] : [accepting, placing]));
      expect(outcome).to.deep.equal(first === "order" ? ["done", "done"] : ["done", "reverted"]);
      expect(await countOf(f, lease)).to.equal(0);
      await moveTo(lease.end - 1);
      expect(await f.orders.renew.staticCall([lease.id])).to.equal(0n);
      await expect(f.orders.failOver.staticCall(lease.id))
        .to.be.revertedWithCustomError(f.orders, "OrdersNoOrder")
        .withArgs(lease.id);
      await expect(setOrder(f, lease, order))
        .to.be.revertedWithCustomError(f.orders, "OrdersNotTenant")
        .withArgs(lease.id, f.tenantB, lease.tenant);
    });
  }
});
