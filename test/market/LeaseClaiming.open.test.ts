import { getStorageAt, setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, keccak256, toBeHex, ZeroAddress } from "ethers";

import {
  claimable,
  claimableFixture,
  claimFixture,
  type ClaimMarket,
  endClaim,
  heldOf,
  MICRO,
  NOTHING_CLAIMED,
  openClaim,
  sendClaim,
} from "../helpers/claims";
import { LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { claimTailOf } from "../helpers/money";
import { DAY, HOUR } from "../helpers/parameters";
import { type ActiveLease, activeLease, bondOf, offerOf, pendingLease, serve } from "../helpers/scene";
import { at, moveTo, now, ROOM, together } from "../helpers/time";
import { LEASE_CLAIMS, pack, storedClaims, storedLease } from "../helpers/words";

/*
 * openClaim
 * ├── caller is not the slashing module of the lease's offer, or it names none
 * ├── none, pending, cancelled or released lease
 * ├── closed, or past its end: the claim tail is over, or not
 * ├── fault before the start, more than seven days ago, or from the end on (from now on, while it runs)
 * ├── the claimant has an open claim on it
 * ├── 65,535 claims are open
 * ├── fault before, or not before, the collateral grew last (LeaseClaiming.grown.test.ts)
 * ├── claimant is the tenant: holds earnings (LeaseClaiming.held.test.ts)
 * └── claimant is somebody else: holds nothing
 */
describe("LeaseClaiming: openClaim", () => {
  describe("who may (INV-DSP-2)", () => {
    it("reverts for everybody but the slashing module that the offer names", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const disputes = await f.disputes.getAddress();
      expect(await f.market.providerOf(lease.id)).to.equal(f.providerA);
      for (const by of [f.otherModule, f.tenantA, f.providerA, f.operatorA, f.admin, f.guardian]) {
        await expect(sendClaim(f, lease, { by }))
          .to.be.revertedWithCustomError(f.market, "MarketNotSlasher")
          .withArgs(lease.id, f.module, by);
      }
      const other = await activeLease(f, { offer: await offerOf(f, { slasher: disputes }) });
      await expect(sendClaim(f, other))
        .to.be.revertedWithCustomError(f.market, "MarketNotSlasher")
        .withArgs(other.id, disputes, f.module);
    });

    it("reverts for everybody where the offer names none, and where there is no offer", async () => {
      const f = await loadFixture(claimFixture);
      const lease = await activeLease(f, { offer: f.offerA });
      for (const id of [lease.id, leaseIdOf(99n, 1)]) {
        await expect(f.market.connect(f.module).openClaim(id, lease.tenant, lease.startedAt))
          .to.be.revertedWithCustomError(f.market, "MarketNotSlasher")
          .withArgs(id, ZeroAddress, f.module);
      }
      expect(await f.market.providerOf(leaseIdOf(99n, 1))).to.equal(ZeroAddress);
    });
  });

  describe("on which leases", () => {
    it("reverts where there is no lease, and for a pending and a cancelled one", async () => {
      const f = await loadFixture(claimFixture);
      const pending = await pendingLease(f, { offer: f.offerM, duration: DAY });
      const declined = await pendingLease(f, { offer: f.offerM, duration: DAY });
      await f.market.connect(f.providerA).decline(declined.id);
      for (const id of [leaseIdOf(f.offerM, 99), pending.id, declined.id]) {
        await expect(f.market.connect(f.module).openClaim(id, f.tenantA, pending.openedAt))
          .to.be.revertedWithCustomError(f.market, "MarketNotClaimable")
          .withArgs(id);
      }
    });

    it("reverts for a released lease: no collateral is left (ATK-STK-3)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      await at(lease.startedAt + 100, () => f.market.connect(lease.tenant).close(lease.id));
      await at(lease.startedAt + 100 + HOUR, () => f.market.collect([lease.id]));
      expect(await storedLease(f.market, lease.id)).to.include({ status: LeaseStatus.Released });
      await expect(sendClaim(f, lease))
        .to.be.revertedWithCustomError(f.market, "MarketNotClaimable")
        .withArgs(lease.id);
    });
  });

  describe("until when", () => {
    /** In the last second of the claim tail it works, from its end on it does not, whoever claims. */
    async function expectDeadline(f: ClaimMarket, lease: ActiveLease, end: number, deadline: number) {
      const faultStart = end - 1;
      await sendClaim(f, lease, { claimant: f.stranger, faultStart, filedAt: deadline - 1 });
      for (const [filedAt, claimant] of [
        [deadline, f.stranger],
        [deadline + 1, lease.tenant],
      ] as const) {
        await expect(sendClaim(f, lease, { claimant, faultStart, filedAt }))
          .to.be.revertedWithCustomError(f.market, "MarketTooLateToClaim")
          .withArgs(lease.id, deadline, filedAt);
      }
    }

    for (const lived of [1, HOUR - 1, HOUR + 1, 7 * DAY - 1, 7 * DAY + 1]) {
      it(`while the claim tail of a lease lasts that its tenant closed after ${lived} s`, async () => {
        const f = await loadFixture(claimFixture);
        const lease = await claimable(f, { duration: 8 * DAY });
        await at(lease.startedAt + lived, () => f.market.connect(lease.tenant).close(lease.id));
        const end = lease.startedAt + lived;
        await expectDeadline(f, lease, end, end + claimTailOf(lived));
      });
    }

    for (const duration of [HOUR, 3 * HOUR, 8 * DAY]) {
      for (const expired of [false, true]) {
        it(`the same after the end of one for ${duration} s that ${expired ? "was" : "nobody"} expired`, async () => {
          const f = await loadFixture(claimFixture);
          const lease = await claimable(f, { duration });
          if (expired) await at(lease.end, () => f.market.connect(f.keeper).expire([lease.id]));
          await expectDeadline(f, lease, lease.end, lease.end + claimTailOf(duration));
        });
      }
    }

    it("while disputes or not: open claims make the tail no longer", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      await sendClaim(f, lease);
      await at(lease.startedAt + 100, () => f.market.connect(lease.tenant).close(lease.id));
      await expectDeadline(f, lease, lease.startedAt + 100, lease.startedAt + 100 + HOUR);
    });
  });

  describe("which faults", () => {
    /** From its start to before `until`, which the second of filing may decide. */
    async function expectFaults(f: ClaimMarket, lease: ActiveLease, from: number, until: (second: number) => number) {
      const refused = [() => lease.startedAt - 1, (end: number) => end, (end: number) => end + 1, () => 0];
      for (const [i, faultOf] of refused.entries()) {
        const faultStart = faultOf(until(from + i));
        await expect(sendClaim(f, lease, { claimant: f.stranger, faultStart, filedAt: from + i }))
          .to.be.revertedWithCustomError(f.market, "MarketFaultOutOfBounds")
          .withArgs(lease.id, faultStart, lease.startedAt, until(from + i));
      }
      for (const [i, faultStart] of [lease.startedAt, until(from + 11) - 1].entries()) {
        const claimant = [f.stranger, f.keeper][i]!;
        const claim = sendClaim(f, lease, { claimant, faultStart, filedAt: from + 10 + i });
        await expect(claim)
          .to.emit(f.market, "ClaimOpened")
          .withArgs(lease.id, claimant, f.module, faultStart, 0, 0, 0, lease.collateral);
      }
    }

    it("of a running lease: from its start to the second before filing", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      await expectFaults(f, lease, lease.startedAt + 5_000, (second) => second);
    });

    it("of one that is over, before anybody expired it: from its start to the second before its end", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      await expectFaults(f, lease, lease.end + 1, () => lease.end);
    });

    it("of an expired one: the same", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      await at(lease.end + 5, () => f.market.connect(f.keeper).expire([lease.id]));
      await expectFaults(f, lease, lease.end + 6, () => lease.end);
    });

    it("of a closed one: from its start to the second before it was closed", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const closedAt = lease.startedAt + 700;
      await at(closedAt, () => f.market.connect(lease.tenant).close(lease.id));
      await expectFaults(f, lease, closedAt + 60, () => closedAt);
    });

    for (const [state, filed] of [
      ["a running", 7 * DAY + 1],
      ["a running", 10 * DAY],
      ["a closed", 10 * DAY],
    ] as const) {
      it(`of ${state} lease: none that began more than seven days before it is filed, in second ${filed}`, async () => {
        const f = await loadFixture(claimFixture);
        const lease = await claimable(f, { duration: 20 * DAY });
        const filedAt = lease.startedAt + filed;
        const closedAt = filedAt - HOUR;
        if (state === "a closed") await at(closedAt, () => f.market.connect(lease.tenant).close(lease.id));
        const least = filedAt - 7 * DAY;
        const end = state === "a closed" ? closedAt : filedAt;
        const { openClaim: opening } = f.market.connect(f.module);
        await moveTo(filedAt);
        for (const faultStart of [least - 1, lease.startedAt]) {
          await expect(opening.staticCall(lease.id, f.stranger, faultStart))
            .to.be.revertedWithCustomError(f.market, "MarketFaultOutOfBounds")
            .withArgs(lease.id, faultStart, least, end);
        }
        const { collateral } = await opening.staticCall(lease.id, f.stranger, least);
        expect(collateral).to.equal(lease.collateral / MICRO);
        await sendClaim(f, lease, { claimant: f.stranger, faultStart: least + 1, filedAt: filedAt + 1 });
        expect((await f.market.claimOf(lease.id, f.stranger)).faultStart).to.equal(least + 1);
      });
    }

    it("none of a lease that lived no second, nor in the second of its start", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const pending = await pendingLease(f, { offer: f.offerM, duration: DAY });
      const second = (await now()) + 5;
      const [start, fault, close] = [
        () => f.market.connect(lease.operator).activate([pending.id], ROOM),
        () => f.market.connect(f.module).openClaim(pending.id, f.stranger, second, ROOM),
        () => f.market.connect(pending.tenant).close(pending.id, ROOM),
      ];
      expect(await together(second, start, fault, close, fault)).to.deep.equal([
        "done",
        "reverted",
        "done",
        "reverted",
      ]);
      expect(await storedClaims(f.market, pending.id)).to.deep.equal(NOTHING_CLAIMED);
    });
  });

  describe("one at a time", () => {
    it("reverts while a claim of that claimant is open on the lease, whatever fault it is about", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      for (const claimant of [lease.tenant, f.stranger]) {
        const claim = await openClaim(f, lease, { claimant });
        const record = await f.market.claimOf(lease.id, claimant);
        await expect(sendClaim(f, lease, { claimant, faultStart: claim.filedAt }))
          .to.be.revertedWithCustomError(f.market, "MarketClaimOpen")
          .withArgs(lease.id, claimant);
        expect(await f.market.claimOf(lease.id, claimant)).to.deep.equal(record);
      }
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 2n });
    });

    it("bars no other claimant, no other lease, and not the next claim once the first ended", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const other = await claimable(f);
      const claim = await openClaim(f, lease, { claimant: f.stranger });
      await sendClaim(f, lease, { claimant: f.keeper });
      await sendClaim(f, other, { claimant: f.stranger });
      for (const upheld of [false, true]) {
        await endClaim(f, lease, claim, { upheld });
        expect(await f.market.claimOf(lease.id, f.stranger)).to.deep.equal([ZeroAddress, 0n, 0n, 0n, 0n, 0n]);
        await sendClaim(f, lease, { claimant: f.stranger });
      }
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 2n });
      expect(await storedClaims(f.market, other.id)).to.include({ open: 1n });
    });
  });

  describe("what it leaves", () => {
    it("counts one more claim, marks the lease as claimed, and stops nothing else of it", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const [terms, bond] = [await storedLease(f.market, lease.id), await bondOf(f, lease.provider)];
      expect(await storedClaims(f.market, lease.id)).to.deep.equal(NOTHING_CLAIMED);
      await sendClaim(f, lease, { claimant: f.stranger });
      expect(await storedLease(f.market, lease.id)).to.deep.equal({ ...terms, claimed: 1n });
      expect(await storedClaims(f.market, lease.id)).to.deep.equal({ ...NOTHING_CLAIMED, open: 1n });
      await sendClaim(f, lease, { claimant: f.keeper });
      expect(await storedClaims(f.market, lease.id)).to.deep.equal({ ...NOTHING_CLAIMED, open: 2n });
      expect(await bondOf(f, lease.provider)).to.deep.equal(bond);
    });

    it("answers what it was filed on: parties, collateral and what is held", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      await serve(f, lease, lease.startedAt + 1_000);
      await at(lease.startedAt + 1_000, () => f.market.connect(lease.tenant).close(lease.id));
      const slasher = f.market.connect(f.module);
      const { held } = heldOf(lease.rate, { billed: 1_000, sinceFault: 900 });
      const facts = [lease.tenant.address, lease.provider.address, lease.collateral / MICRO];
      const fault = lease.startedAt + 100;
      expect(await slasher.openClaim.staticCall(lease.id, lease.tenant, fault)).to.deep.equal([...facts, held]);
      expect(await slasher.openClaim.staticCall(lease.id, f.stranger, fault)).to.deep.equal([...facts, 0n]);
    });

    it("tells the collateral with what penalties took of it (INV-STK-2)", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease, { claimant: f.stranger });
      await endClaim(f, lease, claim, { upheld: true });
      const accused = await f.market.connect(f.module).openClaim.staticCall(lease.id, f.keeper, lease.startedAt);
      expect(accused.collateral).to.equal(lease.collateral / MICRO);
    });

    it("reverts for the 65,536th claim that is open at once, and works again after one of them ended", async () => {
      const { f, lease } = await loadFixture(claimableFixture);
      const claim = await openClaim(f, lease, { claimant: f.stranger });
      await storeClaims(f, lease.id, { ...NOTHING_CLAIMED, open: 65_534n });
      await sendClaim(f, lease);
      await expect(sendClaim(f, lease, { claimant: f.keeper }))
        .to.be.revertedWithCustomError(f.market, "MarketTooManyClaims")
        .withArgs(lease.id);
      await endClaim(f, lease, claim, { upheld: false });
      await sendClaim(f, lease, { claimant: f.keeper });
      expect(await storedClaims(f.market, lease.id)).to.include({ open: 65_535n });
    });
  });
});

/** Writes the fourth slot of a lease, which it finds by what stands there: one open claim and nothing else. */
async function storeClaims({ market }: ClaimMarket, leaseId: bigint, fields: typeof NOTHING_CLAIMED): Promise<void> {
  const word = (claims: typeof NOTHING_CLAIMED) => toBeHex(pack(LEASE_CLAIMS, claims), 32);
  for (let root = 0; root < 40; ++root) {
    const slot = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["uint96", "uint256"], [leaseId, root]))) + 3n;
    if ((await getStorageAt(await market.getAddress(), slot)) !== word({ ...NOTHING_CLAIMED, open: 1n })) continue;
    await setStorageAt(await market.getAddress(), slot, word(fields));
    return;
  }
  throw new Error("The mapping of leases is not among the market's first 40 slots: look for the book in its layout");
}
