import { expect } from "chai";

import {
  APPEAL_WINDOW,
  DECISION_WINDOW,
  fileClaim,
  type FiledDispute,
  Outcome,
  Phase,
  rulesWith,
  Side,
  concede,
  decide,
  decisionsOn,
  present,
} from "../helpers/disputes";
import { at, now, moveTo } from "../helpers/time";
import { enter, type Scene, type Step, type Variant } from "./paths";

const TENANT: Variant = { claimant: "tenant", partiesSeated: false, fewSeats: false };
const claim: Step = ["tenant", "file"];
const answer: Step = ["provider", "answer"];
const council = (vote: "uphold" | "reject"): readonly Step[] => [
  ["voter", vote],
  ["secondVoter", vote],
  ["member", vote],
];
const upheld = [claim, answer, ...council("uphold")];
const rejected = [claim, answer, ...council("reject")];

const bondSide = async ({ disputes, setting }: Scene): Promise<number> =>
  Number((await disputes.disputeById(setting.id)).proceeding.appealBondTo);

describe("Appeals", () => {
  describe("appeal", () => {
    it("takes a bond of the loser, and tells what is appealed", async () => {
      const scene = await enter(TENANT, upheld);
      const { disputes, hold, setting, providerA } = scene;
      const second = (await now()) + 10;
      const appealing = at(second, () => present(disputes.connect(providerA)).appeal(setting.id));
      await expect(appealing)
        .to.emit(disputes, "DisputeAppealed")
        .withArgs(setting.id, providerA, Outcome.Upheld, false);
      await expect(appealing).to.changeTokenBalances(hold, [providerA, disputes], [-setting.bond, setting.bond]);
      const { phase, outcome, deadline, endsAt, ripe } = await disputes.disputeView(setting.id);
      const heardUntil = BigInt(second + DECISION_WINDOW);
      expect([phase, outcome, deadline, endsAt, ripe]).to.deep.equal([
        ...[BigInt(Phase.Appealed), BigInt(Outcome.Upheld), heardUntil, heardUntil, false],
      ]);
      expect(await bondSide(scene)).to.equal(Side.Claimant);
    });

    it("lets each side appeal what failed, the first of the two alone", async () => {
      const scene = await enter(TENANT, [claim, answer, ["tenant", "appeal", "closed"]]);
      expect(await bondSide(scene)).to.equal(Side.Provider);
      await expect(present(scene.disputes.connect(scene.providerA)).appeal(scene.setting.id))
        .to.be.revertedWithCustomError(scene.disputes, "DisputesWrongPhase")
        .withArgs(scene.setting.id, Phase.Appealed);
      expect(await bondSide(await enter(TENANT, [claim, answer, ["provider", "appeal", "closed"]]))).to.equal(
        Side.Claimant,
      );
    });

    it("is possible in the last second of two days after the outcome, and not in the next", async () => {
      const { disputes, setting, model, providerA } = await enter(TENANT, upheld);
      const until = model!.since + APPEAL_WINDOW;
      await at(until - 1, () => present(disputes.connect(providerA)).appeal(setting.id));
      const again = await enter(TENANT, upheld);
      const deadline = again.model!.since + APPEAL_WINDOW;
      await expect(at(deadline, () => present(again.disputes.connect(providerA)).appeal(setting.id)))
        .to.be.revertedWithCustomError(disputes, "DisputesTooLate")
        .withArgs(setting.id, deadline, deadline);
    });

    it("reverts for the winner and for everybody else", async () => {
      for (const [steps, outcome, winner] of [
        [upheld, Outcome.Upheld, "tenantA"],
        [rejected, Outcome.Rejected, "providerA"],
      ] as const) {
        const scene = await enter(TENANT, steps);
        for (const caller of [scene[winner], scene.memberA, scene.stranger]) {
          await expect(present(scene.disputes.connect(caller)).appeal(scene.setting.id))
            .to.be.revertedWithCustomError(scene.disputes, "DisputesNothingToAppeal")
            .withArgs(scene.setting.id, outcome, caller);
        }
      }
    });

    it("reverts without the allowance, and the outcome can still be appealed", async () => {
      const { disputes, hold, setting, providerA } = await enter(TENANT, upheld);
      await hold.connect(providerA).approve(disputes, setting.bond - 1n);
      await expect(present(disputes.connect(providerA)).appeal(setting.id))
        .to.be.revertedWithCustomError(hold, "ERC20InsufficientAllowance")
        .withArgs(disputes, setting.bond - 1n, setting.bond);
      expect((await disputes.disputeView(setting.id)).phase).to.equal(Phase.Decided);
    });

    it("takes who claims against itself for the claimant: it appeals no claim of its own that is upheld", async () => {
      const scene = await enter(TENANT, []);
      const { disputes, lease, providerA } = scene;
      const { id } = await fileClaim(scene, lease, { claimant: providerA });
      await present(disputes.connect(providerA)).answer(id);
      for (const member of [scene.memberA, scene.memberB, scene.memberC])
        await present(disputes.connect(member)).rule(id, true);
      await expect(present(disputes.connect(providerA)).appeal(id))
        .to.be.revertedWithCustomError(disputes, "DisputesNothingToAppeal")
        .withArgs(id, Outcome.Upheld, providerA);
    });

    it("reverts after a concession: it is final", async () => {
      const { disputes, setting, providerA } = await enter(TENANT, [claim, ["provider", "concede"]]);
      await expect(present(disputes.connect(providerA)).appeal(setting.id))
        .to.be.revertedWithCustomError(disputes, "DisputesWrongPhase")
        .withArgs(setting.id, Phase.Final);
    });
  });

  describe("decide", () => {
    it("makes the outcome final: it can be executed in the same second", async () => {
      const { disputes, setting, appeals } = await enter(TENANT, [...rejected, ["tenant", "appeal"]]);
      const second = (await now()) + 10;
      await expect(at(second, () => decide(disputes, appeals, [setting.id], [Outcome.Upheld])))
        .to.emit(disputes, "AppealDecided")
        .withArgs(setting.id, Outcome.Upheld);
      const { phase, outcome, ripe, deadline, endsAt } = await disputes.disputeView(setting.id);
      expect([phase, outcome, ripe, deadline, endsAt]).to.deep.equal([
        ...[BigInt(Phase.Final), BigInt(Outcome.Upheld), true, 0n, BigInt(second)],
      ]);
    });

    /** Whom the appeal bond goes to, by what was appealed, by whom, and what was decided. */
    for (const [appealed, steps, byClaimant, sides] of [
      ["a rejection, by the claimant", [...rejected, ["tenant", "appeal"]], true, [1, 1, 2]],
      ["a failure, by the claimant", [claim, answer, ["tenant", "appeal", "closed"]], true, [1, 2, 2]],
      ["a failure, by the provider", [claim, answer, ["provider", "appeal", "closed"]], false, [1, 1, 2]],
      ["an upheld claim, by the provider", [...upheld, ["provider", "appeal"]], false, [1, 2, 2]],
      ["silence, by the provider", [claim, ["provider", "appeal", "closed"]], false, [1, 2, 2]],
    ] as const) {
      for (const [index, outcome] of [Outcome.Upheld, Outcome.Failed, Outcome.Rejected].entries()) {
        const side = sides[index]!;
        const returns = (side === Side.Claimant) === byClaimant;
        it(`${returns ? "returns" : "forfeits"} the bond of ${appealed}, decided ${["upheld", "failed", "rejected"][index]}`, async () => {
          const scene = await enter(TENANT, steps);
          await decide(scene.disputes, scene.appeals, [scene.setting.id], [outcome]);
          expect(await bondSide(scene)).to.equal(side);
        });
      }
    }

    it("is possible in the last second of 21 days; then it does nothing, and the outcome stands", async () => {
      const { disputes, setting, model, appeals } = await enter(TENANT, [...upheld, ["provider", "appeal"]]);
      const deadline = model!.since + DECISION_WINDOW;
      const reject = () => decide(disputes, appeals, [setting.id], [Outcome.Rejected]);
      await expect(at(deadline - 1, reject)).to.emit(disputes, "AppealDecided");
      const late = await enter(TENANT, [...upheld, ["provider", "appeal"]]);
      const end = late.model!.since + DECISION_WINDOW;
      await expect(at(end, reject)).not.to.emit(disputes, "AppealDecided");
      const { outcome, ripe } = await disputes.disputeView(setting.id);
      expect([outcome, ripe]).to.deep.equal([BigInt(Outcome.Upheld), true]);
    });

    it("decides many at once, skips what is not open, and counts what it decided", async () => {
      const scene = await enter(TENANT, [...upheld, ["provider", "appeal"]]);
      const { disputes, lease, setting, appeals, providerA } = scene;
      const others: FiledDispute[] = [];
      for (const claimant of [scene.stranger, scene.tenantB]) {
        const other = await fileClaim(scene, lease, { claimant });
        await disputes.connect(providerA).answer(other.id, other.filedAt, false);
        others.push(other);
      }
      const [conceded, waiting] = others;
      await concede(disputes, providerA, conceded!.id);
      const ids = [conceded!.id, setting.id, waiting!.id, setting.id];
      const outcomes = [Outcome.Rejected, Outcome.Failed, Outcome.Rejected, Outcome.Rejected];
      const decisions = await decisionsOn(disputes, ids, outcomes);
      expect(await disputes.connect(appeals).decide.staticCall(decisions)).to.equal(1n);
      await decide(disputes, appeals, ids, outcomes);
      const outcomeOf = async (id: bigint) => Number((await disputes.disputeView(id)).outcome);
      expect(await Promise.all(ids.slice(0, 3).map(outcomeOf))).to.deep.equal([
        Outcome.Upheld,
        Outcome.Failed,
        Outcome.None,
      ]);
    });

    it("does nothing for an empty list", async () => {
      const { disputes, stranger } = await enter(TENANT, []);
      expect(await disputes.connect(stranger).decide.staticCall([])).to.equal(0n);
    });

    it("reverts for anybody but the authority, parties and council included", async () => {
      const scene = await enter(TENANT, [...upheld, ["provider", "appeal"]]);
      const { disputes, setting, appeals } = scene;
      for (const caller of [scene.providerA, scene.tenantA, scene.memberA, scene.admin, scene.stranger]) {
        await expect(decide(disputes, caller, [setting.id], [Outcome.Upheld]))
          .to.be.revertedWithCustomError(disputes, "DisputesNotAuthority")
          .withArgs(setting.id, appeals, caller);
      }
    });

    it("leaves another claim alone that the claimant filed since (ATK-DSP-6)", async () => {
      const scene = await enter(TENANT, [...upheld, ["provider", "appeal"]]);
      const { disputes, setting, model, appeals, providerA } = scene;
      const stale = await decisionsOn(disputes, [setting.id], [Outcome.Upheld]);
      await moveTo(model!.since + DECISION_WINDOW);
      await disputes.execute(setting.id);
      await disputes.settle(setting.id);
      const faultStart = await now();
      const again = await fileClaim(scene, scene.lease, { faultStart });
      await disputes.connect(providerA).answer(again.id, again.filedAt, false);
      for (const member of [scene.memberA, scene.memberB, scene.memberC]) {
        await disputes.connect(member).rule(again.id, again.filedAt, true);
      }
      await disputes.connect(providerA).appeal(again.id, again.filedAt, false);
      expect(await disputes.connect(appeals).decide.staticCall(stale)).to.equal(0n);
      await expect(disputes.connect(appeals).decide(stale)).not.to.emit(disputes, "AppealDecided");
      expect((await disputes.disputeById(again.id)).proceeding.phase).to.equal(Phase.Appealed);
    });

    it("skips what is not open before it asks whose it is: one stale id stops nobody's batch", async () => {
      const scene = await enter(TENANT, [...upheld, ["provider", "appeal"]]);
      const { disputes, lease, setting, model, admin, appeals, providerA } = scene;
      const heir = scene.others[2]!;
      const stale = await decisionsOn(disputes, [setting.id], [Outcome.Rejected]);
      await moveTo(model!.since + DECISION_WINDOW);
      await disputes.execute(setting.id);
      await disputes.settle(setting.id);

      /** Files, answers, has it upheld, and appeals it. */
      const appealed = async (claimant: typeof admin): Promise<FiledDispute> => {
        const filed = await fileClaim(scene, lease, { claimant, faultStart: (await now()) - 1 });
        await disputes.connect(providerA).answer(filed.id, filed.filedAt, false);
        for (const member of [scene.memberA, scene.memberB, scene.memberC]) {
          await disputes.connect(member).rule(filed.id, filed.filedAt, true);
        }
        await disputes.connect(providerA).appeal(filed.id, filed.filedAt, false);
        return filed;
      };
      const old = await appealed(scene.stranger);
      await disputes.connect(admin).publishRules(rulesWith(scene, { appealAuthority: heir.address }));
      // The same name as the stale one, under the next authority; and one that was never filed, under none.
      const next = await appealed(scene.tenantA);
      expect(next.id).to.equal(setting.id);
      const unknown = { disputeId: 7n, filedAt: 1, outcome: Outcome.Upheld };
      const [mine] = await decisionsOn(disputes, [old.id], [Outcome.Failed]);
      const [its] = await decisionsOn(disputes, [next.id], [Outcome.Failed]);

      expect(await disputes.connect(heir).decide.staticCall([...stale, unknown, its!])).to.equal(1n);
      expect(await disputes.connect(appeals).decide.staticCall([...stale, unknown, mine!])).to.equal(1n);
      expect(await disputes.connect(providerA).decide.staticCall([...stale, unknown])).to.equal(0n);
      for (const [caller, decision, authority] of [
        [heir, mine!, appeals],
        [appeals, its!, heir],
      ] as const) {
        await expect(disputes.connect(caller).decide([...stale, decision]))
          .to.be.revertedWithCustomError(disputes, "DisputesNotAuthority")
          .withArgs(decision.disputeId, authority, caller);
      }
      await expect(disputes.connect(heir).decide([...stale, unknown, its!]))
        .to.emit(disputes, "AppealDecided")
        .withArgs(next.id, Outcome.Failed);
      // Once it is decided, it is skipped for whoever asks.
      expect(await disputes.connect(appeals).decide.staticCall([its!, mine!])).to.equal(1n);
    });

    it("reverts without an outcome", async () => {
      const { disputes, setting, appeals } = await enter(TENANT, [...upheld, ["provider", "appeal"]]);
      await expect(decide(disputes, appeals, [setting.id], [Outcome.None]))
        .to.be.revertedWithCustomError(disputes, "DisputesNoOutcome")
        .withArgs(setting.id);
    });

    it("leaves a dispute to the authority that it was filed under, whoever hears appeals now", async () => {
      const scene = await enter(TENANT, [claim]);
      const { disputes, setting, admin, appeals, stranger, providerA } = scene;
      await disputes.connect(admin).publishRules(rulesWith(scene, { appealAuthority: stranger.address }));
      await present(disputes.connect(providerA)).answer(setting.id);
      for (const member of [scene.memberA, scene.memberB, scene.memberC]) {
        await present(disputes.connect(member)).rule(setting.id, true);
      }
      await present(disputes.connect(providerA)).appeal(setting.id);
      await expect(decide(disputes, stranger, [setting.id], [Outcome.Rejected]))
        .to.be.revertedWithCustomError(disputes, "DisputesNotAuthority")
        .withArgs(setting.id, appeals, stranger);
      await decide(disputes, appeals, [setting.id], [Outcome.Rejected]);
      expect((await disputes.disputeView(setting.id)).outcome).to.equal(Outcome.Rejected);
    });
  });
});
