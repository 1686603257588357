import { z } from "zod";

import { FAULT_CLASS_WORDS, OUTCOMES, VOTES } from "../../../../sdk/disputes";
import { formatDisputeId } from "../../../../sdk/ids";
import { formatInstant } from "../../../../sdk/units";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { type Dispute, namedDispute, penaltyIfUpheld, readDispute } from "../../disputes";
import { stateText, votesText, withinText } from "../../disputeWords";
import { Failure } from "../../failure";
import { hold, money, pairs } from "../../format";
import { address, disputeOrLease, type Named } from "../../inputs";
import { readLease } from "../../leases";
import { eventsSince } from "../../logs";
import { requireNotOurs } from "../../recipients";
import type { Session } from "../../session";
import { eventArgs, type Execution, execute, type Step, step } from "../../steps";
import { requireStage, type Scene, sceneOf } from "./guards";

const DISPUTE_ARGUMENT = { dispute: disputeOrLease };

/** Fails unless the account may vote on the dispute, as far as it is known beforehand. */
async function requireVoter(session: Session, scene: Scene): Promise<void> {
  requireStage(scene, ["ruling"], "ruled on");
  const { account, dispute } = scene;
  const { disputes, council } = await session.handles();
  const [since, vote] = await Promise.all([
    council.seatedSince(account).then(Number),
    disputes.voteOf(dispute.id, dispute.filedAt, account),
  ]);
  const refused = (why: string): Failure => new Failure("refused", `${account} cannot rule on ${dispute.name}: ${why}`);
  if (since === 0) throw refused("it has no seat in the council");
  if (since >= dispute.filedAt) {
    const filed = `the claim was filed at ${formatInstant(dispute.filedAt)}, not after that second`;
    throw refused(`it has been seated since ${formatInstant(since)}, ${filed}`);
  }
  if ([dispute.claimant, dispute.tenant, dispute.provider].includes(account))
    throw refused("it is a party of the case");
  const cast = VOTES[Number(vote)] ?? "None";
  if (cast !== "None") throw refused(cast === "Recused" ? "it recused itself" : `it voted to ${cast.toLowerCase()}`);
}

/** What an upheld claim would move. */
async function stakeText(session: Session, dispute: Dispute): Promise<string> {
  const [lease, tokens] = await Promise.all([readLease(session, dispute.lease), session.tokens()]);
  const earnings =
    dispute.held === 0n ? "" : `, ${money(dispute.held, await tokens.describe(dispute.token))} of earnings`;
  return `a penalty of ${hold(penaltyIfUpheld(lease, dispute))}${earnings}, bonds of ${hold(dispute.bond)}`;
}

/** What a member's vote is about. */
async function ballotText(session: Session, { dispute, now }: Scene, vote: string): Promise<string> {
  return pairs([
    ["dispute", dispute.name],
    ["claims", `${FAULT_CLASS_WORDS[dispute.faultClass]}, since ${formatInstant(dispute.faultStart)}`],
    ["at stake", await stakeText(session, dispute)],
    ["votes by now", votesText(dispute)],
    ["your vote", vote],
    ["possible", withinText(dispute.deadline, now)],
  ]);
}

/** Reports votes and state after a vote. */
async function voted(session: Session, { dispute }: Scene, execution: Execution, vote: string) {
  if (execution.dryRun) return done(execution, "", { dispute: dispute.name, vote });
  const [after, now] = await Promise.all([readDispute(session, dispute.id), session.now()]);
  const text = pairs([
    ["dispute", after.name],
    ["votes", votesText(after)],
    ["next", stateText(after, now)],
  ]);
  const { outcome, upholds, rejects, eligible, deadline } = after;
  return done(execution, text, { dispute: after.name, vote, outcome, upholds, rejects, eligible, deadline });
}

export const rule = command({
  usage: "rule <dispute>",
  summary: "vote on a claim that was answered, as a member of the council",
  details: `More than half of the members who may vote decide; those who are silent or recuse themselves count, too.
A vote is final. Whoever votes has a share of the filing fee, once the dispute is settled: leasehold dispute fee.`,
  options: [
    ["--uphold", "the fault is proved"],
    ["--reject", "the claim is wrong: its bond is the provider's"],
  ],
  input: z.object({
    ...DISPUTE_ARGUMENT,
    uphold: z.boolean().default(false),
    reject: z.boolean().default(false),
  }),
  asks: true,
  async run(session, { dispute: named, uphold, reject }) {
    if (uphold === reject) throw new Failure("usage", "say how you vote: --uphold or --reject");
    const scene = await sceneOf(session, named);
    await requireVoter(session, scene);
    const { disputes } = await session.handles();
    const { id, name, filedAt, token } = scene.dispute;
    const vote = uphold ? "uphold" : "reject";
    await confirm(session, await ballotText(session, scene, vote), "A vote is final.");
    const execution = await execute(session, [
      await step(`Vote to ${vote} dispute ${name}`, disputes, disputes.rule, [id, filedAt, uphold], token),
    ]);
    return voted(session, scene, execution, vote);
  },
});

export const recuse = command({
  usage: "recuse <dispute>",
  summary: "declare that you will not vote on a claim, as a member of the council",
  input: z.object(DISPUTE_ARGUMENT),
  asks: true,
  async run(session, { dispute: named }) {
    const scene = await sceneOf(session, named);
    await requireVoter(session, scene);
    const { disputes } = await session.handles();
    const { id, name, filedAt, token } = scene.dispute;
    await confirm(session, await ballotText(session, scene, "none, you recuse yourself"), "A vote is final.");
    const execution = await execute(session, [
      await step(`Recuse yourself from dispute ${name}`, disputes, disputes.recuse, [id, filedAt], token),
    ]);
    return voted(session, scene, execution, "recused");
  },
});

