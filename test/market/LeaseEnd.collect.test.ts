import { expect } from "chai";
import fc from "fast-check";

import { BOND, openMarketFixture } from "../helpers/fixture";
import { createOffer, LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { claimTailOf, feeOf, netOf } from "../helpers/money";
import { anOffer, anOrder } from "../helpers/orders";
import { DAY, FEE_BPS, GRACE, HOUR, MINUTE } from "../helpers/parameters";
import { holds } from "../helpers/property";
import {
  type ActiveLease,
  activeLease,
  bondOf,
  creditOf,
  dueLease,
  movements,
  offerOf,
  pendingLease,
} from "../helpers/scene";
import { at, moveTo, ROOM, together } from "../helpers/time";
import { storedLease } from "../helpers/words";

/** A running lease of three units for an hour, its provider live. */
async function runningFixture() {
  const f = await loadFixture(openMarketFixture);
  return { f, lease: await activeLease(f, { units: 3 }) };
}

/** A lease of three units that lived its hour, live all the time, and was expired in the second of its end. */
async function expiredFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await dueLease(f, { units: 3 });
  await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
  return { f, lease };
}

describe("LeaseEnd: collect", () => {
  describe("a running lease", () => {
    it("pays the provider, whoever calls, net of the fee, which stays locked (INV-LSE-2)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const amount = netOf(lease.rate, 400, FEE_BPS);
      const collecting = async () => {
        const collect = at(lease.startedAt + 400, () => f.market.connect(f.stranger).collect([lease.id]));
        await expect(collect).to.emit(f.market, "LeaseCollected").withArgs(lease.id, 400, amount);
        await expect(collect).not.to.emit(f.market, "LeaseSettled");
      };
      const accounts = [lease.tenant, lease.provider, f.treasury, f.stranger];
      expect(await movements(f, lease.token, accounts, collecting)).to.deep.equal([
        [0n, -amount],
        [amount, 0n],
        [0n, 0n],
        [0n, 0n],
      ]);
    });

    it("pays nothing the second time in the same second, in one batch or two (INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const amount = netOf(lease.rate, 400, FEE_BPS);
      const batch = [lease.id, lease.id];
      const [[paid] = []] = await movements(f, lease.token, [lease.provider], () =>
        at(lease.startedAt + 400, () => f.market.collect(batch)),
      );
      expect(paid).to.equal(amount);
      expect(await f.market.collect.staticCall([lease.id])).to.equal(0n);
    });

    it("pays nothing in the second of the activation", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      expect(await f.market.collect.staticCall([lease.id])).to.equal(0n);
    });

    it("pays nothing for dark seconds, and goes on when they are over (INV-LSE-4)", async () => {
      const { f, lease } = await loadFixture(runningFixture);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const darkFrom = Number(lastSeen) + GRACE;
      const live = darkFrom - lease.startedAt;
      await expect(at(darkFrom + 300, () => f.market.collect([lease.id])))
        .to.emit(f.market, "LeaseCollected")
        .withArgs(lease.id, live, netOf(lease.rate, live, FEE_BPS));
      await moveTo(darkFrom + 400);
      expect(await f.market.collect.staticCall([lease.id])).to.equal(0n);
      await at(darkFrom + 500, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      await expect(at(darkFrom + 510, () => f.market.collect([lease.id])))
        .to.emit(f.market, "LeaseCollected")
        .withArgs(lease.id, live + 10, netOf(lease.rate, live + 10, FEE_BPS) - netOf(lease.rate, live, FEE_BPS));
    });

    it("pays until its end where it is not expired yet, and the fee only after that", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await dueLease(f);
      await expect(at(lease.end + HOUR, () => f.market.collect([lease.id])))
        .to.emit(f.market, "LeaseCollected")
        .withArgs(lease.id, HOUR, netOf(lease.rate, HOUR, FEE_BPS));
      await f.market.connect(f.keeper).expire([lease.id]);
      const [[paid] = [], [fee] = []] = await movements(f, lease.token, [lease.provider, f.treasury], () =>
        f.market.collect([lease.id]),
      );
      expect([paid, fee]).to.deep.equal([0n, feeOf(lease.rate, HOUR, FEE_BPS)]);
    });

    it("does not pay where a second earns less than a base unit, and pays it with the next", async () => {
      const f = await loadFixture(openMarketFixture);
      // Two thirds of a base unit per second, of which the fee leaves 0.65.
      const offer = await offerOf(f, { price: (2n * 2n ** 32n) / 3n });
      const lease = await activeLease(f, { offer, duration: 4 * DAY });
      await moveTo(lease.startedAt + 1);
      expect(await f.market.collect.staticCall([lease.id])).to.equal(0n);
      await expect(at(lease.startedAt + 3, () => f.market.collect([lease.id])))
        .to.emit(f.market, "LeaseCollected")
        .withArgs(lease.id, 3, 1n);
    });
  });

  describe("a closed lease", () => {
    it("pays the rest to the provider and the fee to the treasury, once (INV-LSE-2, INV-LSE-3)", async () => {
      const { f, lease } = await loadFixture(expiredFixture);
      const [paid, fee] = [netOf(lease.rate, HOUR, FEE_BPS), feeOf(lease.rate, HOUR, FEE_BPS)];
      const collecting = async () => {
        const collect = f.market.connect(f.stranger).collect([lease.id, lease.id]);
        await expect(collect).to.emit(f.market, "LeaseCollected").withArgs(lease.id, HOUR, paid);
        await expect(collect).to.emit(f.market, "LeaseSettled").withArgs(lease.id, fee);
        await expect(collect).not.to.emit(f.market, "CollateralReleased");
      };
      const accounts = [lease.tenant, lease.provider, f.treasury, f.stranger];
      expect(await movements(f, lease.token, accounts, collecting)).to.deep.equal([
        [0n, -paid - fee],
        [paid, 0n],
        [fee, 0n],
        [0n, 0n],
      ]);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(0n);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Closed, settled: 1n });
      expect(await f.market.collect.staticCall([lease.id])).to.equal(0n);
    });

    it("settles one that earned nothing", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { price: 0n });
      await f.market.connect(f.admin).listToken(f.usd6, 0n, 0n);
      const { id } = await pendingLease(f, { offer });
      await f.market.connect(f.operatorA).activate([id]);
      await f.market.connect(f.tenantA).close(id);
      const collect = f.market.collect([id]);
      await expect(collect).to.emit(f.market, "LeaseCollected").withArgs(id, 1, 0n);
      await expect(collect).to.emit(f.market, "LeaseSettled").withArgs(id, 0n);
    });

    for (const [lived, what] of [
      [60, "a minute: the tail is an hour"],
      [HOUR - 1, "an hour less a second: still an hour"],
      [HOUR + 1, "an hour and a second: as long as it lived"],
      [7 * DAY - 1, "seven days less a second: as long as it lived"],
      [7 * DAY + 1, "seven days and a second: seven days"],
    ] as const) {
      it(`releases what is left of the collateral when the claim tail is over, for one that lived ${what}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const lease = await activeLease(f, { units: 2, duration: 10 * DAY });
        await at(lease.startedAt + lived, () => f.market.connect(lease.tenant).close(lease.id));
        const releasable = lease.startedAt + lived + claimTailOf(lived);
        const [free] = await bondOf(f, lease.provider);
        const left = lease.collateral - creditOf(lease, lived - Math.min(lived, GRACE - 1), lived);

        await at(releasable - 1, () => f.market.collect([lease.id]));
        expect(await bondOf(f, lease.provider)).to.deep.equal([free, left]);
        expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Closed, settled: 1n });
        await expect(at(releasable, () => f.market.connect(f.stranger).collect([lease.id])))
          .to.emit(f.market, "CollateralReleased")
          .withArgs(lease.id, left);
        expect(await bondOf(f, lease.provider)).to.deep.equal([free + left, 0n]);
        expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Released, settled: 1n });
      });
    }

    it("settles and releases in one call where both are due, and then does nothing any more (INV-LSE-5)", async () => {
      const { f, lease } = await loadFixture(expiredFixture);
      const collect = at(lease.end + HOUR, () => f.market.collect([lease.id, lease.id]));
      await expect(collect)
        .to.emit(f.market, "LeaseSettled")
        .withArgs(lease.id, feeOf(lease.rate, HOUR, FEE_BPS));
      await expect(collect).to.emit(f.staking, "Released").withArgs(f.market, lease.provider, lease.collateral);
      await expect(f.market.collect([lease.id])).not.to.emit(f.market, "CollateralReleased");
      expect(await bondOf(f, lease.provider)).to.deep.equal([50_000n * 10n ** 18n, 0n]);
    });

    it("counts the tail from the end, not from a late expiry", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await dueLease(f);
      await at(lease.end + DAY, () => f.market.connect(f.keeper).expire([lease.id]));
      await expect(f.market.collect([lease.id]))
        .to.emit(f.market, "CollateralReleased")
        .withArgs(lease.id, lease.collateral);
    });

    it("releases a lease without collateral without a call of staking", async () => {
      const f = await loadFixture(openMarketFixture);
      const bare = { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
      const offer = await offerOf(f, { resources: bare });
      const { id } = await pendingLease(f, { offer });
      await f.market.connect(f.operatorA).activate([id]);
      await f.market.connect(f.tenantA).close(id);
      const { since, duration } = await storedLease(f.market, id);
      const collect = at(since + duration + BigInt(HOUR), () => f.market.collect([id]));
      await expect(collect).to.emit(f.market, "CollateralReleased").withArgs(id, 0n);
      await expect(collect).not.to.emit(f.staking, "Released");
      expect(await storedLease(f.market, id)).to.include({ status: LeaseStatus.Released });
    });
  });

  describe("batches (ATK-LSE-3)", () => {
    it("skips unknown, pending, cancelled and released leases, and leases with nothing to pay", async () => {
      const { f, lease } = await loadFixture(expiredFixture);
      await at(lease.end + HOUR, () => f.market.collect([lease.id]));
      await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
      const pending = await pendingLease(f);
      const cancelled = await pendingLease(f);
      await f.market.connect(f.providerA).decline(cancelled.id);
      const batch = [0n, leaseIdOf(99n, 1), leaseIdOf(f.offerA, 99), lease.id, pending.id, cancelled.id];
      expect(await f.market.collect.staticCall(batch)).to.equal(0n);
      await expect(f.market.collect(batch)).not.to.emit(f.escrow, "Settled");
      expect(await f.market.collect.staticCall([])).to.equal(0n);
    });

    it("settles over tenants, providers and tokens as one by one, whatever the order", async () => {
      const f = await loadFixture(openMarketFixture);
      const leases: ActiveLease[] = [];
      for (const [tenant, offer, units] of [
        [f.tenantA, f.offerA, 1],
        [f.tenantB, f.offerB, 2],
        [f.tenantA, f.offerC, 1],
        [f.tenantB, f.offerC, 3],
        [f.tenantB, f.offerA, 1],
        [f.tenantA, f.offerB, 1],
      ] as const) {
        leases.push(await activeLease(f, { tenant, offer, units }));
      }
      await moveTo(leases[5]!.startedAt + 30 * MINUTE);
      await f.market.connect(f.tenantA).close(leases[0]!.id);
      await f.market.connect(f.tenantB).close(leases[3]!.id);
      const parties = [f.providerA, f.providerB, f.providerC, f.treasury];
      const [usd6, usd18] = [await f.usd6.getAddress(), await f.usd18.getAddress()];
      let moved18: unknown;
      const moved6 = await movements(f, usd6, parties, async () => {
        moved18 = await movements(f, usd18, parties, () => f.market.collect(leases.map(({ id }) => id)));
      });

      const due = new Map<string, bigint>();
      const credit = (token: string, account: string, amount: bigint) =>
        due.set(token + account, (due.get(token + account) ?? 0n) + amount);
      for (const { id, token, provider, rate } of leases) {
        const { paidSeconds, settled } = await storedLease(f.market, id);
        expect(paidSeconds).to.be.greaterThan(0n);
        credit(token, provider.address, netOf(rate, paidSeconds, FEE_BPS));
        if (settled === 1n) credit(token, f.treasury.address, feeOf(rate, paidSeconds, FEE_BPS));
      }
      const expected = (token: string) => parties.map(({ address }) => [due.get(token + address) ?? 0n, 0n]);
      expect(moved6).to.deep.equal(expected(usd6));
      expect(moved18).to.deep.equal(expected(usd18));
    });

    it("bills each provider by its own clock, though the second is the same (INV-LSE-4)", async () => {
      const f = await loadFixture(openMarketFixture);
      const dark = await activeLease(f);
      const live = await activeLease(f, { offer: f.offerB });
      const { lastSeen } = await f.liveness.clockOf(dark.provider);
      const darkFrom = Number(lastSeen) + GRACE;
      await at(darkFrom - 1, () => f.liveness.connect(live.operator).heartbeat(live.provider));
      const second = darkFrom + 300;
      await at(second, () => f.market.collect([dark.id, live.id, dark.id]));
      expect(await f.escrow.freeOf(dark.token, dark.provider)).to.equal(
        netOf(dark.rate, darkFrom - dark.startedAt, FEE_BPS),
      );
      expect(await f.escrow.freeOf(live.token, live.provider)).to.equal(
        netOf(live.rate, second - live.startedAt, FEE_BPS),
      );
    });

    it("lowers what the market may hold by what was paid out, in a batch as one by one (INV-ESC-3)", async () => {
      for (const batched of [true, false]) {
        const f = await loadFixture(openMarketFixture);
        // The last lease's tenant earns in the first.
        await f.hold.connect(f.tenantB).approve(f.staking, BOND);
        await f.staking.connect(f.tenantB).bond(f.market, BOND);
        await f.liveness.connect(f.tenantB).heartbeat(f.tenantB);
        const token = await f.usd6.getAddress();
        const own = await createOffer(f.market, f.tenantB, anOffer({ token }));
        await f.market.connect(f.tenantA).open(await anOrder(f.market, { token, offers: [own], duration: HOUR }));
        await f.market.connect(f.tenantB).activate([leaseIdOf(own, 1)]);
        const a = await activeLease(f);
        const b = await activeLease(f, { offer: f.offerB });
        const last = await activeLease(f, { tenant: f.tenantB });
        await f.escrow.connect(f.tenantB).approveModule(token, f.market, last.locked);
        const second = last.startedAt + 300;
        const ids = [leaseIdOf(own, 1), a.id, b.id, last.id];
        if (batched) await at(second, () => f.market.collect(ids));
        else await together(second, ...ids.map((id) => () => f.market.collect([id], ROOM)));
        const { ceiling } = await f.escrow.moduleAccount(f.market, token, f.tenantB);
        expect(ceiling).to.equal(last.locked - netOf(last.rate, 300, FEE_BPS));
      }
    });

    it("pays what it pays at once, however often it is collected on the way (INV-LSE-3)", async function () {
      this.timeout(120_000);
      const { f, lease } = await loadFixture(runningFixture);
      await holds(
        fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: GRACE - 2 }), { maxLength: 12 }), async (moments) => {
          const again = await loadFixture(runningFixture);
          for (const moment of moments.sort((a, b) => a - b)) {
            await at(lease.startedAt + moment, () => again.f.market.collect([lease.id]));
          }
          await at(lease.startedAt + GRACE - 1, () => f.market.connect(lease.tenant).close(lease.id));
          await f.market.collect([lease.id]);
          expect(await f.escrow.freeOf(lease.token, lease.provider)).to.equal(netOf(lease.rate, GRACE - 1, FEE_BPS));
          expect(await f.escrow.freeOf(lease.token, f.treasury)).to.equal(feeOf(lease.rate, GRACE - 1, FEE_BPS));
          expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(0n);
        }),
        25,
      );
    });
  });
});
