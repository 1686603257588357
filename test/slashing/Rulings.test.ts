import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { fileClaim, FILING_FEE, Outcome, Phase, RULING_WINDOW, Vote, present } from "../helpers/disputes";
import { at, now } from "../helpers/time";
import { enter, type Step, type Variant } from "./paths";

const TENANT: Variant = { claimant: "tenant", partiesSeated: false, fewSeats: false };
const claim: Step = ["tenant", "file"];
const answer: Step = ["provider", "answer"];
const execution: Step = ["stranger", "execute", "ripe"];
const settlement: Step = ["stranger", "settle"];

describe("Rulings", () => {
  describe("rule", () => {
    it("counts votes for and against, and tells of each", async () => {
      const { disputes, setting, memberA, memberB } = await enter(TENANT, [claim, answer]);
      await expect(present(disputes.connect(memberA)).rule(setting.id, true))
        .to.emit(disputes, "Voted")
        .withArgs(setting.id, memberA, Vote.Uphold, 1, 0);
      await expect(present(disputes.connect(memberB)).rule(setting.id, false))
        .to.emit(disputes, "Voted")
        .withArgs(setting.id, memberB, Vote.Reject, 1, 1);
      const { proceeding } = await disputes.disputeById(setting.id);
      expect([proceeding.phase, proceeding.upholds, proceeding.rejects]).to.deep.equal([
        BigInt(Phase.Answered),
        1n,
        1n,
      ]);
    });

    for (const [uphold, outcome] of [
      [true, Outcome.Upheld],
      [false, Outcome.Rejected],
    ] as const) {
      it(`decides with the vote that makes a majority ${uphold ? "for" : "against"} it, not before`, async () => {
        const { disputes, setting, memberA, memberB, memberC } = await enter(TENANT, [claim, answer]);
        for (const member of [memberA, memberB]) {
          await expect(present(disputes.connect(member)).rule(setting.id, uphold)).not.to.emit(
            disputes,
            "DisputeDecided",
          );
        }
        const second = (await now()) + 10;
        await expect(at(second, () => present(disputes.connect(memberC)).rule(setting.id, uphold)))
          .to.emit(disputes, "DisputeDecided")
          .withArgs(setting.id, outcome);
        const { proceeding } = await disputes.disputeById(setting.id);
        expect([proceeding.phase, proceeding.since, proceeding.outcome]).to.deep.equal([
          BigInt(Phase.Decided),
          BigInt(second),
          BigInt(outcome),
        ]);
      });
    }

    it("is possible in the last second of four days, and not in the next", async () => {
      const { disputes, setting, model, memberA, memberB } = await enter(TENANT, [claim, answer]);
      const deadline = model!.since + RULING_WINDOW;
      await at(deadline - 1, () => present(disputes.connect(memberA)).rule(setting.id, true));
      await expect(at(deadline, () => present(disputes.connect(memberB)).rule(setting.id, true)))
        .to.be.revertedWithCustomError(disputes, "DisputesTooLate")
        .withArgs(setting.id, deadline, deadline);
    });

    it("reverts for a second vote, either way, and after a recusal", async () => {
      const { disputes, setting, memberA, memberB } = await enter(TENANT, [claim, answer]);
      await present(disputes.connect(memberA)).rule(setting.id, true);
      await present(disputes.connect(memberB)).recuse(setting.id);
      for (const member of [memberA, memberB]) {
        for (const again of [
          () => present(disputes.connect(member)).rule(setting.id, true),
          () => present(disputes.connect(member)).rule(setting.id, false),
          () => present(disputes.connect(member)).recuse(setting.id),
        ]) {
          await expect(again())
            .to.be.revertedWithCustomError(disputes, "DisputesVoteCast")
            .withArgs(setting.id, member);
        }
      }
    });

    it("lets a member vote on two claims about one lease", async () => {
      const scene = await enter(TENANT, [claim, answer, ["voter", "uphold"]]);
      const other = await fileClaim(scene, scene.lease, { claimant: scene.stranger });
      await scene.disputes.connect(scene.providerA).answer(other.id, other.filedAt, false);
      await scene.disputes.connect(scene.memberA).rule(other.id, other.filedAt, false);
      expect(await scene.disputes.voteOf(other.id, other.filedAt, scene.memberA)).to.equal(Vote.Reject);
      expect(await scene.disputes.voteOf(scene.setting.id, scene.model!.filedAt, scene.memberA)).to.equal(Vote.Uphold);
    });
  });

  describe("recuse", () => {
    it("tells of it, and counts for neither side", async () => {
      const { disputes, setting, model, memberA } = await enter(TENANT, [claim, answer]);
      await expect(present(disputes.connect(memberA)).recuse(setting.id))
        .to.emit(disputes, "Voted")
        .withArgs(setting.id, memberA, Vote.Recused, 0, 0);
      expect(await disputes.voteOf(setting.id, model!.filedAt, memberA)).to.equal(Vote.Recused);
      const { proceeding } = await disputes.disputeById(setting.id);
      expect([proceeding.eligible, proceeding.upholds, proceeding.rejects]).to.deep.equal([5n, 0n, 0n]);
    });
  });

  describe("collectFee", () => {
    const settled = [
      claim,
      answer,
      ["voter", "uphold"],
      ["secondVoter", "reject"],
      ["member", "recuse"],
      execution,
      settlement,
    ] as const;

    it("sends each voter its share, to whom it says, whichever way it voted", async () => {
      const { disputes, hold, setting, model, memberA, memberB, keeper } = await enter(TENANT, settled);
      const { filedAt } = model!;
      const share = FILING_FEE / 2n;
      for (const [member, to] of [
        [memberA, memberA],
        [memberB, keeper],
      ] as const) {
        expect(await disputes.connect(member).collectFee.staticCall(setting.id, filedAt, to)).to.equal(share);
        const collecting = disputes.connect(member).collectFee(setting.id, filedAt, to);
        await expect(collecting).to.emit(disputes, "FeeCollected").withArgs(setting.id, filedAt, member, to, share);
        await expect(collecting).to.changeTokenBalances(hold, [to, disputes], [share, -share]);
        expect(await disputes.voteOf(setting.id, filedAt, member)).to.equal(Vote.Paid);
      }
      expect(await hold.balanceOf(disputes)).to.equal(0n);
    });

    it("reverts a second time, for who recused itself, for who did not vote, and for another second", async () => {
      const { disputes, setting, model, memberA, memberC, memberD, keeper } = await enter(TENANT, settled);
      const { filedAt } = model!;
      await disputes.connect(memberA).collectFee(setting.id, filedAt, memberA);
      for (const [caller, second] of [
        [memberA, filedAt],
        [memberC, filedAt],
        [memberD, filedAt],
        [keeper, filedAt],
        [memberA, filedAt - 1],
      ] as const) {
        await expect(disputes.connect(caller).collectFee(setting.id, second, caller))
          .to.be.revertedWithCustomError(disputes, "DisputesNoShare")
          .withArgs(setting.id, second, caller);
      }
    });

    it("reverts before the dispute is settled, executed or not", async () => {
      for (const steps of [settled.slice(0, 5), settled.slice(0, 6)]) {
        const { disputes, setting, model, memberA } = await enter(TENANT, steps);
        await expect(disputes.connect(memberA).collectFee(setting.id, model!.filedAt, memberA))
          .to.be.revertedWithCustomError(disputes, "DisputesNoShare")
          .withArgs(setting.id, model!.filedAt, memberA);
      }
    });

    it("reverts to disputes themselves and to HOLD, where it could never leave again, and the share stays (ATK-ROL-4)", async () => {
      const { disputes, hold, setting, model, memberA, keeper } = await enter(TENANT, settled);
      for (const to of [await disputes.getAddress(), await hold.getAddress()]) {
        for (const caller of [memberA, keeper]) {
          await expect(disputes.connect(caller).collectFee(setting.id, model!.filedAt, to))
            .to.be.revertedWithCustomError(disputes, "DisputesInvalidRecipient")
            .withArgs(to);
        }
      }
      await expect(disputes.connect(memberA).collectFee(setting.id, model!.filedAt, memberA)).to.changeTokenBalance(
        hold,
        memberA,
        FILING_FEE / 2n,
      );
    });

    it("reverts for the zero address, and the share stays", async () => {
      const { disputes, hold, setting, model, memberA } = await enter(TENANT, settled);
      await expect(disputes.connect(memberA).collectFee(setting.id, model!.filedAt, ZeroAddress))
        .to.be.revertedWithCustomError(hold, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
      await disputes.connect(memberA).collectFee(setting.id, model!.filedAt, memberA);
    });

    it("pays a member who lost its seat since, and one whose dispute was withdrawn", async () => {
      const scene = await enter(TENANT, [claim, answer, ["voter", "reject"], ["tenant", "withdraw"]]);
      const { disputes, council, hold, setting, model, admin, memberA } = scene;
      await council.connect(admin).unseat(memberA);
      await expect(disputes.connect(memberA).collectFee(setting.id, model!.filedAt, memberA)).to.changeTokenBalance(
        hold,
        memberA,
        FILING_FEE,
      );
    });

    it("pays shares of an earlier round after the same claimant filed, lost and won again (INV-DSP-1)", async () => {
      const scene = await enter(TENANT, settled);
      const { disputes, hold, setting, model, lease, memberA, memberB, memberC, providerA, tenantA } = scene;
      const first = model!.filedAt;
      const again = await fileClaim(scene, lease);
      expect(again.id).to.equal(setting.id);
      expect(await disputes.voteOf(setting.id, first, memberA)).to.equal(Vote.Uphold);
      await disputes.connect(memberA).collectFee(setting.id, first, memberA);
      await present(disputes.connect(providerA)).answer(setting.id);
      for (const member of [memberA, memberC]) await present(disputes.connect(member)).rule(setting.id, false);
      await present(disputes.connect(tenantA)).withdraw(setting.id);
      await disputes.connect(memberB).collectFee(setting.id, first, memberB);
      for (const member of [memberA, memberC]) {
        await disputes.connect(member).collectFee(setting.id, again.filedAt, member);
      }
      expect(await hold.balanceOf(disputes)).to.equal(0n);
    });

    it("does not let a vote of this round take a share of the last one", async () => {
      const scene = await enter(TENANT, settled);
      const { disputes, setting, model, lease, memberD, memberC, providerA } = scene;
      await fileClaim(scene, lease);
      await present(disputes.connect(providerA)).answer(setting.id);
      await present(disputes.connect(memberC)).rule(setting.id, true);
      for (const member of [memberC, memberD]) {
        await expect(disputes.connect(member).collectFee(setting.id, model!.filedAt, member))
          .to.be.revertedWithCustomError(disputes, "DisputesNoShare")
          .withArgs(setting.id, model!.filedAt, member);
      }
    });
  });
});
