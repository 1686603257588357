import { z } from "zod";

import { PROPOSAL_STATE_WORDS } from "../../../../sdk/governance/proposals";
import { formatDuration, formatInstant } from "../../../../sdk/units";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { Failure } from "../../failure";
import { pairs } from "../../format";
import { nextText, type Proposal, proposalName, readProposal, standing } from "../../governance/proposals";
import type { Session } from "../../session";
import { execute, step } from "../../steps";

const input = z.object({ proposal: proposalName });

/** Fails, saying where the proposal stands and what can be done instead. */
function refuse(proposal: Proposal, now: number, what: string, why = ""): never {
  const next = nextText(proposal, now);
  const reason = why === "" ? standing(proposal, now) : why;
  const message = `proposal ${proposal.number} cannot be ${what}: ${reason}${next === "" ? "" : `\nwhat is next: ${next}`}`;
  throw new Failure("refused", message);
}

async function sceneOf(session: Session, name: bigint) {
  const [proposal, now] = await Promise.all([readProposal(session, name), session.now()]);
  return { proposal, now };
}

export const queue = command({
  usage: "queue <proposal>",
  summary: "put a proposal that was carried into the timelock; anyone may",
  input,
  async run(session, { proposal: name }) {
    const { proposal, now } = await sceneOf(session, name);
    if (proposal.state !== "Succeeded") refuse(proposal, now, "queued now");
    const { governor } = await session.handles();
    const { id, number, title } = proposal;
    const execution = await execute(session, [
      await step(`Queue proposal ${number}: ${title}`, governor, governor["queue(uint256)"], [id]),
    ]);
    if (execution.dryRun) return done(execution, "", { proposal: number });
    const { eta } = await readProposal(session, id);
    const text = `Anyone may execute proposal ${number} from ${formatInstant(eta)} on: leasehold proposals execute ${number}`;
    return done(execution, text, { proposal: number, eta });
  },
});

export const carryOut = command({
  usage: "execute <proposal>",
  summary: "carry out a proposal whose time in the timelock is over; anyone may",
  input,
  async run(session, { proposal: name }) {
    const { proposal, now } = await sceneOf(session, name);
    const { id, number, title, state, eta } = proposal;
    if (state !== "Queued") refuse(proposal, now, "executed now");
    if (now < eta) {
      refuse(
        proposal,
        now,
        "executed yet",
        `its time in the timelock ends in ${formatDuration(eta - now)}, at ${formatInstant(eta)}`,
      );
    }
    const { governor } = await session.handles();
    const execution = await execute(session, [
      await step(`Execute proposal ${number}: ${title}`, governor, governor["execute(uint256)"], [id]),
    ]);
    return done(execution, `Proposal ${number} is carried out: ${title}`, { proposal: number });
  },
});

export const cancel = command({
  usage: "cancel <proposal>",
  summary: "take your own proposal back, before its voting begins",
  input,
  asks: true,
  async run(session, { proposal: name }) {
    const [{ proposal, now }, account] = await Promise.all([sceneOf(session, name), session.account()]);
    const { id, number, title, state, proposer, snapshot } = proposal;
    if (proposer !== account) {
      throw new Failure("refused", `only its proposer, ${proposer}, takes proposal ${number} back; you are ${account}`);
    }
    if (state !== "Pending") {
      const why = `it could be taken back until ${formatInstant(snapshot)}; it is ${PROPOSAL_STATE_WORDS[state]}`;
      refuse(proposal, now, "cancelled", why);
    }
    await confirm(
      session,
      pairs([
        ["proposal", `${number}, ${title}`],
        ["possible", `until ${formatInstant(snapshot)}`],
      ]),
      "A proposal that was taken back never returns.",
    );
    const { governor } = await session.handles();
    const execution = await execute(session, [
      await step(`Cancel proposal ${number}: ${title}`, governor, governor["cancel(uint256)"], [id]),
    ]);
    return done(execution, `Proposal ${number} is cancelled, for good.`, { proposal: number });
  },
});