const DECISIONS = ["upheld", "failed", "rejected"] as const;

export const decide = command({
  usage: "decide <dispute>",
  summary: "decide an appeal, as the appeal authority; it is final",
  options: [["--outcome <outcome>", `what holds: ${DECISIONS.join(", ")}`]],
  input: z.object({
    ...DISPUTE_ARGUMENT,
    outcome: z.enum(DECISIONS, `write one of ${DECISIONS.join(", ")}`),
  }),
  asks: true,
  async run(session, { dispute: named, outcome }) {
    const scene = await sceneOf(session, named);
    const { account, dispute, now } = scene;
    requireStage(scene, ["appealed"], "decided");
    const { disputes, timelock } = await session.handles();
    const { appealAuthority } = await disputes.rulesOf(dispute.rules);
    if (account !== appealAuthority) {
      const message = `only the appeal authority that it was filed under, ${appealAuthority}, decides dispute ${dispute.name}; you are ${account}`;
      const byVote = appealAuthority === (await timelock.getAddress());
      const how = `. That is the timelock, so holders of HOLD vote: leasehold propose appeal ${dispute.name}`;
      throw new Failure("refused", `${message}${byVote ? how : ""}`);
    }
    const preview = pairs([
      ["dispute", dispute.name],
      ["stands", stateText(dispute, now)],
      ["at stake", await stakeText(session, dispute)],
      ["your decision", outcome],
    ]);
    await confirm(session, preview, "A decision is final.");
    const number = OUTCOMES.findIndex((name) => name.toLowerCase() === outcome);
    const execution = await execute(session, [
      await step(
        `Decide dispute ${dispute.name}: ${outcome}`,
        disputes,
        disputes.decide,
        [[{ disputeId: dispute.id, filedAt: dispute.filedAt, outcome: number }]],
        dispute.token,
      ),
    ]);
    const decided = eventArgs(execution, "AppealDecided").length > 0;
    if (!execution.dryRun && !decided) {
      throw new Failure("refused", `dispute ${dispute.name} was not open any more: see leasehold dispute show`);
    }
    const text = `Dispute ${dispute.name} is decided for good, ${outcome}: leasehold dispute execute ${dispute.name}`;
    return done(execution, text, { dispute: dispute.name, outcome });
  },
});

interface Share {
  readonly dispute: bigint;
  readonly filedAt: number;
  readonly amount: bigint;
}

/** Disputes whose fees may wait for the account: the one that is named, or all that it voted on. */
async function votedOn(session: Session, account: string, named: Named | undefined): Promise<bigint[]> {
  if (named !== undefined) return [(await namedDispute(session, named)).id];
  const { provider, handles, startBlock } = await session.connection();
  const { disputes } = handles;
  const votes = await eventsSince(disputes, disputes.filters.Voted(undefined, account), provider, startBlock);
  return [...new Set(votes.map(({ args }) => args.disputeId))];
}

/** Shares of the account in the fees of a dispute, and of those before it of the same claimant and lease. */
async function sharesOf(session: Session, account: string, dispute: Dispute["id"]): Promise<Share[]> {
  const { provider, handles, startBlock } = await session.connection();
  const { disputes } = handles;
  const settled = await eventsSince(disputes, disputes.filters.DisputeSettled(dispute), provider, startBlock);
  const votes = await Promise.all(settled.map(({ args }) => disputes.voteOf(dispute, args.filedAt, account)));
  return settled
    .map(({ args }) => ({ dispute, filedAt: Number(args.filedAt), amount: args.share }))
    .filter(({ amount }, index) => amount > 0n && ["Uphold", "Reject"].includes(VOTES[Number(votes[index])] ?? ""));
}

export const fee = command({
  usage: "fee [dispute]",
  summary: "take your share of filing fees, as a member who voted (none named: of all disputes)",
  options: [["--to <address>", "receiver (default: yourself)"]],
  input: z.object({ dispute: disputeOrLease.optional(), to: address.optional() }),
  async run(session, { dispute: named, to }) {
    const [account, { disputes }] = await Promise.all([session.account(), session.handles()]);
    const receiver = to ?? account;
    await requireNotOurs(session, receiver, "receive a share of a fee");
    const ids = await votedOn(session, account, named);
    const shares = (await Promise.all(ids.map((id) => sharesOf(session, account, id)))).flat();
    if (shares.length === 0) {
      const which =
        ids.length === 1 && ids[0] !== undefined ? `of dispute ${formatDisputeId(ids[0])}` : "of any dispute";
      const why = "a share is of those who voted, once, when the dispute is settled: see leasehold dispute execute";
      throw new Failure("refused", `no filing fee ${which} waits for ${account}: ${why}`);
    }
    const steps = shares.map(({ dispute, filedAt, amount }): Promise<Step> => {
      const label = `Collect ${hold(amount)} of the fee of dispute ${formatDisputeId(dispute)}`;
      return step(label, disputes, disputes.collectFee, [dispute, filedAt, receiver]);
    });
    const execution = await execute(session, await Promise.all(steps));
    const paid = eventArgs(execution, "FeeCollected").reduce((sum, args) => sum + (args["amount"] as bigint), 0n);
    const data = shares.map((share) => ({ ...share, dispute: formatDisputeId(share.dispute) }));
    return done(execution, `${hold(paid)} went to ${receiver}.`, { shares: data, amount: paid });
  },
});
