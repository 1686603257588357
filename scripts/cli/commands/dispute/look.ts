import { z } from "zod";

import { FAULT_CLASS_WORDS, VOTES } from "../../../../sdk/disputes";
import { formatInstant } from "../../../../sdk/units";
import { command } from "../../command";
import { type Dispute, findDisputes, fractionText, isOpen, namedDispute, penaltyIfUpheld } from "../../disputes";
import { FAULT_NAMES, movesText, outcomeText, stateText, turnText, votesText } from "../../disputeWords";
import { hold, money, pairs, sections, table } from "../../format";
import { address, disputeOrLease, leaseId } from "../../inputs";
import { eventsSince } from "../../logs";
import { readLease } from "../../leases";
import type { Session } from "../../session";

interface Ballot {
  readonly member: string;
  readonly vote: (typeof VOTES)[number];
}

/** What was published with the claim, and who did what since. */
async function historyOf(session: Session, { id }: Dispute): Promise<{ evidence: string; ballots: Ballot[] }> {
  const { provider, handles, startBlock } = await session.connection();
  const { disputes } = handles;
  const [filed, votes] = await Promise.all([
    eventsSince(disputes, disputes.filters.DisputeFiled(id), provider, startBlock),
    eventsSince(disputes, disputes.filters.Voted(id), provider, startBlock),
  ]);
  const last = filed.at(-1);
  // The claimant may have filed before: a vote of then belongs to a claim that is over.
  const since = votes.filter(({ blockNumber, index }) => {
    return (
      last === undefined || blockNumber > last.blockNumber || (blockNumber === last.blockNumber && index > last.index)
    );
  });
  return {
    evidence: last?.args.evidence ?? "",
    ballots: since.map(({ args }) => ({ member: args.member, vote: VOTES[Number(args.vote)] ?? "None" })),
  };
}

/** Bonds that were posted; all are of one size. */
function bondsText({ bond, answered, answeredFromBond, appealed, appealedFromBond }: Dispute): string {
  const from = (reserved: boolean): string => (reserved ? " (reserved of its bond)" : "");
  const posters = [
    "the claimant",
    answered ? `the provider${from(answeredFromBond)}` : "",
    appealed ? `the appeal${from(appealedFromBond)}` : "",
  ].filter(Boolean);
  return `${hold(bond)}${posters.length > 1 ? " each" : ""}: ${posters.join(", ")}`;
}

export const show = command({
  usage: "show <dispute>",
  summary: "everything about a dispute: who, what, how much, and whose turn it is until when",
  input: z.object({ dispute: disputeOrLease }),
  async run(session, input) {
    const [dispute, tokens, now] = await Promise.all([
      namedDispute(session, input.dispute),
      session.tokens(),
      session.now(),
    ]);
    const [{ evidence, ballots }, paidIn, lease] = await Promise.all([
      historyOf(session, dispute),
      tokens.describe(dispute.token),
      readLease(session, dispute.lease),
    ]);
    const { phase, byTenant, held } = dispute;
    const over = phase === "Executed" || phase === "Settled";
    const penalty = over ? 0n : penaltyIfUpheld(lease, dispute);
    const text = pairs([
      ["dispute", dispute.name],
      ["outcome", outcomeText(dispute)],
      ["next", turnText(dispute, now)],
      ["can be done", movesText(dispute)],
      ["over", over ? "" : `by ${formatInstant(dispute.endsAt)} at the latest, whoever goes silent`],
      ["claimant", `${dispute.claimant}, ${byTenant ? "the tenant" : "a challenger"}`],
      ["tenant", byTenant ? "" : dispute.tenant],
      ["provider", dispute.provider],
      ["fault", `${FAULT_CLASS_WORDS[dispute.faultClass]}, since ${formatInstant(dispute.faultStart)}`],
      ["filed", formatInstant(dispute.filedAt)],
      ["evidence", evidence],
      ["votes", votesText(dispute)],
      ["bonds", bondsText(dispute)],
      ["filing fee", hold(dispute.filingFee)],
      ["held back", held === 0n ? "" : `${money(held, paidIn)} of earnings`],
      ["if upheld", over ? "" : `a penalty of ${hold(penalty)}: ${fractionText(dispute, penalty)}`],
    ]);
    const cast = ballots.map(({ member, vote }) => [member, vote.toLowerCase()]);
    const data = { ...dispute, dispute: dispute.name, evidence, ballots, penaltyIfUpheld: over ? null : penalty };
    return { data, text: sections(text, cast.length === 0 ? "" : table(["member", "vote"], cast)) };
  },
});

export const list = command({
  usage: "list",
  summary: "disputes, with whose turn it is until when",
  options: [
    ["--lease <lease>", "about one lease"],
    ["--provider <account>", "against one provider"],
    ["--claimant <account>", "of one claimant"],
    ["--open", "without those that are over and paid out"],
  ],
  input: z.object({
    lease: leaseId.optional(),
    provider: address.optional(),
    claimant: address.optional(),
    open: z.boolean().default(false),
  }),
  async run(session, { lease, provider, claimant, open }) {
    const [found, now] = await Promise.all([findDisputes(session, { lease, provider, claimant }), session.now()]);
    const wanted = open ? found.filter(isOpen) : found;
    const rows = wanted.map((dispute) => [dispute.name, FAULT_NAMES[dispute.faultClass], stateText(dispute, now)]);
    return {
      data: wanted.map((dispute) => ({ ...dispute, dispute: dispute.name })),
      text: rows.length === 0 ? "No disputes." : table(["dispute", "fault", "state"], rows),
    };
  },
});
