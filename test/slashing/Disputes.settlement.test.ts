import { expect } from "chai";

import {
  concede,
  disputeFixture,
  EVIDENCE,
  FaultClass,
  fileClaim,
  FILING_FEE,
  FRACTION_BPS,
  Outcome,
  Phase,
} from "../helpers/disputes";
import { loadFixture } from "../helpers/loadFixture";
import { earnedOf, netOf, partOf } from "../helpers/money";
import { DAY, FEE_BPS } from "../helpers/parameters";
import { activeLease } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";
import { deadlinesOf, standingOf } from "./pathModel";
import { enter, type Scene, type Step, type Variant } from "./paths";

const TENANT: Variant = { claimant: "tenant", partiesSeated: false, fewSeats: false };
const FEW: Variant = { ...TENANT, fewSeats: true };

const claim: Step = ["tenant", "file"];
const answer: Step = ["provider", "answer"];
const concession: Step = ["provider", "concede"];
const execution: Step = ["stranger", "execute", "ripe"];
const council = (vote: "uphold" | "reject"): readonly Step[] => [
  ["voter", vote],
  ["secondVoter", vote],
  ["member", vote],
];
const appealBy = (actor: "tenant" | "provider", when: "next" | "closed" = "next"): Step => [actor, "appeal", when];
const decided = (action: "decideUpheld" | "decideFailed" | "decideRejected"): Step => ["authority", action];

const upheld = [claim, answer, ...council("uphold")];
const rejected = [claim, answer, ...council("reject")];
const silence = appealBy("provider", "closed");
const mute = [claim, answer, appealBy("tenant", "closed")];
const few = [claim, answer];

/** [path, steps, bonds to the claimant, bonds to the provider, members who voted] */
type Flow = readonly [path: string, steps: readonly Step[], toClaimant: bigint, toProvider: bigint, voters: bigint];

/** Every way a dispute ends, but for a withdrawal, which settles by itself. */
const FLOWS: readonly Flow[] = [
  ["silence of the provider", [claim], 1n, 0n, 0n],
  ["a concession", [claim, concession], 1n, 0n, 0n],
  ["a concession after the answer", [claim, answer, ["voter", "reject"], concession], 2n, 0n, 1n],
  ["a council that upholds", upheld, 2n, 0n, 3n],
  ["a council that rejects", rejected, 0n, 2n, 3n],
  ["a silent council", [claim, answer], 1n, 1n, 0n],
  ["a council without majority", [claim, answer, ["voter", "uphold"], ["member", "reject"]], 1n, 1n, 2n],
  ["a council that recused itself", [claim, answer, ["voter", "recuse"], ["member", "recuse"]], 1n, 1n, 0n],
  ["silence, appealed, nobody hears it", [claim, silence], 2n, 0n, 0n],
  ["silence, appealed, upheld", [claim, silence, decided("decideUpheld")], 2n, 0n, 0n],
  ["silence, appealed, failed", [claim, silence, decided("decideFailed")], 1n, 1n, 0n],
  ["silence, appealed, rejected", [claim, silence, decided("decideRejected")], 0n, 2n, 0n],
  ["upheld, appealed, nobody hears it", [...upheld, appealBy("provider")], 3n, 0n, 3n],
  ["upheld, appealed, upheld", [...upheld, appealBy("provider"), decided("decideUpheld")], 3n, 0n, 3n],
  ["upheld, appealed, failed", [...upheld, appealBy("provider"), decided("decideFailed")], 1n, 2n, 3n],
  ["upheld, appealed, rejected", [...upheld, appealBy("provider"), decided("decideRejected")], 0n, 3n, 3n],
  ["rejected, appealed, nobody hears it", [...rejected, appealBy("tenant")], 0n, 3n, 3n],
  ["rejected, appealed, rejected", [...rejected, appealBy("tenant"), decided("decideRejected")], 0n, 3n, 3n],
  ["rejected, appealed, failed", [...rejected, appealBy("tenant"), decided("decideFailed")], 2n, 1n, 3n],
  ["rejected, appealed, upheld", [...rejected, appealBy("tenant"), decided("decideUpheld")], 3n, 0n, 3n],
  ["a silent council, appealed by the claimant, nobody hears it", mute, 1n, 2n, 0n],
  ["a silent council, appealed by the claimant, upheld", [...mute, decided("decideUpheld")], 3n, 0n, 0n],
  ["a silent council, appealed by the claimant, failed", [...mute, decided("decideFailed")], 1n, 2n, 0n],
  ["a silent council, appealed by the claimant, rejected", [...mute, decided("decideRejected")], 0n, 3n, 0n],
];

