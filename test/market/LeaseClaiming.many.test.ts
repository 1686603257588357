import { expect } from "chai";

import {
  claimable,
  claimableFixture,
  claimFixture,
  type ClaimMarket,
  endClaim,
  openClaim,
  type OpenedClaim,
  PRICE,
  reachOf,
  slashOf,
} from "../helpers/claims";
import { createOffer, LeaseStatus, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { netOf, partOf } from "../helpers/money";
import { ANY_RESOURCES, anOffer } from "../helpers/orders";
import { DAY, FEE_BPS, HOUR } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, movements, offerOf, serve } from "../helpers/scene";
import { at, now } from "../helpers/time";
import { storedClaims, storedLease } from "../helpers/words";

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
          punished: worthOf(C, Math.max(one, two)) / MICRO,
          cover: BigInt(ended[0]![0].filedAt - lease.startedAt),
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
            ? { punished: worthOf(C, 2_500) / MICRO, cover: BigInt(b.filedAt - lease.startedAt) }
            : { punished: worthOf(C, 5_000) / MICRO, cover: BigInt(a.filedAt - lease.startedAt) },
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
        punished: worthOf(C, 3_000) / MICRO,
        cover: BigInt(c.filedAt - lease.startedAt),
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
      ).to.deep.equal([part, reachOf(C) - part, 0n]);
      const more = await claimOf(f, lease, 0, 500, 550);
      expect(await upholdAll(f, lease, [[more, 10_000]])).to.deep.equal([0n]);
      const last = await claimOf(f, lease, 1, 550, 600);
      await f.market.connect(lease.tenant).close(lease.id);
      await f.market.collect([lease.id]);
      const beyond = await claimOf(f, lease, 2, 600, 650);
      expect(
        await upholdAll(f, lease, [
          [last, 10_000],
          [beyond, 10_000],
        ]),
      ).to.deep.equal([C - reachOf(C), 0n]);
      expect((await bondOf(f, lease.provider))[1]).to.equal(0n);
      expect((await f.records.recordOf(f.market, lease.provider)).slashed).to.equal(C);
    });

    it("reach no bond of another lease of the same provider (ATK-STK-5, INV-STK-4)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const other = await claimable(f, { units: 7 });
      const [free, reserved] = await bondOf(f, lease.provider);
      await f.market.connect(lease.tenant).close(lease.id);
      await f.market.collect([lease.id]);
      const { end } = await f.lens.leaseView(lease.id);
      for (const age of [2n, 1n]) {
        const claim = await openClaim(f, lease, { claimant: f.stranger, faultStart: Number(end - age) });
        await endClaim(f, lease, claim, { upheld: true, fractionBps: 2n ** 256n - 1n });
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
      expect((await f.staking.penaltyOf(1)).amount).to.equal(reachOf(lease.collateral));
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

    it("end what was recorded for a claim of their own, and nothing that waits for another one (INV-DSP-4)", async () => {
      const { f, lease, claim, other, theirs } = await loadFixture(twoModulesFixture);
      const lock = async () => (await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked;
      expect(await lock()).to.equal(lease.locked + other.locked);
      await expect(endClaim(f, other, theirs, { upheld: true }))
        .to.be.revertedWithCustomError(f.market, "MarketNotSlasher")
        .withArgs(other.id, f.otherModule, f.module);
      const people = [lease.tenant, lease.provider, f.treasury, f.module, f.otherModule];
      const ending = () => endClaim(f, lease, claim, { upheld: true });
      expect(await movements(f, lease.token, people, ending)).to.deep.equal([
        [claim.held, -claim.held],
        ...Array<readonly [bigint, bigint]>(4).fill([0n, 0n]),
      ]);
      for (const upheld of [true, false]) {
        const again = () => endClaim(f, lease, claim, { upheld });
        expect(await movements(f, lease.token, people, again)).to.deep.equal(people.map(() => [0n, 0n]));
      }
      expect((await f.market.claimOf(other.id, lease.tenant)).held).to.equal(theirs.held);
      await endClaim(f, other, theirs, { upheld: false, by: f.otherModule });
      expect(await lock()).to.equal(lease.locked + other.locked - claim.held - theirs.held);
    });

    it("free no base unit of their own lock under running leases: a tenant that is the module (ATK-ROL-1)", async () => {
      const { f, lease: honest } = await loadFixture(claimableFixture);
      // Its own worthless offer, leased to itself, while it is the tenant of an honest provider, too.
      const attacker = f.tenantA;
      expect(honest.tenant).to.equal(attacker);
      const own = anOffer({ token: honest.token, slasher: attacker.address, price: 0n, resources: ANY_RESOURCES });
      await f.market.connect(f.admin).listToken(honest.token, 0n, 0n);
      const offer = await createOffer(f.market, attacker, own);
      await f.liveness.connect(attacker).heartbeat(attacker);
      const id = await openLease(f.market, attacker, { token: honest.token, offers: [offer], duration: DAY });
      await f.market.connect(attacker).activate([id]);
      const started = await now();
      const module = f.market.connect(attacker);
      await at(started + 10, () => module.openClaim(id, attacker, started));
      expect((await f.market.claimOf(id, attacker)).held).to.equal(0n);
      const people = [attacker, honest.provider, f.treasury];
      for (const upheld of [true, false]) {
        const ending = () => module.endClaim(id, attacker, 10_000, upheld);
        expect(await movements(f, honest.token, people, ending)).to.deep.equal(people.map(() => [0n, 0n]));
      }

      // The honest provider's lease runs, is paid and released as ever.
      await serve(f, honest, honest.startedAt + 1_000);
      await at(honest.startedAt + 1_000, () => f.market.connect(attacker).close(honest.id));
      await at(honest.startedAt + 1_000 + HOUR, () => f.market.collect([honest.id, id]));
      expect(await storedLease(f.market, honest.id)).to.include({ status: LeaseStatus.Released });
      expect(await f.escrow.freeOf(honest.token, honest.provider)).to.equal(netOf(honest.rate, 1_000, FEE_BPS));
    });

    it("of a provider for itself save it no fee: what it does not uphold pays one (ATK-ROL-2)", async () => {
      const f = await loadFixture(claimFixture);
      const lease = await claimable(f, {
        offer: await offerOf(f, { slasher: f.providerA.address, price: PRICE }),
        tenant: f.tenantB,
      });
      const claim = await openClaim(f, lease, { by: f.providerA, filedAt: lease.startedAt + 500 });
      const fee = partOf(claim.held, FEE_BPS);
      const people = [lease.tenant, lease.provider, f.treasury];
      const ending = () => endClaim(f, lease, claim, { upheld: false, by: f.providerA });
      expect(await movements(f, lease.token, people, ending)).to.deep.equal([
        [0n, -claim.held],
        [claim.held - fee, 0n],
        [fee, 0n],
      ]);
      // Upheld, it is the tenant's alone, whoever the module is.
      const next = await openClaim(f, lease, { by: f.providerA, filedAt: lease.startedAt + 900 });
      const upholding = () => endClaim(f, lease, next, { upheld: true, fractionBps: 0, by: f.providerA });
      expect(await movements(f, lease.token, people, upholding)).to.deep.equal([
        [next.held, -next.held],
        [0n, 0n],
        [0n, 0n],
      ]);
    });

    it("take no more of a lease's collateral than claims may, and nothing of its tenant's lock", async () => {
      const { f, lease, claim } = await loadFixture(twoModulesFixture);
      const { locked } = await f.escrow.moduleAccount(f.market, lease.token, lease.tenant);
      // One that makes a claimant up holds nothing of it.
      const made = await openClaim(f, lease, { claimant: f.module });
      await endClaim(f, lease, made, { upheld: true, fractionBps: 2n ** 256n - 1n });
      const { amount, tenant, challenger } = await f.staking.penaltyOf(1);
      expect([amount, tenant, challenger]).to.deep.equal([
        reachOf(lease.collateral),
        lease.tenant.address,
        f.module.address,
      ]);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(locked);
      await endClaim(f, lease, claim, { upheld: true, fractionBps: 2n ** 256n - 1n });
      expect(await f.staking.penaltyCount()).to.equal(1n);
      expect((await f.escrow.moduleAccount(f.market, lease.token, lease.tenant)).locked).to.equal(locked - claim.held);
    });
  });
});
