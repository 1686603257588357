import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { EVIDENCE, FaultClass, Outcome, Phase } from "../helpers/disputes";
import { HOUR } from "../helpers/parameters";
import { at, now, ROOM, together } from "../helpers/time";
import { enter, type Scene, type Step, type Variant } from "./paths";

const TENANT: Variant = { claimant: "tenant", partiesSeated: false, fewSeats: false };
const claim: Step = ["tenant", "file"];
const answered: readonly Step[] = [claim, ["provider", "answer"]];
const ruled = (vote: "uphold" | "reject"): readonly Step[] => [
  ...answered,
  ["voter", vote],
  ["secondVoter", vote],
  ["member", vote],
];

type Send = (scene: Scene, filedAt: number | bigint) => Promise<ContractTransactionResponse>;
const by = (scene: Scene, caller: HardhatEthersSigner) => scene.disputes.connect(caller);
const rule =
  (uphold: boolean): Send =>
  (scene, filedAt) =>
    by(scene, scene.memberA).rule(scene.setting.id, filedAt, uphold);
const answer =
  (fromBond: boolean): Send =>
  (scene, filedAt) =>
    by(scene, scene.providerA).answer(scene.setting.id, filedAt, fromBond);
const appeal =
  (caller: "tenantA" | "providerA", fromBond: boolean): Send =>
  (scene, filedAt) =>
    by(scene, scene[caller]).appeal(scene.setting.id, filedAt, fromBond);
const concede: Send = (scene, filedAt) => by(scene, scene.providerA).concede(scene.setting.id, filedAt);
const withdraw: Send = (scene, filedAt) => by(scene, scene.tenantA).withdraw(scene.setting.id, filedAt);
const recuse: Send = (scene, filedAt) => by(scene, scene.memberA).recuse(scene.setting.id, filedAt);

/** Every step that names its claim: where it fits, how it is taken, and what it tells. */
const STEPS: readonly (readonly [name: string, to: readonly Step[], send: Send, event: string])[] = [
  ["an answer out of the wallet", [claim], answer(false), "DisputeAnswered"],
  ["an answer out of the bond", [claim], answer(true), "DisputeAnswered"],
  ["a vote for it", answered, rule(true), "Voted"],
  ["a vote against it", answered, rule(false), "Voted"],
  ["a recusal", answered, recuse, "Voted"],
  ["an appeal by the claimant", ruled("reject"), appeal("tenantA", false), "DisputeAppealed"],
  ["an appeal by the provider", ruled("uphold"), appeal("providerA", false), "DisputeAppealed"],
  ["an appeal out of the bond", ruled("uphold"), appeal("providerA", true), "DisputeAppealed"],
  ["a concession before the answer", [claim], concede, "DisputeConceded"],
  ["a concession after it", answered, concede, "DisputeConceded"],
  ["a withdrawal before the answer", [claim], withdraw, "DisputeWithdrawn"],
  ["a withdrawal after it", answered, withdraw, "DisputeWithdrawn"],
];

/** Each kind of step once. */
const KINDS: readonly (readonly [name: string, send: Send])[] = [
  ["answer", answer(false)],
  ["rule", rule(true)],
  ["recuse", recuse],
  ["appeal", appeal("tenantA", false)],
  ["concede", concede],
  ["withdraw", withdraw],
];

