import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  ANSWER_WINDOW,
  bondOf,
  disputeFixture,
  disputeIdOf,
  EVIDENCE,
  FaultClass,
  fileClaim,
  FILING_FEE,
  MICRO,
  Outcome,
  Phase,
  RULING_WINDOW,
  concede,
  present,
} from "../helpers/disputes";
import { createOffer, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { claimTailOf, earnedOf } from "../helpers/money";
import { anOffer } from "../helpers/orders";
import { DAY, HOUR } from "../helpers/parameters";
import { activeLease, dueLease, pendingLease } from "../helpers/scene";
import { at, moveTo, now, ROOM, together } from "../helpers/time";
import { enter, type Step, type Variant } from "./paths";

const TENANT: Variant = { claimant: "tenant", partiesSeated: false, fewSeats: false };
const claim: Step = ["tenant", "file"];
const answer: Step = ["provider", "answer"];

/** A lease of one unit for an hour on the offer whose leases can be disputed. */
async function leasedFixture() {
  const f = await loadFixture(disputeFixture);
  return { ...f, lease: await activeLease(f, { offer: f.offerD }) };
}

/** The same for 30 days, ten days old. */
async function oldLeaseFixture() {
  const f = await loadFixture(disputeFixture);
  const lease = await activeLease(f, { offer: f.offerD, duration: 30 * DAY });
  await moveTo(lease.startedAt + 10 * DAY);
  return { ...f, lease };
}

describe("Disputes", () => {
  describe("file", () => {
    it("takes bond and fee of the tenant, and tells everything about the claim", async () => {
      const { disputes, hold, lease, tenantA, providerA } = await loadFixture(leasedFixture);
      const [faultStart, filedAt] = [lease.startedAt + 100, lease.startedAt + 400];
      const id = disputeIdOf(lease.id, tenantA);
      const [held, bond] = [earnedOf(lease.rate, 300), bondOf(lease.collateral)];
      const filing = at(filedAt, () =>
        disputes.connect(tenantA).file(lease.id, lease.tenant, FaultClass.DataLost, faultStart, EVIDENCE),
      );
      await expect(filing)
        .to.emit(disputes, "DisputeFiled")
        .withArgs(
          ...[id, lease.id, providerA, tenantA, FaultClass.DataLost, faultStart, EVIDENCE],
          ...[held, lease.collateral, bond, FILING_FEE, 1],
        );
      await expect(filing).to.changeTokenBalances(hold, [tenantA, disputes], [-(bond + FILING_FEE), bond + FILING_FEE]);
      const { claim: stored, proceeding } = await disputes.disputeById(id);
      expect([...stored]).to.deep.equal([held, lease.collateral / MICRO, filedAt, 300, 1, FaultClass.DataLost]);
      expect([...proceeding]).to.deep.equal([ZeroAddress, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]);
    });

    it("returns the id that lease and claimant make up", async () => {
      const { disputes, lease, stranger } = await loadFixture(leasedFixture);
      await moveTo(lease.startedAt + 60);
      const filing = disputes
        .connect(stranger)
        .file.staticCall(lease.id, lease.tenant, FaultClass.Unserved, lease.startedAt, EVIDENCE);
      expect(await filing).to.equal(disputeIdOf(lease.id, stranger));
    });

    it("holds nothing for a challenger, and remembers whose lease it was", async () => {
      const { disputes, lease, stranger, tenantA, providerA } = await loadFixture(leasedFixture);
      const id = disputeIdOf(lease.id, stranger);
      const bond = bondOf(lease.collateral);
      const filing = at(lease.startedAt + 60, () =>
        disputes.connect(stranger).file(lease.id, lease.tenant, FaultClass.Unserved, lease.startedAt, EVIDENCE),
      );
      await expect(filing)
        .to.emit(disputes, "DisputeFiled")
        .withArgs(
          ...[id, lease.id, providerA, tenantA, FaultClass.Unserved, lease.startedAt, EVIDENCE],
          ...[0n, lease.collateral, bond, FILING_FEE, 1],
        );
      const { tenant, byTenant, claimant, held } = await disputes.disputeView(id);
      expect([tenant, byTenant, claimant, held]).to.deep.equal([tenantA.address, false, stranger.address, 0n]);
    });

    it("takes the whole collateral for a bond where the floor is higher, and none where there is no collateral", async () => {
      const f = await loadFixture(disputeFixture);
      const slasher = await f.disputes.getAddress();
      for (const [cpu, bond] of [
        [1_000n, MICRO * 1_000_000n],
        [0n, 0n],
      ] as const) {
        const nothing = { memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
        const draft = anOffer({ token: await f.usd6.getAddress(), slasher, resources: { cpu, ...nothing } });
        const lease = await activeLease(f, { offer: await createOffer(f.market, f.providerA, draft) });
        const filing = f.disputes.connect(f.tenantA).file(lease.id, lease.tenant, FaultClass.Unserved, lease.startedAt, EVIDENCE);
        await expect(filing).to.changeTokenBalance(f.hold, f.disputes, bond + FILING_FEE);
      }
    });

    it("reaches back seven days and not a second more", async () => {
      const { disputes, lease, tenantA, stranger } = await loadFixture(oldLeaseFixture);
      const second = (await now()) + 10;
      const least = second - 7 * DAY;
      await at(second, () => disputes.connect(tenantA).file(lease.id, lease.tenant, FaultClass.Unserved, least, EVIDENCE));
      expect((await disputes.disputeView(disputeIdOf(lease.id, tenantA))).faultStart).to.equal(least);
      await expect(
        at(second + 1, () => disputes.connect(stranger).file(lease.id, lease.tenant, FaultClass.Unserved, least, EVIDENCE)),
      )
        .to.be.revertedWithCustomError(disputes, "DisputesFaultTooOld")
        .withArgs(least, least + 1);
    });

    it("reverts for a fault before the lease, in the present second, or later", async () => {
      const { disputes, market, lease, tenantA } = await loadFixture(leasedFixture);
      let second = lease.startedAt + 100;
      for (const faultStart of [lease.startedAt - 1, second + 1, 2 ** 40 - 1]) {
        await expect(at(second, () => disputes.connect(tenantA).file(lease.id, lease.tenant, 0, faultStart, EVIDENCE)))
          .to.be.revertedWithCustomError(market, "MarketFaultOutOfBounds")
          .withArgs(lease.id, faultStart, lease.startedAt, second);
        second += 1;
      }
    });

    it("reverts for a lease that does not exist, is pending, or whose offer names nobody", async () => {
      const f = await loadFixture(disputeFixture);
      const { disputes, market, tenantA } = f;
      const pending = await pendingLease(f, { offer: f.offerD });
      const elsewhere = await activeLease(f, { offer: f.offerA });
      const file = async (leaseId: bigint) =>
        disputes.connect(tenantA).file(leaseId, tenantA, FaultClass.Unserved, await now(), EVIDENCE);
      for (const leaseId of [leaseIdOf(99n, 1n), elsewhere.id]) {
        await expect(file(leaseId))
          .to.be.revertedWithCustomError(market, "MarketNotSlasher")
          .withArgs(leaseId, ZeroAddress, disputes);
      }
      for (const leaseId of [pending.id, leaseIdOf(f.offerD, 99n)]) {
        await expect(file(leaseId)).to.be.revertedWithCustomError(market, "MarketNotClaimable").withArgs(leaseId);
      }
    });

    it("is possible until the claim tail ends, whether the lease was expired or not", async () => {
      const f = await loadFixture(disputeFixture);
      const lease = await dueLease(f, { offer: f.offerD });
      const deadline = lease.end + claimTailOf(lease.duration);
      const file = (claimant: typeof f.tenantA) =>
        f.disputes.connect(claimant).file(lease.id, lease.tenant, FaultClass.Unserved, lease.end - 1, EVIDENCE);
      await at(deadline - 2, () => file(f.stranger));
      await f.market.connect(f.keeper).expire([lease.id]);
      await expect(at(deadline, () => file(f.tenantA)))
        .to.be.revertedWithCustomError(f.market, "MarketTooLateToClaim")
        .withArgs(lease.id, deadline, deadline);
    });

    it("reverts without the allowance or the HOLD, and then there is no dispute", async () => {
      const { disputes, hold, lease, tenantA, tenantB } = await loadFixture(leasedFixture);
      const needed = bondOf(lease.collateral) + FILING_FEE;
      await hold.connect(tenantA).approve(disputes, needed - 1n);
      const file = (claimant: typeof tenantA) =>
        disputes.connect(claimant).file(lease.id, lease.tenant, FaultClass.Unserved, lease.startedAt, EVIDENCE);
      await expect(file(tenantA))
        .to.be.revertedWithCustomError(hold, "ERC20InsufficientAllowance")
        .withArgs(disputes, needed - 1n, needed);
      const all = await hold.balanceOf(tenantB);
      await hold.connect(tenantB).transfer(tenantA, all - needed + 1n);
      await expect(file(tenantB))
        .to.be.revertedWithCustomError(hold, "ERC20InsufficientBalance")
        .withArgs(tenantB, needed - 1n, needed);
      for (const claimant of [tenantA, tenantB]) {
        expect((await disputes.disputeView(disputeIdOf(lease.id, claimant))).filedAt).to.equal(0n);
      }
    });

    it("reverts while a claim of the same claimant is not settled, and bars nobody else (ATK-DSP-4)", async () => {
      const { disputes, lease, tenantA, tenantB, stranger } = await loadFixture(leasedFixture);
      const { id } = await fileClaim({ disputes }, lease);
      await expect(disputes.connect(tenantA).file(lease.id, lease.tenant, FaultClass.DataLost, lease.startedAt, EVIDENCE))
        .to.be.revertedWithCustomError(disputes, "DisputesAlreadyOpen")
        .withArgs(id);
      for (const claimant of [stranger, tenantB]) await fileClaim({ disputes }, lease, { claimant });
    });

    it("reverts twice in a second, and goes through in the next, or in the second of settlement", async () => {
      const { disputes, lease, tenantA } = await loadFixture(leasedFixture);
      const id = disputeIdOf(lease.id, tenantA);
      const file = () => disputes.connect(tenantA).file(lease.id, lease.tenant, FaultClass.Unserved, lease.startedAt, EVIDENCE, ROOM);
      const withdraw = (filedAt: number) => () => disputes.connect(tenantA).withdraw(id, filedAt, ROOM);
      const second = (await now()) + 10;
      expect(await together(second, file, withdraw(second), file)).to.deep.equal(["done", "done", "reverted"]);
      expect(await together(second + 1, file)).to.deep.equal(["done"]);
      const renewed = [withdraw(second + 1), file, withdraw(second + 2)] as const;
      expect(await together(second + 2, ...renewed)).to.deep.equal(["done", "done", "done"]);
      await expect(at(second + 3, file)).to.emit(disputes, "DisputeFiled");
    });

    it("says that it is the second that is refused, not an open claim", async () => {
      const { disputes, lease, tenantA } = await loadFixture(leasedFixture);
      const id = disputeIdOf(lease.id, tenantA);
      const second = (await now()) + 10;
      await together(
        second,
        () => disputes.connect(tenantA).file(lease.id, lease.tenant, FaultClass.Unserved, lease.startedAt, EVIDENCE, ROOM),
        () => disputes.connect(tenantA).withdraw(id, second, ROOM),
      );
      // A call is answered as of the latest block.
      await expect(disputes.connect(tenantA).file.staticCall(lease.id, lease.tenant, FaultClass.Unserved, lease.startedAt, EVIDENCE))
        .to.be.revertedWithCustomError(disputes, "DisputesFiledThisSecond")
        .withArgs(id);
    });

    it("starts anew: nothing of the last round is left in the second", async () => {
      const scene = await enter(TENANT, [claim, answer, ["voter", "uphold"], ["tenant", "withdraw"]]);
      const { disputes, lease, setting } = scene;
      const { filedAt } = await fileClaim(scene, lease);
      const { proceeding } = await disputes.disputeById(setting.id);
      expect([...proceeding]).to.deep.equal([ZeroAddress, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]);
      expect(await disputes.voteOf(setting.id, filedAt, scene.memberA)).to.equal(0n);
    });
  });

  describe("withdraw", () => {
    it("returns the bond before the answer: the claim has failed", async () => {
      const scene = await enter(TENANT, [claim]);
      const { disputes, hold, setting, tenantA, treasury } = scene;
      const withdrawal = present(disputes.connect(tenantA)).withdraw(setting.id);
      await expect(withdrawal).to.emit(disputes, "DisputeWithdrawn").withArgs(setting.id, Outcome.Failed);
      await expect(withdrawal).to.emit(disputes, "DisputeExecuted").withArgs(setting.id, Outcome.Failed, 0n);
      await expect(withdrawal).to.changeTokenBalances(
        hold,
        [tenantA, treasury, disputes],
        [setting.bond, FILING_FEE, -(setting.bond + FILING_FEE)],
      );
    });

    it("gives the bond to the provider after the answer: the claim is rejected", async () => {
      const scene = await enter(TENANT, [claim, answer]);
      const { disputes, hold, setting, tenantA, providerA, treasury } = scene;
      const withdrawal = present(disputes.connect(tenantA)).withdraw(setting.id);
      await expect(withdrawal).to.emit(disputes, "DisputeWithdrawn").withArgs(setting.id, Outcome.Rejected);
      await expect(withdrawal).to.emit(disputes, "DisputeExecuted").withArgs(setting.id, Outcome.Rejected, 0n);
      await expect(withdrawal).to.changeTokenBalances(
        hold,
        [tenantA, providerA, treasury],
        [0n, 2n * setting.bond, FILING_FEE],
      );
    });

    it("reverts for anybody but the claimant", async () => {
      const { disputes, setting, providerA, tenantA } = await enter(TENANT, [claim]);
      await expect(present(disputes.connect(providerA)).withdraw(setting.id))
        .to.be.revertedWithCustomError(disputes, "DisputesNotParty")
        .withArgs(setting.id, tenantA, providerA);
    });

    it("reverts once the provider was silent: the claimant cannot take back what it won", async () => {
      const { disputes, setting, tenantA, model } = await enter(TENANT, [claim]);
      const deadline = model!.filedAt + ANSWER_WINDOW;
      await expect(at(deadline, () => present(disputes.connect(tenantA)).withdraw(setting.id)))
        .to.be.revertedWithCustomError(disputes, "DisputesTooLate")
        .withArgs(setting.id, deadline, deadline);
    });
  });

  describe("answer", () => {
    it("takes a bond as large as the claimant's, and counts who may vote", async () => {
      const { disputes, hold, setting, providerA } = await enter(TENANT, [claim]);
      const second = (await now()) + 10;
      const answering = at(second, () => present(disputes.connect(providerA)).answer(setting.id));
      await expect(answering).to.emit(disputes, "DisputeAnswered").withArgs(setting.id, 5, false);
      await expect(answering).not.to.emit(disputes, "DisputeDecided");
      await expect(answering).to.changeTokenBalances(hold, [providerA, disputes], [-setting.bond, setting.bond]);
      const { phase, deadline } = await disputes.disputeView(setting.id);
      expect([phase, deadline]).to.deep.equal([BigInt(Phase.Answered), BigInt(second + RULING_WINDOW)]);
    });

    it("fails the claim at once with fewer than three members, and takes the bond all the same", async () => {
      const { disputes, hold, setting, providerA } = await enter({ ...TENANT, fewSeats: true }, [claim]);
      const answering = present(disputes.connect(providerA)).answer(setting.id);
      await expect(answering).to.emit(disputes, "DisputeAnswered").withArgs(setting.id, 2, false);
      await expect(answering).to.emit(disputes, "DisputeDecided").withArgs(setting.id, Outcome.Failed);
      await expect(answering).to.changeTokenBalance(hold, disputes, setting.bond);
    });

    it("reverts without the allowance, and the claim stays unanswered", async () => {
      const { disputes, hold, setting, providerA } = await enter(TENANT, [claim]);
      await hold.connect(providerA).approve(disputes, setting.bond - 1n);
      await expect(present(disputes.connect(providerA)).answer(setting.id))
        .to.be.revertedWithCustomError(hold, "ERC20InsufficientAllowance")
        .withArgs(disputes, setting.bond - 1n, setting.bond);
      expect((await disputes.disputeView(setting.id)).phase).to.equal(Phase.Filed);
    });

    it("cannot be paid with bonded HOLD", async () => {
      const { disputes, hold, setting, providerA, stranger } = await enter(TENANT, [claim]);
      const unlocked = (await hold.balanceOf(providerA)) - (await hold.lockedOf(providerA));
      await hold.connect(providerA).transfer(stranger, unlocked - 1n);
      await expect(present(disputes.connect(providerA)).answer(setting.id))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(providerA, 1n, setting.bond);
    });
  });

  describe("concede", () => {
    for (const [when, steps] of [
      ["before the answer", [claim]],
      ["after it, until the council decided", [claim, answer, ["voter", "reject"]]],
    ] as const) {
      it(`upholds the claim for good ${when}, without any bond`, async () => {
        const { disputes, hold, setting, providerA } = await enter(TENANT, steps);
        const concession = concede(disputes, providerA, setting.id);
        await expect(concession).to.emit(disputes, "DisputeConceded").withArgs(setting.id);
        await expect(concession).to.changeTokenBalance(hold, disputes, 0n);
        const { phase, outcome, ripe } = await disputes.disputeView(setting.id);
        expect([phase, outcome, ripe]).to.deep.equal([BigInt(Phase.Final), BigInt(Outcome.Upheld), true]);
      });
    }

    it("admits no other claim that took its place in the same second (ATK-DSP-6)", async () => {
      const { disputes, lease, setting, model, tenantA, providerA } = await enter(TENANT, [claim]);
      const second = (await now()) + 1;
      const dearer = [lease.id, tenantA, FaultClass.DataExposed, second - HOUR, EVIDENCE] as const;
      expect(
        await together(
          second,
          () => disputes.connect(tenantA).withdraw(setting.id, model!.filedAt, ROOM),
          () => disputes.connect(tenantA).file(...dearer, ROOM),
          () => disputes.connect(providerA).concede(setting.id, model!.filedAt, ROOM),
        ),
      ).to.deep.equal(["done", "done", "reverted"]);
      await expect(disputes.connect(providerA).concede(setting.id, model!.filedAt))
        .to.be.revertedWithCustomError(disputes, "DisputesAnotherClaim")
        .withArgs(setting.id, second, model!.filedAt);
    });

    it("can be executed in the same second", async () => {
      const { disputes, setting, model, providerA, keeper } = await enter(TENANT, [claim]);
      expect(
        await together(
          (await now()) + 1,
          () => disputes.connect(providerA).concede(setting.id, model!.filedAt, ROOM),
          () => disputes.connect(keeper).execute(setting.id, ROOM),
          () => disputes.connect(keeper).settle(setting.id, ROOM),
        ),
      ).to.deep.equal(["done", "done", "done"]);
    });
  });

  it("tells which contracts it is wired to", async () => {
    const { disputes, market, council, hold } = await loadFixture(disputeFixture);
    expect(await disputes.MARKET()).to.equal(await market.getAddress());
    expect(await disputes.COUNCIL()).to.equal(await council.getAddress());
    expect(await disputes.HOLD()).to.equal(await hold.getAddress());
  });

  it("tells how long each window is, and how old a fault may be", async () => {
    const { disputes } = await loadFixture(disputeFixture);
    expect([
      await disputes.ANSWER_WINDOW(),
      await disputes.RULING_WINDOW(),
      await disputes.APPEAL_WINDOW(),
      await disputes.DECISION_WINDOW(),
      await disputes.MAX_FAULT_AGE(),
    ]).to.deep.equal([2, 4, 2, 21, 7].map((days) => BigInt(days * DAY)));
  });

  it("knows nothing of a dispute that was never filed", async () => {
    const f = await loadFixture(leasedFixture);
    const view = await f.disputes.disputeView(disputeIdOf(f.lease.id, f.stranger));
    expect([...view]).to.deep.equal([
      ...[0n, 0n, ZeroAddress, ZeroAddress, ZeroAddress, false, false],
      ...Array.from({ length: 9 }, () => 0n),
    ]);
  });
});
