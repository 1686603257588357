/** Names of the governor's enums, in its order, and words for people. */

export const PROPOSAL_STATES = [
  "Pending",
  "Active",
  "Canceled",
  "Defeated",
  "Succeeded",
  "Queued",
  "Expired",
  "Executed",
] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** Where a proposal stands. */
export const PROPOSAL_STATE_WORDS: Readonly<Record<ProposalState, string>> = {
  Pending: "waiting for its vote",
  Active: "being voted on",
  Canceled: "cancelled",
  Defeated: "defeated",
  Succeeded: "carried, not queued yet",
  Queued: "queued",
  Expired: "expired",
  Executed: "executed",
};

/** Seconds after its vote within which a proposal is queued, and after the timelock's delay within which it is executed. */
export const PROPOSAL_LIFE = 14 * 86_400;

export const SUPPORTS = ["against", "for", "abstain"] as const;
/** How somebody votes, as the governor numbers it. */
export type Support = (typeof SUPPORTS)[number];

/** Votes of a proposal, and what they have to reach; wei of HOLD. */
export interface Tally {
  readonly forVotes: bigint;
  readonly againstVotes: bigint;
  readonly abstainVotes: bigint;
  readonly quorum: bigint;
}

/** Votes that count for the quorum: for and abstaining. */
export function turnout({ forVotes, abstainVotes }: Tally): bigint {
  return forVotes + abstainVotes;
}

/** Why a vote as it stands would not carry; "" where it would. `hold` spells amounts. */
export function shortfall(tally: Tally, hold: (wei: bigint) => string): string {
  const missing = tally.quorum - turnout(tally);
  const reasons = [
    missing > 0n ? `${hold(missing)} short of the quorum` : "",
    tally.forVotes > tally.againstVotes ? "" : "not more votes for it than against it",
  ];
  return reasons.filter((reason) => reason !== "").join(", and ");
}
