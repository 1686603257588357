/** What is built into the contract of disputes, as its getters tell it; names of its enums, and words for people. */

const DAY = 86_400;

/** Windows, in seconds; half-open, as in the contract: in the second in which one ends it is closed. */
export const ANSWER_WINDOW = 2 * DAY;
export const RULING_WINDOW = 4 * DAY;
export const APPEAL_WINDOW = 2 * DAY;
export const DECISION_WINDOW = 21 * DAY;

/** A fault can be claimed for so many seconds after it began. */
export const MOST_FAULT_AGE = 7 * DAY;

/** A claim that its slashing module has not ended after so many seconds ends as not upheld. */
export const CLAIM_LIFE = 60 * DAY;

/** Members who must be able to vote for a council to rule. */
export const LEAST_ELIGIBLE = 3;

// Enums, in the contracts' order.

export const FAULT_CLASSES = ["Unserved", "ShortOfTerms", "DataLost", "DataExposed"] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

/** What the provider is accused of, as in "lease 7-12 was ...". */
export const FAULT_CLASS_WORDS: Readonly<Record<FaultClass, string>> = {
  Unserved: "not reachable or did not work, while heartbeats said that it was served",
  ShortOfTerms: "less than its offer promises",
  DataLost: "served with data of its tenant lost or altered",
  DataExposed: "served with data or keys of its tenant read or handed on",
};

export const OUTCOMES = ["None", "Upheld", "Failed", "Rejected"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const DISPUTE_PHASES = ["Filed", "Answered", "Decided", "Appealed", "Final", "Executed", "Settled"] as const;
export type DisputePhase = (typeof DISPUTE_PHASES)[number];

/** What happened last in a dispute; what deadlines brought since is not in the phase that the chain stores. */
export const DISPUTE_PHASE_WORDS: Readonly<Record<DisputePhase, string>> = {
  Filed: "filed",
  Answered: "answered by the provider",
  Decided: "decided by the council",
  Appealed: "appealed",
  Final: "decided for good",
  Executed: "executed",
  Settled: "settled, the bonds paid out",
};

export const VOTES = ["None", "Uphold", "Reject", "Recused", "Paid"] as const;
export type Vote = (typeof VOTES)[number];

export const SIDES = ["None", "Claimant", "Provider"] as const;
export type Side = (typeof SIDES)[number];