/** The same where two members are left, so that the answer ends the case. */
const FEW_FLOWS: readonly Flow[] = [
  ["too few members", few, 1n, 1n, 0n],
  [
    "too few members, appealed by the provider, rejected",
    [...few, appealBy("provider"), decided("decideRejected")],
    0n,
    3n,
    0n,
  ],
  [
    "too few members, appealed by the provider, failed",
    [...few, appealBy("provider"), decided("decideFailed")],
    2n,
    1n,
    0n,
  ],
  [
    "too few members, appealed by the tenant, upheld",
    [...few, appealBy("tenant"), decided("decideUpheld")],
    3n,
    0n,
    0n,
  ],
];

/** Executes and settles: bonds and fee leave as they came in, and nothing stays but the members' shares. */
async function expectFlow(scene: Scene, [, , toClaimant, toProvider, voters]: Flow): Promise<void> {
  const { disputes, hold, setting, model, tenantA, providerA, treasury, stranger, memberA, memberB, memberC } = scene;
  const { bond } = setting;
  const [share, rest] = voters === 0n ? [0n, FILING_FEE] : [FILING_FEE / voters, FILING_FEE % voters];
  const settling = disputes.connect(stranger).settle(setting.id);
  await expect(settling)
    .to.emit(disputes, "DisputeSettled")
    .withArgs(setting.id, model!.filedAt, toClaimant * bond, toProvider * bond, rest, share);
  await expect(settling).to.changeTokenBalances(
    hold,
    [tenantA, providerA, treasury],
    [toClaimant * bond, toProvider * bond, rest],
  );
  expect(await hold.balanceOf(disputes)).to.equal(share * voters);
  for (const member of [memberA, memberB, memberC]) {
    const vote = await disputes.voteOf(setting.id, model!.filedAt, member);
    if (vote === 1n || vote === 2n) await disputes.connect(member).collectFee(setting.id, model!.filedAt, member);
  }
  expect(await hold.balanceOf(disputes)).to.equal(0n);
}

