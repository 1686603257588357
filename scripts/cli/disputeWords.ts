import { type FaultClass, LEAST_ELIGIBLE, type Outcome } from "../../sdk/disputes";
import { formatDuration, formatInstant } from "../../sdk/units";
import type { Dispute } from "./disputes";

/** Where a dispute stands, with what its deadlines brought. */
export type Stage = "answer" | "ruling" | "appealable" | "appealed" | "ripe" | "executed" | "settled";

/** What providers are accused of, as it is typed. */
export const FAULT_NAMES: Readonly<Record<FaultClass, string>> = {
  Unserved: "unserved",
  ShortOfTerms: "short-of-terms",
  DataLost: "data-lost",
  DataExposed: "data-exposed",
};

/** "upheld" */
const word = (outcome: Outcome): string => (outcome === "None" ? "open" : outcome.toLowerCase());

/** The stage of a dispute. */
export function stageOf({ phase, outcome, ripe }: Pick<Dispute, "phase" | "outcome" | "ripe">): Stage {
  if (phase === "Settled") return "settled";
  if (phase === "Executed") return "executed";
  if (ripe) return "ripe";
  if (outcome === "None") return phase === "Filed" ? "answer" : "ruling";
  return phase === "Appealed" ? "appealed" : "appealable";
}

/** The outcome that stands, and why where a silence brought it. */
export function outcomeText({ phase, outcome, eligible }: Dispute): string {
  const stands = word(outcome);
  if (outcome === "None") return stands;
  if (phase === "Filed") return `${stands}, since the provider did not answer`;
  if (phase === "Answered") return `${stands}, since the council did not rule`;
  const few = phase === "Decided" && outcome === "Failed" && eligible < LEAST_ELIGIBLE;
  return few
    ? `${stands}, since ${eligible} members of the council may vote, of ${LEAST_ELIGIBLE} that it takes`
    : stands;
}

/** "within 1d 3h, by 2026-11-23 10:15:00 UTC" */
export function withinText(deadline: number, now: number): string {
  return `within ${formatDuration(Math.max(0, deadline - now))}, by ${formatInstant(deadline)}`;
}

/** Who may appeal the outcome that stands. */
function appellants({ outcome }: Dispute): string {
  if (outcome === "Upheld") return "the provider";
  return outcome === "Rejected" ? "the claimant" : "either side";
}

/**
 * Whether an account may appeal the outcome that stands: a side, for which it is not the best that there is. A provider
 * who claims against itself counts as the claimant.
 */
export function mayAppeal({ outcome, claimant, provider }: Dispute, account: string): boolean {
  return account === claimant ? outcome !== "Upheld" : account === provider && outcome !== "Rejected";
}

/** Whose turn it is, until when, and what silence brings. */
export function turnText(dispute: Dispute, now: number): string {
  const within = withinText(dispute.deadline, now);
  switch (stageOf(dispute)) {
    case "answer":
      return `the provider must answer ${within}; silence upholds the claim`;
    case "ruling":
      return `the council must rule ${within}; silence fails the claim`;
    case "appealable":
      return `${appellants(dispute)} may appeal ${within}; then anyone executes it`;
    case "appealed":
      return `the appeal authority may decide ${within}; silence leaves it ${word(dispute.outcome)}`;
    case "ripe":
      return "anyone may execute it now";
    case "executed":
      return "executed; the bonds are not paid out yet";
    case "settled":
      return "over, and paid out";
  }
}

/** Outcome and turn in one line. */
export function stateText(dispute: Dispute, now: number): string {
  const turn = turnText(dispute, now);
  return dispute.outcome === "None" ? turn : `${outcomeText(dispute)}; ${turn}`;
}

/** What can be done with it, by whom; "" where it is over. */
export function movesText(dispute: Dispute): string {
  const run = (verb: string): string => `leasehold dispute ${verb}`;
  switch (stageOf(dispute)) {
    case "answer":
      return `the provider: ${run("answer")}, or concede; the claimant: ${run("withdraw")}`;
    case "ruling":
      return `the council: ${run("rule")}, or recuse; the provider: ${run("concede")}; the claimant: ${run("withdraw")}`;
    case "appealable":
      return `${appellants(dispute)}: ${run("appeal")}`;
    case "appealed":
      return `the appeal authority: ${run("decide")}`;
    case "ripe":
    case "executed":
      return `anyone: ${run("execute")} ${dispute.name}`;
    case "settled":
      return "";
  }
}

/** Votes so far. */
export function votesText({ answered, eligible, upholds, rejects }: Dispute): string {
  return answered ? `${upholds} uphold, ${rejects} reject, of ${eligible} who may vote` : "";
}
