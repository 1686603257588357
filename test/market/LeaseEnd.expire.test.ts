import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";

import { openMarketFixture } from "../helpers/fixture";
import { EndReason, LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, earnedOf, feeOf, netOf } from "../helpers/money";
import { DAY, FEE_BPS, GRACE, HOUR } from "../helpers/parameters";
import { activeLease, bondOf, dueLease, movements, offerOf, pendingLease, serve } from "../helpers/scene";
import { at, moveTo } from "../helpers/time";
import { storedLease, storedOffer } from "../helpers/words";

/** A lease of three units for an hour that is due in the next second, live all the time. */
async function dueFixture() {
  const f = await loadFixture(openMarketFixture);
  const lease = await dueLease(f, { units: 3 });
  return { f, lease };
}

/** Two tenants, three providers, two tokens: five leases, all due. */
async function manyDueFixture() {
  const f = await loadFixture(openMarketFixture);
  const leases = [];
  for (const [tenant, offer] of [
    [f.tenantA, f.offerA],
    [f.tenantA, f.offerB],
    [f.tenantB, f.offerA],
    [f.tenantB, f.offerC],
    [f.tenantA, f.offerC],
  ] as const) {
    leases.push(await activeLease(f, { tenant, offer }));
  }
  await moveTo(leases[4]!.end + 5);
  return { f, leases };
}

