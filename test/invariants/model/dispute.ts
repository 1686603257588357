import { most } from "./plain";
import type { Rules } from "./rules";

const DAY = 86_400n;
export const ANSWER_WINDOW = 2n * DAY;
export const RULING_WINDOW = 4n * DAY;
export const APPEAL_WINDOW = 2n * DAY;
export const DECISION_WINDOW = 21n * DAY;

/** As the contracts number them. */
export const Outcome = { None: 0n, Upheld: 1n, Failed: 2n, Rejected: 3n } as const;
export const Phase = {
  Filed: 0n,
  Answered: 1n,
  Decided: 2n,
  Appealed: 3n,
  Final: 4n,
  Executed: 5n,
  Settled: 6n,
} as const;
export const Vote = { None: 0n, Uphold: 1n, Reject: 2n, Recused: 3n, Paid: 4n } as const;

export type Side = "claimant" | "provider";

/** An outcome, and since when it stands. */
interface Decision {
  outcome: bigint;
  at: bigint;
}

/** A dispute as a list of what happened; everything else follows. */
export interface Dispute {
  readonly id: bigint;
  readonly leaseId: bigint;
  readonly claimant: string;
  /** Of the lease when the claim was filed. */
  readonly tenant: string;
  readonly provider: string;
  readonly version: bigint;
  readonly rules: Rules;
  readonly faultClass: bigint;
  readonly faultStart: bigint;
  readonly filedAt: bigint;
  readonly held: bigint;
  readonly collateral: bigint;
  /** `reserved`: the bond is a part of what the poster bonded with the disputes. */
  answered: { at: bigint; eligible: bigint; among: boolean; reserved: boolean } | undefined;
  readonly votes: Map<string, bigint>;
  decided: Decision | undefined;
  appealed: (Decision & { by: Side; reserved: boolean }) | undefined;
  final: Decision | undefined;
  executed: bigint | undefined;
  settled: boolean;
}

export const isParty = ({ claimant, tenant, provider }: Dispute, account: string): boolean =>
  [claimant, tenant, provider].includes(account);

export const votesFor = ({ votes }: Dispute, ...kinds: bigint[]): bigint =>
  BigInt([...votes.values()].filter((vote) => kinds.includes(vote)).length);

export function phaseOf({ answered, decided, appealed, final, executed, settled }: Dispute): bigint {
  if (settled) return Phase.Settled;
  if (executed !== undefined) return Phase.Executed;
  if (final !== undefined) return Phase.Final;
  if (appealed !== undefined) return Phase.Appealed;
  if (decided !== undefined) return Phase.Decided;
  return answered === undefined ? Phase.Filed : Phase.Answered;
}

/** When the present phase began; 0: it was filed and nothing happened yet. */
export const phaseSince = ({ answered, decided, appealed, final }: Dispute): bigint =>
  [answered, decided, appealed, final].reduce((latest, event) => most(latest, event?.at ?? 0n), 0n);

/** What stands at `now`, if anything does: until when it can be appealed, where it can be at all, and from when on executed. */
export interface Standing {
  outcome: bigint;
  appealable: boolean;
  from: bigint;
}

export function standingOf(dispute: Dispute, now: bigint): Standing | undefined {
  const { filedAt, answered, decided, appealed, final, executed } = dispute;
  if (executed !== undefined) return { outcome: executed, appealable: false, from: phaseSince(dispute) };
  if (final !== undefined) return { outcome: final.outcome, appealable: false, from: final.at };
  if (appealed !== undefined) {
    return { outcome: appealed.outcome, appealable: false, from: appealed.at + DECISION_WINDOW };
  }
  const silence = answered === undefined ? filedAt + ANSWER_WINDOW : answered.at + RULING_WINDOW;
  const byDefault = { outcome: answered === undefined ? Outcome.Upheld : Outcome.Failed, at: silence };
  const stood = decided ?? (now >= silence ? byDefault : undefined);
  return stood && { outcome: stood.outcome, appealable: true, from: stood.at + APPEAL_WINDOW };
}

/** When the open window closes, and by when everything must be over. */
export function deadlinesOf(dispute: Dispute, now: bigint): { deadline: bigint; endsAt: bigint } {
  if (dispute.executed !== undefined) return { deadline: 0n, endsAt: 0n };
  const standing = standingOf(dispute, now);
  if (standing === undefined) {
    const { filedAt, answered } = dispute;
    const [deadline, ruling] =
      answered === undefined ? [filedAt + ANSWER_WINDOW, RULING_WINDOW] : [answered.at + RULING_WINDOW, 0n];
    return { deadline, endsAt: deadline + ruling + APPEAL_WINDOW + DECISION_WINDOW };
  }
  const { from, appealable } = standing;
  if (now >= from) return { deadline: 0n, endsAt: from };
  return { deadline: from, endsAt: appealable ? from + DECISION_WINDOW : from };
}

/** Whether anyone may execute it now. */
export function isRipe(dispute: Dispute, now: bigint): boolean {
  const standing = standingOf(dispute, now);
  return dispute.executed === undefined && standing !== undefined && now >= standing.from;
}

/** The second from which on it can be executed if everybody is silent from now on. */
export function ripeAt(dispute: Dispute): bigint {
  const latest = dispute.filedAt + ANSWER_WINDOW + RULING_WINDOW + APPEAL_WINDOW + DECISION_WINDOW;
  return standingOf(dispute, latest)!.from;
}

/** A bond that was posted: by which side, whom it goes to, and whether it is reserved of what the poster bonded. */
export interface Posting {
  by: Side;
  to: Side;
  reserved: boolean;
}

/** Where each bond goes when a dispute is settled. */
export function postingsOf(dispute: Dispute): Posting[] {
  const { executed, answered, appealed } = dispute;
  const claim = executed === Outcome.Rejected ? "provider" : "claimant";
  const counter = executed === Outcome.Upheld ? "claimant" : "provider";
  const to = appealBondTo(dispute);
  return [
    { by: "claimant", to: claim, reserved: false },
    ...(answered === undefined ? [] : [{ by: "provider", to: counter, reserved: answered.reserved } as const]),
    ...(appealed === undefined || to === undefined ? [] : [{ by: appealed.by, to, reserved: appealed.reserved }]),
  ];
}

/** Whom the appeal bond goes to as things stand: the other side, unless the authority found more for the appellant. */
export function appealBondTo({ appealed, final }: Dispute): Side | undefined {
  if (appealed === undefined) return undefined;
  const { by, outcome } = appealed;
  const found = final?.outcome ?? outcome;
  const better = by === "claimant" ? found < outcome : found > outcome;
  return better === (by === "claimant") ? "claimant" : "provider";
}