describe("Disputes: every step names the claim that it is about (ATK-DSP-9)", () => {
  for (const [name, to, send, event] of STEPS) {
    it(`refuses ${name} of a claim of another second, and takes the same of this one`, async () => {
      const scene = await enter(TENANT, to);
      const { disputes, setting, model } = scene;
      const { filedAt } = model!;
      const stored = await disputes.disputeById(setting.id);
      for (const meant of [0, filedAt - 1, filedAt + 1, 2 ** 40 - 1]) {
        await expect(send(scene, meant))
          .to.be.revertedWithCustomError(disputes, "DisputesAnotherClaim")
          .withArgs(setting.id, filedAt, meant);
      }
      expect(await disputes.disputeById(setting.id)).to.deep.equal(stored);
      await expect(send(scene, filedAt)).to.emit(disputes, event);
    });
  }

  for (const [name, send] of KINDS) {
    it(`says of ${name} that it is another claim before it says anything else`, async () => {
      const executed = await enter(TENANT, [...ruled("uphold"), ["stranger", "execute", "ripe"]]);
      const { filedAt } = executed.model!;
      await expect(send(executed, filedAt - 1))
        .to.be.revertedWithCustomError(executed.disputes, "DisputesAnotherClaim")
        .withArgs(executed.setting.id, filedAt, filedAt - 1);
      // None was ever filed: there is none of second 1.
      const empty = await enter(TENANT, []);
      await expect(send(empty, 1))
        .to.be.revertedWithCustomError(empty.disputes, "DisputesAnotherClaim")
        .withArgs(empty.setting.id, 0, 1);
      await expect(send(empty, 0))
        .to.be.revertedWithCustomError(empty.disputes, "DisputesWrongPhase")
        .withArgs(empty.setting.id, Phase.Filed);
    });
  }

  /** The claimant withdraws its claim, and files a dearer one under the same name, all in one second. */
  async function replaced(scene: Scene, ...late: (() => Promise<{ hash: string }>)[]) {
    const { disputes, lease, setting, model, tenantA } = scene;
    const second = (await now()) + 1;
    const dearer = [lease.id, tenantA, FaultClass.DataExposed, second - HOUR, EVIDENCE] as const;
    const ended = await together(
      second,
      () => disputes.connect(tenantA).withdraw(setting.id, model!.filedAt, ROOM),
      () => disputes.connect(tenantA).file(...dearer, ROOM),
      ...late,
    );
    return { second, ended };
  }

  for (const fromBond of [false, true]) {
    it(`posts no bond out of the ${fromBond ? "bond" : "wallet"} by an answer that waited and meets a dearer claim`, async () => {
      const scene = await enter(TENANT, [claim]);
      const { disputes, hold, staking, setting, model, providerA } = scene;
      const funds = async () => [
        await hold.balanceOf(providerA),
        ...(await staking.poolOf(disputes, providerA)),
        await hold.allowance(providerA, disputes),
      ];
      const before = await funds();
      const late = () => disputes.connect(providerA).answer(setting.id, model!.filedAt, fromBond, ROOM);
      const { second, ended } = await replaced(scene, late);
      expect(ended).to.deep.equal(["done", "done", "reverted"]);
      expect(await funds()).to.deep.equal(before);
      await expect(answer(fromBond)(scene, model!.filedAt))
        .to.be.revertedWithCustomError(disputes, "DisputesAnotherClaim")
        .withArgs(setting.id, second, model!.filedAt);
      const { phase, fractionBps } = await disputes.disputeView(setting.id);
      expect([phase, fractionBps]).to.deep.equal([BigInt(Phase.Filed), 10_000n]);
    });
  }

  it("counts no vote that was signed for a claim before: it takes as many votes for this one", async () => {
    const scene = await enter(TENANT, [...answered, ["voter", "uphold"]]);
    const { disputes, setting, model, providerA, memberB, memberC } = scene;
    const { second } = await replaced(scene);
    await at(second + 1, () => disputes.connect(providerA).answer(setting.id, second, false));
    for (const member of [memberB, memberC]) {
      await expect(disputes.connect(member).rule(setting.id, model!.filedAt, true))
        .to.be.revertedWithCustomError(disputes, "DisputesAnotherClaim")
        .withArgs(setting.id, second, model!.filedAt);
      await disputes.connect(member).rule(setting.id, second, true);
    }
    const { proceeding } = await disputes.disputeById(setting.id);
    expect([proceeding.phase, proceeding.upholds]).to.deep.equal([BigInt(Phase.Answered), 2n]);
    await disputes.connect(scene.memberA).rule(setting.id, second, true);
    expect((await disputes.disputeView(setting.id)).outcome).to.equal(Outcome.Upheld);
  });
});