describe("LeaseEnd: expire", () => {
  describe("when", () => {
    it("skips a lease one second before its end", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f);
      const moved = await movements(f, lease.token, [lease.tenant, f.keeper], () =>
        at(lease.end - 1, () => f.market.connect(f.keeper).expire([lease.id])),
      );
      expect(moved).to.deep.equal([
        [0n, 0n],
        [0n, 0n],
      ]);
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Active });
    });

    for (const late of [0, 1, 30 * DAY]) {
      it(`ends it ${late} s after its end, as of its end: nobody pays for the delay (INV-LSE-4, INV-LSE-7)`, async () => {
        const { f, lease } = await loadFixture(dueFixture);
        const refund = costOf(lease.rate, HOUR) - earnedOf(lease.rate, HOUR);
        await expect(at(lease.end + late, () => f.market.connect(f.keeper).expire([lease.id])))
          .to.emit(f.market, "LeaseClosed")
          .withArgs(lease.id, f.keeper, EndReason.Expired, lease.end, HOUR, refund, lease.bounty);
      });
    }

    it("is open to anybody: a party of the lease, a stranger (INV-LSE-7)", async () => {
      for (const pick of ["tenantA", "providerA", "operatorA", "treasury", "stranger"] as const) {
        const { f, lease } = await loadFixture(dueFixture);
        const caller: HardhatEthersSigner = f[pick];
        const refund = costOf(lease.rate, HOUR) - earnedOf(lease.rate, HOUR);
        const moved = await movements(f, lease.token, [caller], () => f.market.connect(caller).expire([lease.id]));
        expect(moved[0]![0], pick).to.equal(lease.bounty + (pick === "tenantA" ? refund : 0n));
      }
    });
  });

  describe("money", () => {
    it("pays the bounty once and refunds what is not earned, to the base unit (INV-LSE-2)", async () => {
      const { f, lease } = await loadFixture(dueFixture);
      const earned = earnedOf(lease.rate, HOUR);
      const refund = costOf(lease.rate, HOUR) - earned;
      const accounts = [lease.tenant, lease.provider, f.treasury, f.keeper];
      expect(
        await movements(f, lease.token, accounts, () => f.market.connect(f.keeper).expire([lease.id])),
      ).to.deep.equal([
        [refund, -refund - lease.bounty],
        [0n, 0n],
        [0n, 0n],
        [lease.bounty, 0n],
      ]);
      const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      expect(locked).to.equal(earned);
      expect(await movements(f, lease.token, accounts, () => f.market.collect([lease.id]))).to.deep.equal([
        [0n, -earned],
        [netOf(lease.rate, HOUR, FEE_BPS), 0n],
        [feeOf(lease.rate, HOUR, FEE_BPS), 0n],
        [0n, 0n],
      ]);
    });

    it("refunds the dark seconds, those that go over the end only until it (INV-LSE-4, INV-LIV-1)", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f);
      await serve(f, lease, lease.end - 1_000);
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const live = Number(lastSeen) + GRACE - lease.startedAt;
      expect(live).to.be.lessThan(HOUR);
      await at(lease.end + 500, () => f.liveness.connect(lease.operator).heartbeat(lease.provider));
      const refund = costOf(lease.rate, HOUR) - earnedOf(lease.rate, live);
      await expect(f.market.connect(f.keeper).expire([lease.id]))
        .to.emit(f.market, "LeaseClosed")
        .withArgs(lease.id, f.keeper, EndReason.Expired, lease.end, live, refund, lease.bounty);
    });

    it("bills only the first grace of a provider that is never seen again", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { duration: 2 * HOUR });
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const live = Number(lastSeen) + GRACE - lease.startedAt;
      await at(lease.end + DAY, () => f.market.connect(f.keeper).expire([lease.id]));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: BigInt(live) });
    });

    it("bills no minimum: only a tenant who closes pays it", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { minDuration: HOUR });
      const lease = await activeLease(f, { offer });
      const { lastSeen } = await f.liveness.clockOf(lease.provider);
      const live = Number(lastSeen) + GRACE - lease.startedAt;
      await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
      expect(await storedLease(f.market, lease.id)).to.include({ mark: BigInt(live) });
    });

    it("gives the units back once and keeps the collateral (INV-LSE-6)", async () => {
      const { f, lease } = await loadFixture(dueFixture);
      const bond = await bondOf(f, lease.provider);
      await f.market.expire([lease.id, lease.id]);
      await f.market.expire([lease.id]);
      expect((await storedOffer(f.market, f.offerA)).used).to.equal(0n);
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
    });
  });

  describe("batches (ATK-LSE-3)", () => {
    it("ends every due lease of several tokens, tenants and providers, in any order", async () => {
      const { f, leases } = await loadFixture(manyDueFixture);
      const ids = leases.map(({ id }) => id);
      expect(await f.market.expire.staticCall(ids)).to.equal(5n);
      const usd6 = await f.usd6.getAddress();
      const usd18 = await f.usd18.getAddress();
      const free = async () => [
        await f.escrow.freeOf(usd6, f.keeper),
        await f.escrow.freeOf(usd18, f.keeper),
        await f.escrow.freeOf(usd6, f.tenantA),
        await f.escrow.freeOf(usd6, f.tenantB),
        await f.escrow.freeOf(usd18, f.tenantA),
        await f.escrow.freeOf(usd18, f.tenantB),
      ];
      const before = await free();
      await f.market.connect(f.keeper).expire(ids);
      const refunds = [];
      for (const { id, rate, duration } of leases) {
        const { mark: billed, status } = await storedLease(f.market, id);
        expect(status).to.equal(LeaseStatus.Closed);
        refunds.push(costOf(rate, duration) - earnedOf(rate, billed));
      }
      const [a6, b6, bounty18] = [refunds[0]! + refunds[1]!, refunds[2]!, leases[3]!.bounty];
      expect((await free()).map((amount, i) => amount - before[i]!)).to.deep.equal([
        3n * leases[0]!.bounty,
        2n * bounty18,
        a6,
        b6,
        refunds[4]!,
        refunds[3]!,
      ]);
    });

    it("skips an unknown id, a duplicate and leases in every other state; nothing of them moves", async () => {
      const { f, lease } = await loadFixture(dueFixture);
      await f.liveness.connect(f.operatorB).heartbeat(f.providerB);
      const pending = await pendingLease(f);
      const running = await activeLease(f, { offer: f.offerB, duration: DAY });
      const closed = await activeLease(f, { offer: f.offerB });
      await f.market.connect(closed.tenant).close(closed.id);
      const released = await activeLease(f, { offer: f.offerB, duration: HOUR });
      await f.market.connect(released.tenant).close(released.id);
      const cancelled = await pendingLease(f, { tenant: f.tenantB });
      await f.market.connect(cancelled.provider).decline(cancelled.id);
      await moveTo(released.startedAt + 2 * HOUR);
      await f.market.collect([released.id]);

      const others = [pending.id, running.id, closed.id, released.id, cancelled.id];
      const before = await Promise.all(others.map((id) => storedLease(f.market, id)));
      const batch = [leaseIdOf(f.offerA, 99), leaseIdOf(99n, 1), 0n, lease.id, lease.id, ...others];
      expect(await f.market.expire.staticCall(batch)).to.equal(1n);
      const moved = await movements(f, lease.token, [f.keeper], () => f.market.connect(f.keeper).expire(batch));
      expect(moved).to.deep.equal([[lease.bounty, 0n]]);
      expect(await Promise.all(others.map((id) => storedLease(f.market, id)))).to.deep.equal(before);
    });

    it("does nothing, without a call of the escrow, where nothing is due", async () => {
      const { f } = await loadFixture(dueFixture);
      expect(await f.market.expire.staticCall([])).to.equal(0n);
      await expect(f.market.expire([])).not.to.emit(f.escrow, "Settled");
      await expect(f.market.expire([0n])).not.to.emit(f.escrow, "Settled");
    });

    it("leaves nothing for the second keeper who sends the same batch", async () => {
      const { f, leases } = await loadFixture(manyDueFixture);
      const ids = leases.map(({ id }) => id);
      await f.market.connect(f.keeper).expire(ids);
      expect(await f.market.connect(f.stranger).expire.staticCall(ids)).to.equal(0n);
      await f.market.connect(f.stranger).expire(ids);
      expect(await f.escrow.freeOf(f.usd6, f.stranger)).to.equal(0n);
      expect(await f.escrow.freeOf(f.usd18, f.stranger)).to.equal(0n);
    });

    it("comes out at the same as one by one", async () => {
      const { f, leases } = await loadFixture(manyDueFixture);
      const parties = [f.tenantA, f.tenantB, f.keeper];
      const shot = async () =>
        Promise.all(
          [f.usd6, f.usd18].flatMap((token) =>
            parties.map(async (party) => [
              await f.escrow.freeOf(token, party),
              (await f.escrow.moduleAccount(f.market, token, party)).locked,
            ]),
          ),
        );
      await f.market.connect(f.keeper).expire(leases.map(({ id }) => id));
      const together = await shot();
      const again = await loadFixture(manyDueFixture);
      for (const { id } of again.leases) await again.f.market.connect(again.f.keeper).expire([id]);
      expect(await shot()).to.deep.equal(together);
    });
  });
});
