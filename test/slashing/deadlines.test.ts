import { expect } from "chai";

import {
  ANSWER_WINDOW,
  APPEAL_WINDOW,
  DECISION_WINDOW,
  FRACTION_BPS,
  Outcome,
  RULING_WINDOW,
  decide,
  present,
} from "../helpers/disputes";
import { partOf } from "../helpers/money";
import { DAY } from "../helpers/parameters";
import { at, moveTo } from "../helpers/time";
import { enter, type Scene, type Variant } from "./paths";

const TENANT: Variant = { claimant: "tenant", partiesSeated: false, fewSeats: false };

/** Who acts, in the last second that it has; the others are silent. */
interface Doers {
  provider: boolean;
  council: boolean;
  loser: boolean;
  authority: boolean;
}

const COMBINATIONS: readonly Doers[] = Array.from({ length: 16 }, (_, bits) => ({
  provider: (bits & 1) !== 0,
  council: (bits & 2) !== 0,
  loser: (bits & 4) !== 0,
  authority: (bits & 8) !== 0,
})).filter(({ provider, council, loser, authority }) => (provider || !council) && (loser || !authority));

const nameOf = (doers: Doers): string => {
  const who = Object.entries(doers).filter(([, acts]) => acts);
  return who.length === 0 ? "nobody acts" : `${who.map(([name]) => name).join(", ")} act in the last second`;
};

/** Reads what the view says now, and that its end has not risen since `before`. */
async function endOf({ disputes, setting }: Scene, before: bigint): Promise<bigint> {
  const { endsAt, deadline } = await disputes.disputeView(setting.id);
  expect(endsAt).to.be.lessThanOrEqual(before);
  expect(deadline).to.be.lessThanOrEqual(endsAt);
  return endsAt;
}

describe("Disputes: every one of them ends by a time that is known at its filing (INV-DSP-1, ATK-DSP-5)", () => {
  for (const doers of COMBINATIONS) {
    it(`where ${nameOf(doers)}: the end never comes later, and the dispute is executed at it`, async () => {
      const scene = await enter(TENANT, [["tenant", "file"]]);
      const { disputes, setting, providerA, tenantA, appeals, keeper } = scene;
      const { filedAt } = scene.model!;
      let endsAt = await endOf(scene, BigInt(filedAt + 29 * DAY));
      expect(endsAt).to.equal(filedAt + ANSWER_WINDOW + RULING_WINDOW + APPEAL_WINDOW + DECISION_WINDOW);
      const act = async (second: number, action: () => Promise<unknown>): Promise<void> => {
        await moveTo(second - 1);
        endsAt = await endOf(scene, endsAt);
        await at(second, action);
        endsAt = await endOf(scene, endsAt);
      };

      let outcomeAt = filedAt + ANSWER_WINDOW;
      let outcome: number = Outcome.Upheld;
      if (doers.provider) {
        const answeredAt = outcomeAt - 1;
        await act(answeredAt, () => present(disputes.connect(providerA)).answer(setting.id));
        [outcomeAt, outcome] = [answeredAt + RULING_WINDOW, Outcome.Failed];
      }
      if (doers.council) {
        outcomeAt -= 1; // of the last of three votes
        for (const [index, member] of [scene.memberA, scene.memberB, scene.memberC].entries()) {
          await act(outcomeAt - 4 + 2 * index, () => present(disputes.connect(member)).rule(setting.id, false));
        }
        outcome = Outcome.Rejected;
      }
      let end = outcomeAt + APPEAL_WINDOW;
      if (doers.loser) {
        const appealedAt = end - 1;
        const loser = outcome === Outcome.Upheld ? providerA : tenantA;
        await act(appealedAt, () => present(disputes.connect(loser)).appeal(setting.id));
        end = appealedAt + DECISION_WINDOW;
      }
      if (doers.authority) {
        await act(end - 1, () => decide(disputes, appeals, [setting.id], [Outcome.Failed]));
        [end, outcome] = [end - 1, Outcome.Failed];
      }

      if (!doers.authority) {
        await moveTo(end - 1);
        const early = disputes.connect(keeper).execute.staticCall(setting.id);
        await expect(early)
          .to.be.revertedWithCustomError(disputes, "DisputesTooEarly")
          .withArgs(setting.id, end, end - 1);
        await moveTo(end);
      }
      endsAt = await endOf(scene, endsAt);
      expect(endsAt).to.equal(end);
      expect((await disputes.disputeView(setting.id)).ripe).to.equal(true);
      await expect(disputes.connect(keeper).execute(setting.id))
        .to.emit(disputes, "DisputeExecuted")
        .withArgs(
          setting.id,
          outcome,
          outcome === Outcome.Upheld ? partOf(scene.lease.collateral, FRACTION_BPS[0]) : 0n,
        );
    });
  }
});
