import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { EndReason, LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { carriedOf, costOf, earnedOf, feeOf, netOf, partOf } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { activeLease, bondOf, movements, offerOf, pendingLease, serve } from "../helpers/scene";
import { at, now, ROOM, together } from "../helpers/time";
import { storedHistory, storedLease, storedOffer } from "../helpers/words";

const ANY_COST = 2n ** 256n - 1n;
const PRICE = 7n * 2n ** 32n + 12_345_678_901n;
/** What everything that was earned pays to the provider. */
const net = (earned: bigint): bigint => earned - partOf(earned, FEE_BPS);

/** A running lease of three units for two hours, seen 201 s before its end; what its people may do, each in a block. */
async function endingFixture() {
  const f = await loadFixture(openMarketFixture);
  const offer = await offerOf(f, { price: PRICE });
  const lease = await activeLease(f, { offer, units: 3, duration: 2 * HOUR });
  await serve(f, lease, lease.end - 201);
  await at(lease.end - 201, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
  const tenant = f.market.connect(lease.tenant);
  const { id, end } = lease;
  return {
    f,
    offer,
    lease,
    close: () => tenant.close(id, ROOM),
    extend: () => tenant.extend(id, lease.tenant, 60, ANY_COST, ROOM),
    resize: (units: number) => tenant.resize(id, units, MOST_PRICE, ANY_COST, ROOM),
    offerTransfer: () => tenant.offerTransfer(id, f.tenantB, ROOM),
    accept: () => f.market.connect(f.tenantB).acceptTransfer(id, 0n, ROOM),
    closeAsB: () => f.market.connect(f.tenantB).close(id, ROOM),
    notice: () => f.market.connect(f.providerA).giveNotice(id, end, ROOM),
    collect: () => f.market.connect(f.stranger).collect([id], ROOM),
    expire: () => f.market.connect(f.keeper).expire([id], ROOM),
    beat: () => f.liveness.connect(f.operatorA).heartbeat(f.providerA, ROOM),
  };
}

type Scene = Awaited<ReturnType<typeof endingFixture>>;
type Action = keyof Omit<Scene, "f" | "offer" | "lease" | "resize">;

/** Two actions in one second in the order given: whether each came through. */
const inOneSecond = (scene: Scene, second: number, first: Action, then: Action) =>
  together(
    second,
    () => scene[first](),
    () => scene[then](),
  );

describe("Races between changes and ends of a lease, in the same second (ATK-LSE-2)", () => {
  describe("extend and expire", () => {
    for (const late of [-1, 0, 1]) {
      for (const first of ["extend", "expire"] as const) {
        it(`${late} s from the end, ${first} first: ${late < 0 ? "it is extended" : "it is expired"}`, async () => {
          const scene = await loadFixture(endingFixture);
          const { f, offer, lease } = scene;
          const second = lease.end + late;
          const outcome = await inOneSecond(scene, second, first, first === "extend" ? "expire" : "extend");
          // An expiry that is not due skips; an extension that is too late says so.
          const extended = outcome[first === "extend" ? 0 : 1];
          expect(extended).to.equal(late < 0 ? "done" : "reverted");
          expect(outcome[first === "extend" ? 1 : 0]).to.equal("done");
          expect(await storedLease(f.market, lease.id)).to.include(
            late < 0
              ? { status: LeaseStatus.Active, duration: BigInt(2 * HOUR + 60) }
              : { status: LeaseStatus.Closed, duration: BigInt(2 * HOUR), reason: EndReason.Expired },
          );
          expect((await storedOffer(f.market, offer)).used).to.equal(late < 0 ? 3n : 0n);
        });
      }
    }
  });

  describe("extend and close", () => {
    for (const first of ["extend", "close"] as const) {
      it(`${first} first: closed once, everything unearned returns (INV-LSE-2, INV-LSE-5)`, async () => {
        const scene = await loadFixture(endingFixture);
        const { f, lease } = scene;
        const second = lease.end - 1;
        let outcome: string[] = [];
        const moved = await movements(f, lease.token, [lease.tenant], async () => {
          outcome = await inOneSecond(scene, second, first, first === "extend" ? "close" : "extend");
        });
        expect(outcome).to.deep.equal(first === "extend" ? ["done", "done"] : ["done", "reverted"]);
        const { mark } = await storedLease(f.market, lease.id);
        expect(mark).to.equal(BigInt(2 * HOUR - 1));
        const refund = lease.locked - earnedOf(lease.rate, mark);
        expect(moved).to.deep.equal([[refund, -refund]]);
        expect(await storedLease(f.market, lease.id)).to.include({
          reason: EndReason.ClosedByTenant,
          duration: BigInt(2 * HOUR - 1),
        });
      });
    }
  });

  describe("heartbeat and close", () => {
    for (const first of ["beat", "close"] as const) {
      for (const late of [-1, 0, 1, 300]) {
        it(`${late} s from where it goes dark, ${first} first: the same bill (ATK-LSE-7, INV-LSE-4)`, async () => {
          const f = await loadFixture(openMarketFixture);
          const lease = await activeLease(f, { units: 3 });
          const edge = lease.startedAt - 1 + GRACE;
          const actions = {
            beat: () => f.liveness.connect(lease.operator).heartbeat(lease.provider, ROOM),
            close: () => f.market.connect(lease.tenant).close(lease.id, ROOM),
          };
          const order = first === "beat" ? [actions.beat, actions.close] : [actions.close, actions.beat];
          expect(await together(edge + late, ...order)).to.deep.equal(["done", "done"]);
          const live = Math.min(edge, edge + late) - lease.startedAt;
          expect(await storedLease(f.market, lease.id)).to.include({ mark: BigInt(live) });
          await f.market.collect([lease.id]);
          const { liveSeconds, darkSeconds } = await f.records.recordOf(f.market, lease.provider);
          expect([liveSeconds, darkSeconds]).to.deep.equal([BigInt(live), BigInt(Math.max(0, late))]);
        });
      }
    }

    for (const first of ["beat", "close"] as const) {
      // Dark since second 599: in second 2,424 that is 1,825 s, of 1,824 that are allowed.
      for (const [after, reason] of [
        [2_423, EndReason.ClosedByTenant],
        [2_424, EndReason.ClosedDark],
      ] as const) {
        it(`in second ${after}, around the end of the allowance, ${first} first: the same reason`, async () => {
          const f = await loadFixture(openMarketFixture);
          const lease = await activeLease(f, { duration: 2 * HOUR });
          const beat = () => f.liveness.connect(lease.operator).heartbeat(lease.provider, ROOM);
          const close = () => f.market.connect(lease.tenant).close(lease.id, ROOM);
          await together(lease.startedAt + after, ...(first === "beat" ? [beat, close] : [close, beat]));
          expect(await storedLease(f.market, lease.id)).to.include({ reason, mark: BigInt(GRACE - 1) });
        });
      }
    }
  });

  describe("notice and extend", () => {
    for (const first of ["notice", "extend"] as const) {
      it(`${first} first: ${first === "notice" ? "not extended" : "extended, and the notice is too early"}`, async () => {
        const scene = await loadFixture(endingFixture);
        const { f, lease } = scene;
        const outcome = await inOneSecond(scene, lease.end - 50, first, first === "notice" ? "extend" : "notice");
        // The notice names the old end, which after the extension is sooner than its period allows.
        expect(outcome).to.deep.equal(["done", "reverted"]);
        expect(await storedLease(f.market, lease.id)).to.include(
          first === "notice"
            ? { noticed: 1n, duration: BigInt(2 * HOUR) }
            : { noticed: 0n, duration: BigInt(2 * HOUR + 60) },
        );
      });
    }
  });

  describe("notice and close", () => {
    for (const first of ["notice", "close"] as const) {
      it(`within the minimum, ${first} first: ${first === "notice" ? "no minimum is due" : "the minimum is due"}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const offer = await offerOf(f, { price: PRICE, minDuration: HOUR });
        const lease = await activeLease(f, { offer, duration: 3 * DAY });
        const second = lease.startedAt + 200;
        const notice = () => f.market.connect(f.providerA).giveNotice(lease.id, second + DAY, ROOM);
        const close = () => f.market.connect(lease.tenant).close(lease.id, ROOM);
        let outcome: string[] = [];
        const moved = await movements(f, lease.token, [lease.tenant], async () => {
          outcome = await together(second, ...(first === "notice" ? [notice, close] : [close, notice]));
        });
        expect(outcome).to.deep.equal(first === "notice" ? ["done", "done"] : ["done", "reverted"]);
        const billed = first === "notice" ? 200 : HOUR;
        const refund = lease.locked - earnedOf(lease.rate, billed);
        expect(moved).to.deep.equal([[refund, -refund]]);
        expect(await storedLease(f.market, lease.id)).to.include({
          mark: BigInt(billed),
          noticed: first === "notice" ? 1n : 0n,
          reason: EndReason.ClosedByTenant,
        });
      });
    }
  });

  describe("transfer and close (ATK-LSE-9)", () => {
    it("accept first: the new tenant has the lease, the old one cannot close it any more", async () => {
      const scene = await loadFixture(endingFixture);
      const { f, lease } = scene;
      await scene.offerTransfer();
      expect(await inOneSecond(scene, lease.end - 1, "accept", "close")).to.deep.equal(["done", "reverted"]);
      expect(await storedLease(f.market, lease.id)).to.include({
        status: LeaseStatus.Active,
        tenant: BigInt(f.tenantB.address),
      });
    });

    it("accept first, and the new tenant closes: refund and penalties are the new one's (INV-LSE-2)", async () => {
      const scene = await loadFixture(endingFixture);
      const { f, lease } = scene;
      await scene.offerTransfer();
      const moved = await movements(f, lease.token, [lease.tenant, f.tenantB], async () => {
        expect(await inOneSecond(scene, lease.end - 1, "accept", "closeAsB")).to.deep.equal(["done", "done"]);
      });
      const { mark } = await storedLease(f.market, lease.id);
      const earned = earnedOf(lease.rate, mark);
      expect(moved).to.deep.equal([
        [0n, -lease.locked],
        [lease.locked - earned, earned],
      ]);
      await scene.collect();
      expect((await f.escrow.moduleAccount(f.market, f.usd6, f.tenantB)).locked).to.equal(0n);
    });

    it("close first: the old tenant has the refund, and there is nothing to accept", async () => {
      const scene = await loadFixture(endingFixture);
      const { f, lease } = scene;
      await scene.offerTransfer();
      const moved = await movements(f, lease.token, [lease.tenant, f.tenantB], async () => {
        expect(await inOneSecond(scene, lease.end - 1, "close", "accept")).to.deep.equal(["done", "reverted"]);
      });
      const { mark } = await storedLease(f.market, lease.id);
      const refund = lease.locked - earnedOf(lease.rate, mark);
      expect(moved).to.deep.equal([
        [refund, -refund],
        [0n, 0n],
      ]);
      expect(await storedLease(f.market, lease.id)).to.include({ transfers: 0n, tenant: BigInt(lease.tenant.address) });
    });

    it("accept and expire in the second of the end: expired, whoever is first, for the old tenant", async () => {
      for (const first of ["accept", "expire"] as const) {
        const scene = await loadFixture(endingFixture);
        const { f, lease } = scene;
        await scene.offerTransfer();
        const outcome = await inOneSecond(scene, lease.end, first, first === "accept" ? "expire" : "accept");
        expect(outcome[first === "accept" ? 0 : 1]).to.equal("reverted");
        expect(await storedLease(f.market, lease.id)).to.include({
          reason: EndReason.Expired,
          tenant: BigInt(lease.tenant.address),
        });
      }
    });
  });

  describe("transfer and extend", () => {
    for (const [first, then, cost, outcome] of [
      ["extend", "accept", true, ["done", "done"]],
      ["accept", "extend", false, ["done", "reverted"]],
    ] as const) {
      const what = cost
        ? "is longer, with all that is locked for it"
        : "is as long as it was: nobody pays for a stranger";
      it(`${first} first: the new tenant's lease ${what}`, async () => {
        const scene = await loadFixture(endingFixture);
        const { f, lease } = scene;
        await scene.offerTransfer();
        const added = cost ? costOf(lease.rate, 2 * HOUR + 60) - costOf(lease.rate, 2 * HOUR) : 0n;
        const moved = await movements(f, lease.token, [lease.tenant, f.tenantB], async () => {
          expect(await inOneSecond(scene, lease.end - 1, first, then)).to.deep.equal(outcome);
        });
        expect(moved).to.deep.equal([
          [-added, -lease.locked],
          [0n, lease.locked + added],
        ]);
        expect(await storedLease(f.market, lease.id)).to.include({
          tenant: BigInt(f.tenantB.address),
          duration: BigInt(cost ? 2 * HOUR + 60 : 2 * HOUR),
        });
      });
    }
  });

  describe("resize and close (ATK-LSE-13)", () => {
    for (const units of [1, 7]) {
      for (const first of ["resize", "close"] as const) {
        it(`to ${units}, ${first} first: the same is earned, paid and returned (INV-LSE-2, INV-LSE-6)`, async () => {
          const scene = await loadFixture(endingFixture);
          const { f, offer, lease } = scene;
          const [free, reserved] = await bondOf(f, lease.provider);
          const resize = () => scene.resize(units);
          const order = first === "resize" ? [resize, scene.close] : [scene.close, resize];
          const accounts = [lease.tenant, lease.provider, f.treasury];
          const moved = await movements(f, lease.token, accounts, async () => {
            const outcome = await together(lease.end - 200, ...order);
            expect(outcome).to.deep.equal(first === "resize" ? ["done", "done"] : ["done", "reverted"]);
            await f.market.collect([lease.id]);
          });
          const lived = 2 * HOUR - 200;
          expect(moved).to.deep.equal([
            [lease.locked - earnedOf(lease.rate, lived), -lease.locked],
            [netOf(lease.rate, lived, FEE_BPS), 0n],
            [feeOf(lease.rate, lived, FEE_BPS), 0n],
          ]);
          expect((await storedOffer(f.market, offer)).used).to.equal(0n);
          // What the lease had reserved at its end stays for its claim tail.
          const kept = first === "resize" ? (reserved / 3n) * BigInt(units) : reserved;
          expect(await bondOf(f, lease.provider)).to.deep.equal([free + reserved - kept, kept]);
        });
      }
    }
  });

  describe("resize and collect", () => {
    for (const first of ["resize", "collect"] as const) {
      it(`${first} first: the provider has the same, and nothing is paid twice (INV-LSE-3)`, async () => {
        const scene = await loadFixture(endingFixture);
        const { f, lease } = scene;
        const second = lease.end - 200;
        const order = [() => scene.resize(7), scene.collect];
        if (first === "collect") order.reverse();
        const lived = 2 * HOUR - 200;
        const [earned, carried] = [earnedOf(lease.rate, lived), carriedOf(lease.rate, lived)];
        const locked = earned + costOf(7n * PRICE, 200, carried) - costOf(lease.rate, 2 * HOUR);
        const accounts = [lease.tenant, lease.provider, f.treasury];
        const moved = await movements(f, lease.token, accounts, async () => {
          expect(await together(second, ...order)).to.deep.equal(["done", "done"]);
        });
        const refund = locked < 0n ? -locked : 0n;
        const added = locked < 0n ? 0n : locked;
        expect(moved).to.deep.equal([
          [refund - added, added - refund - earned],
          [net(earned), 0n],
          [earned - net(earned), 0n],
        ]);
        expect(await storedLease(f.market, lease.id)).to.include({ paidSeconds: 0n, rate: 7n * PRICE });
        expect(await storedHistory(f.market, lease.id)).to.include({
          fraction: carried,
          feeRemainder: (earned * FEE_BPS) % 10_000n,
        });
      });
    }
  });

  describe("resize and heartbeat", () => {
    for (const first of ["resize", "beat"] as const) {
      for (const late of [-1, 0, 1, 100]) {
        it(`${late} s from where it goes dark, ${first} first: the same is earned (ATK-LSE-7, INV-LSE-4)`, async () => {
          const f = await loadFixture(openMarketFixture);
          const offer = await offerOf(f, { price: PRICE });
          const lease = await activeLease(f, { offer, units: 3 });
          const edge = lease.startedAt - 1 + GRACE;
          const resize = () => f.market.connect(lease.tenant).resize(lease.id, 2, 0n, 0n, ROOM);
          const beat = () => f.liveness.connect(lease.operator).heartbeat(lease.provider, ROOM);
          const order = first === "resize" ? [resize, beat] : [beat, resize];
          expect(await together(edge + late, ...order)).to.deep.equal(["done", "done"]);
          const live = Math.min(edge, edge + late) - lease.startedAt;
          expect(await storedHistory(f.market, lease.id)).to.include({
            fraction: carriedOf(lease.rate, live),
            anchorOffset: BigInt(edge + late - lease.startedAt),
            darkBefore: BigInt(Math.max(0, late)),
          });
          // From the heartbeat on every second is live.
          await at(edge + late + 50, () => f.market.collect([lease.id]));
          const earned = (lease.rate * BigInt(live) + 2n * PRICE * 50n) >> 32n;
          expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(net(earned));
        });
      }

      for (const since of [GRACE / 2, GRACE]) {
        const grows = first === "beat";
        it(`${since} s after it was seen, ${first} first: it ${grows ? "grows" : "does not grow"} (ATK-LSE-14)`, async () => {
          const f = await loadFixture(openMarketFixture);
          const lease = await activeLease(f, { units: 3 });
          const grow = () => f.market.connect(lease.tenant).resize(lease.id, 5, MOST_PRICE, ANY_COST, ROOM);
          const beat = () => f.liveness.connect(lease.operator).heartbeat(lease.provider, ROOM);
          const outcome = await together(lease.startedAt - 1 + since, ...(grows ? [beat, grow] : [grow, beat]));
          expect(outcome).to.deep.equal(grows ? ["done", "done"] : ["reverted", "done"]);
          expect((await storedLease(f.market, lease.id)).units).to.equal(grows ? 5n : 3n);
        });
      }
    }
  });

  it("activate and resize: units change in the very second of the start, when nothing is earned", async () => {
    const f = await loadFixture(openMarketFixture);
    const lease = await pendingLease(f, { units: 3 });
    const second = (await now()) + 5;
    const outcome = await together(
      second,
      () => f.market.connect(lease.operator).activate([lease.id], ROOM),
      () => f.market.connect(lease.tenant).resize(lease.id, 2, 0n, 0n, ROOM),
    );
    expect(outcome).to.deep.equal(["done", "done"]);
    expect(await storedHistory(f.market, lease.id)).to.include({
      fraction: 0n,
      feeRemainder: 0n,
      anchorOffset: 0n,
      darkBefore: 0n,
    });
    expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(0n);
    const left = costOf((lease.rate * 2n) / 3n, HOUR) + lease.bounty;
    expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(left);
  });

  it("two changes in one second: only the last rate is ever billed", async () => {
    const scene = await loadFixture(endingFixture);
    const { f, lease } = scene;
    const outcome = await together(
      lease.end - 200,
      () => scene.resize(1),
      () => scene.resize(9),
    );
    expect(outcome).to.deep.equal(["done", "done"]);
    const carried = carriedOf(lease.rate, 2 * HOUR - 200);
    expect(await storedHistory(f.market, lease.id)).to.include({ fraction: carried });
    expect(await storedLease(f.market, lease.id)).to.include({ rate: 9n * PRICE, units: 9n });
    const left = costOf(9n * PRICE, 200, carried) + lease.bounty;
    expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(left);
  });
});
