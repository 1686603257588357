import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";

import { disputeFixture, EVIDENCE, FaultClass, fileClaim, Outcome, Phase, present } from "../helpers/disputes";
import { loadFixture } from "../helpers/loadFixture";
import { activeLease } from "../helpers/scene";
import { now, ROOM, together } from "../helpers/time";
import { inOneSecond } from "./seating";

/** Who rules: a lease that can be disputed, and a council that tests seat as they like. */
async function seatingFixture() {
  const f = await loadFixture(disputeFixture);
  const lease = await activeLease(f, { offer: f.offerD });
  const members = [f.memberA, f.memberB, f.memberC, f.memberD, f.memberE];
  return { ...f, lease, members, governed: f.council.connect(f.admin) };
}

type Seating = Awaited<ReturnType<typeof seatingFixture>>;

/** Files a claim and answers it. */
async function answered(f: Seating, claimant: HardhatEthersSigner = f.tenantA) {
  const dispute = await fileClaim(f, f.lease, { claimant });
  await f.disputes.connect(f.providerA).answer(dispute.id, dispute.filedAt, false);
  return dispute;
}

const eligibleOf = async ({ disputes }: Seating, id: bigint): Promise<number> =>
  Number((await disputes.disputeById(id)).proceeding.eligible);

describe("Rulings: who may vote, and what is a majority (INV-DSP-3)", () => {
  for (const [eligible, majority] of [
    [3, 2],
    [4, 3],
    [5, 3],
  ] as const) {
    for (const uphold of [true, false]) {
      it(`takes exactly ${majority} of ${eligible} to ${uphold ? "uphold" : "reject"}`, async () => {
        const f = await loadFixture(seatingFixture);
        for (const member of f.members.slice(eligible)) await f.governed.unseat(member);
        const { id } = await answered(f);
        expect(await eligibleOf(f, id)).to.equal(eligible);
        for (const member of f.members.slice(0, majority - 1))
          await present(f.disputes.connect(member)).rule(id, uphold);
        expect((await f.disputes.disputeView(id)).phase).to.equal(Phase.Answered);
        await present(f.disputes.connect(f.members[majority - 1]!)).rule(id, uphold);
        const { phase, outcome } = await f.disputes.disputeView(id);
        expect([phase, outcome]).to.deep.equal([
          BigInt(Phase.Decided),
          BigInt(uphold ? Outcome.Upheld : Outcome.Rejected),
        ]);
      });
    }
  }

  it("decides nothing where four members vote two against two", async () => {
    const f = await loadFixture(seatingFixture);
    await f.governed.unseat(f.memberE);
    const { id } = await answered(f);
    for (const [index, member] of f.members.slice(0, 4).entries()) {
      await present(f.disputes.connect(member)).rule(id, index < 2);
    }
    expect((await f.disputes.disputeView(id)).phase).to.equal(Phase.Answered);
  });

  it("keeps who recused itself in the denominator: two of the other two are no majority of four", async () => {
    const f = await loadFixture(seatingFixture);
    await f.governed.unseat(f.memberE);
    const { id } = await answered(f);
    for (const member of [f.memberA, f.memberB]) await present(f.disputes.connect(member)).recuse(id);
    for (const member of [f.memberC, f.memberD]) await present(f.disputes.connect(member)).rule(id, true);
    expect((await f.disputes.disputeView(id)).phase).to.equal(Phase.Answered);
  });

  describe("parties of the case", () => {
    const seatings: readonly (readonly [
      string,
      (f: Seating) => readonly HardhatEthersSigner[],
      "tenant" | "challenger",
    ])[] = [
      ["the tenant, who claims", (f) => [f.tenantA], "tenant"],
      ["the provider", (f) => [f.providerA], "tenant"],
      ["tenant and provider", (f) => [f.tenantA, f.providerA], "tenant"],
      ["the challenger", (f) => [f.stranger], "challenger"],
      ["the tenant, where a challenger claims", (f) => [f.tenantA], "challenger"],
      ["challenger, tenant and provider", (f) => [f.stranger, f.tenantA, f.providerA], "challenger"],
    ];
    for (const [who, partiesOf, by] of seatings) {
      it(`leaves out ${who}, with a seat, and refuses their votes (ATK-DSP-2)`, async () => {
        const f = await loadFixture(seatingFixture);
        const parties = partiesOf(f);
        for (const party of parties) await f.governed.seat(party);
        const { id } = await answered(f, by === "tenant" ? f.tenantA : f.stranger);
        expect(await eligibleOf(f, id)).to.equal(5);
        for (const party of parties) {
          for (const act of [
            () => present(f.disputes.connect(party)).rule(id, true),
            () => present(f.disputes.connect(party)).rule(id, false),
            () => present(f.disputes.connect(party)).recuse(id),
          ]) {
            await expect(act())
              .to.be.revertedWithCustomError(f.disputes, "DisputesPartyCannotRule")
              .withArgs(id, party);
          }
        }
        await present(f.disputes.connect(f.memberA)).rule(id, true);
      });
    }

    it("leaves out one who is claimant and provider once", async () => {
      const f = await loadFixture(seatingFixture);
      await f.governed.seat(f.providerA);
      const { id } = await answered(f, f.providerA);
      expect(await eligibleOf(f, id)).to.equal(5);
      await expect(present(f.disputes.connect(f.providerA)).rule(id, false))
        .to.be.revertedWithCustomError(f.disputes, "DisputesPartyCannotRule")
        .withArgs(id, f.providerA);
    });

    it("leaves out one who is tenant, provider and member once, when it claims against itself", async () => {
      const f = await loadFixture(seatingFixture);
      await f.usd6.mint(f.providerA, 10n ** 9n);
      await f.usd6.connect(f.providerA).approve(f.escrow, 10n ** 9n);
      await f.escrow.connect(f.providerA).deposit(f.usd6, f.providerA, 10n ** 9n);
      await f.escrow.connect(f.providerA).approveModule(f.usd6, f.market, 10n ** 9n);
      await f.governed.seat(f.providerA);
      const lease = await activeLease(f, { offer: f.offerD, tenant: f.providerA });
      const { id } = await answered({ ...f, lease }, f.providerA);
      expect(await eligibleOf(f, id)).to.equal(5);
    });

    it("fails the case at the answer where fewer than three others are seated", async () => {
      const f = await loadFixture(seatingFixture);
      for (const party of [f.tenantA, f.providerA]) await f.governed.seat(party);
      for (const member of [f.memberC, f.memberD, f.memberE]) await f.governed.unseat(member);
      expect(await f.council.seats()).to.equal(4n);
      const { id } = await answered(f);
      const { phase, outcome } = await f.disputes.disputeView(id);
      expect([await eligibleOf(f, id), phase, outcome]).to.deep.equal([
        2,
        BigInt(Phase.Decided),
        BigInt(Outcome.Failed),
      ]);
    });

    it("counts the tenant of the filing, not the one that the lease was transferred to", async () => {
      const f = await loadFixture(seatingFixture);
      await f.governed.seat(f.tenantA);
      const { id } = await fileClaim(f, f.lease, { claimant: f.stranger });
      await f.market.connect(f.tenantA).offerTransfer(f.lease.id, f.tenantB);
      await f.market.connect(f.tenantB).acceptTransfer(f.lease.id, 0);
      await present(f.disputes.connect(f.providerA)).answer(id);
      expect(await eligibleOf(f, id)).to.equal(5);
      await expect(present(f.disputes.connect(f.tenantA)).rule(id, true))
        .to.be.revertedWithCustomError(f.disputes, "DisputesPartyCannotRule")
        .withArgs(id, f.tenantA);
    });
  });

  describe("changes of the council (ATK-DSP-7)", () => {
    it("takes the vote of a member unseated after the filing, and leaves it in the denominator", async () => {
      const f = await loadFixture(seatingFixture);
      const { id, filedAt } = await fileClaim(f, f.lease);
      await f.governed.unseat(f.memberA);
      await present(f.disputes.connect(f.providerA)).answer(id);
      expect(await eligibleOf(f, id)).to.equal(5);
      await expect(present(f.disputes.connect(f.memberA)).rule(id, true))
        .to.be.revertedWithCustomError(f.disputes, "DisputesNotSeated")
        .withArgs(id, f.memberA, 0, filedAt);
    });

    it("does not give the vote back with another seat, not even in the second of the unseating", async () => {
      const f = await loadFixture(seatingFixture);
      const { id, filedAt } = await answered(f);
      await inOneSecond(f.authority.connect(f.admin), f.council, [
        ["unseat", f.memberA],
        ["seat", f.memberA],
      ]);
      const since = await now();
      await expect(present(f.disputes.connect(f.memberA)).rule(id, true))
        .to.be.revertedWithCustomError(f.disputes, "DisputesNotSeated")
        .withArgs(id, f.memberA, since, filedAt);
    });

    it("lets nobody in who was seated in the second of the filing, before or after it", async () => {
      const f = await loadFixture(seatingFixture);
      const [early, late] = [f.others[0]!, f.others[1]!];
      const second = (await now()) + 10;
      await together(
        second,
        () => f.governed.seat(early, ROOM),
        () => f.disputes.connect(f.tenantA).file(f.lease.id, f.lease.tenant, FaultClass.Unserved, f.lease.startedAt, EVIDENCE, ROOM),
        () => f.governed.seat(late, ROOM),
      );
      const id = (f.lease.id << 160n) | BigInt(f.tenantA.address);
      await present(f.disputes.connect(f.providerA)).answer(id);
      expect(await eligibleOf(f, id)).to.equal(5);
      for (const member of [early, late]) {
        await expect(present(f.disputes.connect(member)).rule(id, true))
          .to.be.revertedWithCustomError(f.disputes, "DisputesNotSeated")
          .withArgs(id, member, second, second);
      }
    });

    it("counts one who was seated in the second before, and lets it vote", async () => {
      const f = await loadFixture(seatingFixture);
      const member = f.others[0]!;
      await f.governed.seat(member);
      const dispute = await fileClaim(f, f.lease, { filedAt: (await now()) + 1 });
      await f.disputes.connect(f.providerA).answer(dispute.id, dispute.filedAt, false);
      expect(await eligibleOf(f, dispute.id)).to.equal(6);
      await f.disputes.connect(member).rule(dispute.id, dispute.filedAt, true);
    });

    it("keeps votes that were cast by a member who was unseated later", async () => {
      const f = await loadFixture(seatingFixture);
      const { id } = await answered(f);
      await present(f.disputes.connect(f.memberA)).rule(id, true);
      await f.governed.unseat(f.memberA);
      for (const member of [f.memberB, f.memberC]) await present(f.disputes.connect(member)).rule(id, true);
      expect((await f.disputes.disputeView(id)).outcome).to.equal(Outcome.Upheld);
    });

    it("lets no packed council overrule the one of the filing", async () => {
      const f = await loadFixture(seatingFixture);
      const { id, filedAt } = await fileClaim(f, f.lease);
      for (const newcomer of f.others.slice(0, 6)) await f.governed.seat(newcomer);
      await present(f.disputes.connect(f.providerA)).answer(id);
      expect(await eligibleOf(f, id)).to.equal(5);
      for (const newcomer of f.others.slice(0, 6)) {
        await expect(present(f.disputes.connect(newcomer)).rule(id, false))
          .to.be.revertedWithCustomError(f.disputes, "DisputesNotSeated")
          .withArgs(id, newcomer, await f.council.seatedSince(newcomer), filedAt);
      }
    });
  });
});