describe("Disputes", () => {
  describe("settle", () => {
    for (const [variant, flows] of [
      [TENANT, FLOWS],
      [FEW, FEW_FLOWS],
    ] as const) {
      for (const flow of flows) {
        const [path, steps, toClaimant, toProvider] = flow;
        it(`pays ${toClaimant} bonds to the claimant and ${toProvider} to the provider after ${path} (INV-DSP-1)`, async () => {
          await expectFlow(await enter(variant, [...steps, execution]), flow);
        });
      }
    }

    it("pays the remainder of the fee, a wei of it that three cannot share, to the treasury", async () => {
      const { disputes, hold, setting, treasury, keeper } = await enter(TENANT, [...upheld, execution]);
      expect(FILING_FEE % 3n).to.equal(1n);
      await expect(disputes.connect(keeper).settle(setting.id)).to.changeTokenBalance(hold, treasury, 1n);
    });

    it("shares the fee among those who voted, and tells each share by round", async () => {
      const { disputes, setting, model, stranger } = await enter(TENANT, [...upheld, execution]);
      const { id } = setting;
      expect(await disputes.shareOf(id, model!.filedAt)).to.equal(0n);
      await disputes.connect(stranger).settle(id);
      expect(await disputes.shareOf(id, model!.filedAt)).to.equal(FILING_FEE / 3n);
      expect(await disputes.shareOf(id, model!.filedAt + 1)).to.equal(0n);
    });

    it("is not needed to execute another claim, and refuses nobody", async () => {
      const scene = await enter(TENANT, [claim, concession, execution]);
      const other = await fileClaim(scene, scene.lease, { claimant: scene.stranger });
      await concede(scene.disputes, scene.providerA, other.id);
      await scene.disputes.connect(scene.keeper).execute(other.id);
      for (const id of [other.id, scene.setting.id]) await scene.disputes.connect(scene.keeper).settle(id);
      expect(await scene.hold.balanceOf(scene.disputes)).to.equal(0n);
    });
  });

  describe("execute", () => {
    it("reverts where there is no claim, and a second time", async () => {
      const { disputes, setting, stranger } = await enter(TENANT, []);
      const execute = () => disputes.connect(stranger).execute(setting.id);
      await expect(execute())
        .to.be.revertedWithCustomError(disputes, "DisputesWrongPhase")
        .withArgs(setting.id, Phase.Filed);

      const scene = await enter(TENANT, [claim, concession, execution]);
      await expect(scene.disputes.connect(scene.stranger).execute(scene.setting.id))
        .to.be.revertedWithCustomError(scene.disputes, "DisputesWrongPhase")
        .withArgs(scene.setting.id, Phase.Executed);
    });

    for (const [path, steps, outcome, penalty] of [
      ["silence of the provider", [claim], Outcome.Upheld, true],
      ["a council that upholds", upheld, Outcome.Upheld, true],
      ["a council that rejects", rejected, Outcome.Rejected, false],
      ["a silent council", [claim, answer], Outcome.Failed, false],
      ["an appeal that nobody hears", [...upheld, appealBy("provider")], Outcome.Upheld, true],
      ["an appeal that reversed it", [...rejected, appealBy("tenant"), decided("decideUpheld")], Outcome.Upheld, true],
    ] as const) {
      it(`carries out what stands, in its first second, after ${path}`, async () => {
        const scene = await enter(TENANT, steps);
        const { disputes, setting, model, lease, keeper } = scene;
        let ripe = await now();
        for (let { deadline } = deadlinesOf(model!, ripe); deadline !== 0; { deadline } = deadlinesOf(model!, ripe))
          ripe = deadline;
        const second = Math.max(ripe, (await now()) + 1);
        expect(standingOf(model!, second)?.outcome).to.equal(outcome);
        const slashed = penalty ? partOf(lease.collateral, FRACTION_BPS[0]) : 0n;
        await expect(at(second, () => disputes.connect(keeper).execute(setting.id)))
          .to.emit(disputes, "DisputeExecuted")
          .withArgs(setting.id, outcome, slashed);
        const { phase, outcome: told, ripe: still, deadline, endsAt } = await disputes.disputeView(setting.id);
        expect([phase, told, still, deadline, endsAt]).to.deep.equal([
          BigInt(Phase.Executed),
          BigInt(outcome),
          false,
          0n,
          0n,
        ]);
      });
    }

    /** A claim on 300 of the first 400 seconds of a lease that was served all the time. */
    async function heldFixture() {
      const f = await loadFixture(disputeFixture);
      const lease = await activeLease(f, { offer: f.offerD });
      const dispute = await fileClaim(f, lease, { faultStart: lease.startedAt + 100, filedAt: lease.startedAt + 400 });
      return { ...f, lease, dispute, held: earnedOf(lease.rate, 300) };
    }

    /** What each has free in the escrow more after the claim ended so, in base units: tenant, provider, treasury. */
    async function moved(f: Awaited<ReturnType<typeof heldFixture>>, end: () => Promise<unknown>) {
      const accounts = [f.tenantA, f.providerA, f.treasury];
      const free = () => Promise.all(accounts.map((account) => f.escrow.freeOf(f.lease.token, account)));
      const before = await free();
      await end();
      const after = await free();
      expect((await f.market.claimOf(f.lease.id, f.tenantA)).held).to.equal(0n);
      return after.map((amount, index) => amount - before[index]!);
    }

    it("returns held earnings to the tenant where the claim is upheld, fee included (INV-DSP-2)", async () => {
      const f = await loadFixture(heldFixture);
      expect((await f.market.claimOf(f.lease.id, f.tenantA)).held).to.equal(f.held);
      await concede(f.disputes, f.providerA, f.dispute.id);
      expect(await moved(f, () => f.disputes.connect(f.keeper).execute(f.dispute.id))).to.deep.equal([f.held, 0n, 0n]);
    });

    for (const [outcome, answered] of [
      ["failed", false],
      ["rejected", true],
    ] as const) {
      it(`sends them on to the provider where it ${outcome === "failed" ? "failed" : "was rejected"}, the fee to the treasury (INV-DSP-2)`, async () => {
        const f = await loadFixture(heldFixture);
        if (answered) await f.disputes.connect(f.providerA).answer(f.dispute.id, f.dispute.filedAt, false);
        const fee = partOf(f.held, FEE_BPS);
        expect(
          await moved(f, () => f.disputes.connect(f.tenantA).withdraw(f.dispute.id, f.dispute.filedAt)),
        ).to.deep.equal([0n, f.held - fee, fee]);
      });
    }

    for (const [what, byWhom] of [
      ["was ended for that", "stranger"],
      ["is over, and nobody ended it before", undefined],
    ] as const) {
      it(`carries out nothing once the claim's life ${what}: no penalty, held earnings go on, bonds are settled (INV-LSE-11)`, async () => {
        const f = await loadFixture(heldFixture);
        const { disputes, market, hold, lease, dispute, held, tenantA, treasury } = f;
        const { id, filedAt, bond } = dispute;
        const fee = partOf(held, FEE_BPS);
        const reserved = (await f.staking.poolOf(market, f.providerA)).reserved;
        await moveTo(filedAt + 60 * DAY - 1);
        let expected = [0n, held - fee, fee];
        if (byWhom !== undefined) {
          expect(await moved(f, () => market.connect(f[byWhom]).lapseClaim(lease.id, tenantA))).to.deep.equal(expected);
          expected = [0n, 0n, 0n];
        }
        const executing = async () =>
          expect(disputes.connect(f.keeper).execute(id))
            .to.emit(disputes, "DisputeExecuted")
            .withArgs(id, Outcome.Upheld, 0n);
        expect(await moved(f, executing)).to.deep.equal(expected);
        expect((await f.staking.poolOf(market, f.providerA)).reserved).to.equal(reserved);
        const settling = disputes.connect(f.keeper).settle(id);
        await expect(settling).to.emit(disputes, "DisputeSettled").withArgs(id, filedAt, bond, 0n, FILING_FEE, 0n);
        await expect(settling).to.changeTokenBalances(hold, [tenantA, treasury], [bond, FILING_FEE]);
      });
    }

    it("carries all of it out in the last second of the claim's life", async () => {
      const f = await loadFixture(heldFixture);
      const { disputes, lease, dispute, held } = f;
      const penalty = partOf(lease.collateral, FRACTION_BPS[0]);
      const executing = () =>
        at(dispute.filedAt + 60 * DAY - 1, async () =>
          expect(disputes.connect(f.keeper).execute(dispute.id))
            .to.emit(disputes, "DisputeExecuted")
            .withArgs(dispute.id, Outcome.Upheld, penalty),
        );
      expect(await moved(f, executing)).to.deep.equal([held, 0n, 0n]);
    });

    it("keeps the name taken until the dispute is settled, though the market ended the claim", async () => {
      const f = await loadFixture(heldFixture);
      expect(await f.market.CLAIM_LIFE()).to.equal(60 * DAY);
      await moveTo(f.dispute.filedAt + 60 * DAY);
      await f.market.lapseClaim(f.lease.id, f.tenantA);
      await expect(
        f.disputes
          .connect(f.tenantA)
          .file(f.lease.id, f.lease.tenant, FaultClass.Unserved, f.lease.startedAt, EVIDENCE),
      )
        .to.be.revertedWithCustomError(f.disputes, "DisputesAlreadyOpen")
        .withArgs(f.dispute.id);
    });

    it("leaves the lease's own account as if the held seconds were paid: a collect pays the rest alone (INV-LSE-2)", async () => {
      const f = await loadFixture(heldFixture);
      const { lease, market, keeper } = f;
      await concede(f.disputes, f.providerA, f.dispute.id);
      await f.disputes.connect(keeper).execute(f.dispute.id);
      const rest = netOf(lease.rate, 500, FEE_BPS) - netOf(lease.rate, 300, FEE_BPS);
      const collecting = () => at(lease.startedAt + 500, () => market.connect(keeper).collect([lease.id]));
      expect(await moved(f, collecting)).to.deep.equal([0n, rest, 0n]);
    });
  });
});
