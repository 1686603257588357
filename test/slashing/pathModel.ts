/**
 * A dispute as IDisputes describes it, without chain: what must come of every action of everybody at every second. Written
 * from the interface, and by other means than the contract: outcomes by default are worked out from a list of windows.
 */
import {
  ANSWER_WINDOW,
  APPEAL_WINDOW,
  DECISION_WINDOW,
  Outcome,
  Phase,
  RULING_WINDOW,
  Side,
  Vote,
} from "../helpers/disputes";

export const ACTORS = [
  "tenant",
  "challenger",
  "provider",
  "voter", // a member who votes first, where votes were cast
  "secondVoter",
  "member",
  "lateMember", // seated in the second of filing
  "unseatedMember", // after the filing
  "reseatedMember", // unseated after the filing, and seated again
  "authority",
  "stranger",
] as const;
export type Actor = (typeof ACTORS)[number];

export const ACTIONS = [
  "file",
  "answer",
  "answerFromBond",
  "concede",
  "withdraw",
  "uphold",
  "reject",
  "recuse",
  "appeal",
  "appealFromBond",
  "decideUpheld",
  "decideFailed",
  "decideRejected",
  "execute",
  "settle",
  "collectFee",
] as const;
export type Action = (typeof ACTIONS)[number];

type OutcomeNumber = (typeof Outcome)[keyof typeof Outcome];
type PhaseNumber = (typeof Phase)[keyof typeof Phase];

/** What does not change while one dispute goes on. Bond and fee in wei of HOLD, times in seconds. */
export interface Setting {
  id: bigint;
  claimant: "tenant" | "challenger";
  addressOf: Record<Actor, string>;
  /** Second since which each has a seat now; those without one are left out. */
  seatedSince: Partial<Record<Actor, number>>;
  /** Members seated in the second before the filing, parties left out. */
  eligible: number;
  bond: bigint;
  fee: bigint;
}

export interface Model {
  filedAt: number;
  phase: PhaseNumber;
  /** When the present phase began; 0 in phase Filed. */
  since: number;
  outcome: OutcomeNumber;
  answered: boolean;
  /** Whether the counter-bond is reserved of the provider's pool with staking, and not held by disputes. */
  answerReserved: boolean;
  appealReserved: boolean;
  /** Who appealed. */
  appellant: (typeof Side)[keyof typeof Side];
  votes: Partial<Record<Actor, (typeof Vote)[keyof typeof Vote]>>;
  appealBondTo: (typeof Side)[keyof typeof Side];
}

/** An error of the contract, with its arguments. */
export interface Refusal {
  error: string;
  args: readonly unknown[];
}

/** What becomes of an action: an error; another dispute, or nothing at all; or the next state. */
export type Result = { refused: Refusal } | { elsewhere: true } | { next: Model };

interface Standing {
  outcome: OutcomeNumber;
  /** From this second on it is executed; until then it is appealed, where it can be. */
  from: number;
  appealable: boolean;
}

const refused = (error: string, ...args: readonly unknown[]): Result => ({ refused: { error, args } });
const filed = (filedAt: number): Model => ({
  filedAt,
  phase: Phase.Filed,
  since: 0,
  outcome: Outcome.None,
  answered: false,
  answerReserved: false,
  appealReserved: false,
  appellant: Side.None,
  votes: {},
  appealBondTo: Side.None,
});

/** When the window closes in which the provider answers or the council rules; undefined once the dispute is past both. */
function openUntil({ phase, filedAt, since }: Model): number | undefined {
  if (phase === Phase.Filed) return filedAt + ANSWER_WINDOW;
  return phase === Phase.Answered ? since + RULING_WINDOW : undefined;
}

/** The outcome that stands at `now`; undefined while there is none. */
export function standingOf(model: Model, now: number): Standing | undefined {
  const { phase, outcome, since } = model;
  const deadline = openUntil(model);
  if (deadline !== undefined) {
    const byDefault = phase === Phase.Filed ? Outcome.Upheld : Outcome.Failed;
    return now < deadline ? undefined : { outcome: byDefault, from: deadline + APPEAL_WINDOW, appealable: true };
  }
  if (phase === Phase.Decided) return { outcome, from: since + APPEAL_WINDOW, appealable: true };
  return { outcome, from: phase === Phase.Appealed ? since + DECISION_WINDOW : since, appealable: false };
}

/** When the open window closes, 0 where none is, and by when the dispute can be executed at the latest. */
export function deadlinesOf(model: Model, now: number): { deadline: number; endsAt: number } {
  const open = openUntil(model);
  if (open !== undefined && now < open) {
    const rulingMayFollow = model.phase === Phase.Filed ? RULING_WINDOW : 0;
    return { deadline: open, endsAt: open + rulingMayFollow + APPEAL_WINDOW + DECISION_WINDOW };
  }
  const { from, appealable } = standingOf(model, now)!;
  if (now >= from) return { deadline: 0, endsAt: from };
  return { deadline: from, endsAt: appealable ? from + DECISION_WINDOW : from };
}

/** How many voted, those included who took their share. */
export const votedOn = ({ votes }: Model): number =>
  Object.values(votes).filter((vote) => vote !== Vote.Recused && vote !== Vote.None).length;
const count = ({ votes }: Model, wanted: number): number =>
  Object.values(votes).filter((vote) => vote === wanted).length;

/** Each voter's share of the fee once the dispute is settled, wei. */
export function shareOf({ fee }: Setting, model: Model): bigint {
  const voters = votedOn(model);
  return model.phase === Phase.Settled && voters > 0 ? fee / BigInt(voters) : 0n;
}

/** What the contract holds for this dispute, wei (INV-DSP-1). */
export function heldBonds(setting: Setting, model: Model | undefined): bigint {
  if (model === undefined) return 0n;
  const unpaid = Object.values(model.votes).filter((vote) => vote === Vote.Uphold || vote === Vote.Reject).length;
  if (model.phase === Phase.Settled) return shareOf(setting, model) * BigInt(unpaid);
  const bonds = [true, model.answered && !model.answerReserved, model.appellant !== Side.None && !model.appealReserved];
  return BigInt(bonds.filter(Boolean).length) * setting.bond + setting.fee;
}

/** The bonds of one side that are reserved with staking, and that were taken out of its pool there for the other, wei. */
export function poolOf(
  { bond }: Setting,
  model: Model | undefined,
  side: (typeof Side)[keyof typeof Side],
): { reserved: bigint; lost: bigint } {
  const none = { reserved: 0n, lost: 0n };
  if (model === undefined) return none;
  const { answerReserved, appealReserved, appellant, appealBondTo, outcome } = model;
  const answerBonds = answerReserved && side === Side.Provider ? bond : 0n;
  const appealBonds = appealReserved && side === appellant ? bond : 0n;
  if (model.phase !== Phase.Settled) return { reserved: answerBonds + appealBonds, lost: 0n };
  const lostAnswer = outcome === Outcome.Upheld ? answerBonds : 0n;
  const lostAppeal = appealBondTo === appellant ? 0n : appealBonds;
  return { reserved: 0n, lost: lostAnswer + lostAppeal };
}

/** What must come of `actor` doing `action` at second `now`, everybody having HOLD and approved the contract. */
export function attempt(setting: Setting, model: Model | undefined, actor: Actor, action: Action, now: number): Result {
  const { id, claimant, addressOf } = setting;
  const caller = addressOf[actor];
  const phase = model?.phase ?? Phase.Filed;
  const wrongPhase = refused("DisputesWrongPhase", id, phase);

  if (action === "file") {
    if (actor !== claimant) return { elsewhere: true };
    if (model === undefined) return { next: filed(now) };
    if (phase !== Phase.Settled) return refused("DisputesAlreadyOpen", id);
    return model.filedAt === now ? refused("DisputesFiledThisSecond", id) : { next: filed(now) };
  }
  if (action.startsWith("decide")) return decide(setting, model, actor, action, now);
  if (action === "withdraw" && actor !== claimant) {
    return refused("DisputesNotParty", id, addressOf[claimant], caller);
  }
  if (action === "collectFee") {
    const noShare = refused("DisputesNoShare", id, model?.filedAt ?? 0, caller);
    const vote = model?.votes[actor];
    if (model === undefined || phase !== Phase.Settled) return noShare;
    if (vote !== Vote.Uphold && vote !== Vote.Reject) return noShare;
    return { next: { ...model, votes: { ...model.votes, [actor]: Vote.Paid } } };
  }
  if (model === undefined) return wrongPhase;

  const standing = standingOf(model, now);
  switch (action) {
    case "answer":
    case "answerFromBond":
    case "concede":
    case "withdraw": {
      const onceAnswered = action === "concede" || action === "withdraw";
      const inTime = phase === Phase.Filed || (phase === Phase.Answered && onceAnswered);
      const deadline = openUntil(model);
      if (!inTime || deadline === undefined) return wrongPhase;
      if (now >= deadline) return refused("DisputesTooLate", id, deadline, now);
      if (action === "withdraw") {
        return {
          next: { ...model, phase: Phase.Settled, outcome: model.answered ? Outcome.Rejected : Outcome.Failed },
        };
      }
      if (actor !== "provider") return refused("DisputesNotParty", id, addressOf.provider, caller);
      if (action === "concede") return { next: { ...model, phase: Phase.Final, since: now, outcome: Outcome.Upheld } };
      const few = setting.eligible < 3;
      const answered = { ...model, answered: true, answerReserved: action === "answerFromBond", since: now };
      return {
        next: { ...answered, ...(few ? { phase: Phase.Decided, outcome: Outcome.Failed } : { phase: Phase.Answered }) },
      };
    }
    case "uphold":
    case "reject":
    case "recuse":
      return vote(setting, model, actor, action, now);
    case "appeal":
    case "appealFromBond": {
      if (standing === undefined || !standing.appealable) return wrongPhase;
      if (now >= standing.from) return refused("DisputesTooLate", id, standing.from, now);
      const { outcome } = standing;
      const appealReserved = action === "appealFromBond";
      const appealed = { ...model, phase: Phase.Appealed, since: now, outcome, appealReserved };
      if (actor === claimant && outcome !== Outcome.Upheld)
        return { next: { ...appealed, appellant: Side.Claimant, appealBondTo: Side.Provider } };
      if (actor === "provider" && outcome !== Outcome.Rejected)
        return { next: { ...appealed, appellant: Side.Provider, appealBondTo: Side.Claimant } };
      return refused("DisputesNothingToAppeal", id, outcome, caller);
    }
    case "execute":
      if (standing === undefined || phase > Phase.Final) return wrongPhase;
      if (now < standing.from) return refused("DisputesTooEarly", id, standing.from, now);
      return { next: { ...model, phase: Phase.Executed, outcome: standing.outcome } };
    case "settle":
      return phase === Phase.Executed ? { next: { ...model, phase: Phase.Settled } } : wrongPhase;
    default:
      throw new Error(`The model knows no ${action}`);
  }
}

function vote(
  setting: Setting,
  model: Model,
  actor: Actor,
  action: "uphold" | "reject" | "recuse",
  now: number,
): Result {
  const { id, claimant, addressOf } = setting;
  const caller = addressOf[actor];
  if (model.phase !== Phase.Answered) return refused("DisputesWrongPhase", id, model.phase);
  const deadline = model.since + RULING_WINDOW;
  if (now >= deadline) return refused("DisputesTooLate", id, deadline, now);
  const since = setting.seatedSince[actor] ?? 0;
  if (since === 0 || since >= model.filedAt) return refused("DisputesNotSeated", id, caller, since, model.filedAt);
  const parties: readonly Actor[] = [claimant, "tenant", "provider"];
  if (parties.includes(actor)) return refused("DisputesPartyCannotRule", id, caller);
  if (model.votes[actor] !== undefined) return refused("DisputesVoteCast", id, caller);
  const cast = { uphold: Vote.Uphold, reject: Vote.Reject, recuse: Vote.Recused }[action];
  const next = { ...model, votes: { ...model.votes, [actor]: cast } };
  const decided = { ...next, phase: Phase.Decided, since: now };
  if (count(next, Vote.Uphold) > setting.eligible / 2) return { next: { ...decided, outcome: Outcome.Upheld } };
  if (count(next, Vote.Reject) > setting.eligible / 2) return { next: { ...decided, outcome: Outcome.Rejected } };
  return { next };
}

function decide(setting: Setting, model: Model | undefined, actor: Actor, action: Action, now: number): Result {
  const { id, addressOf } = setting;
  // What is not open is passed over, whoever asks.
  if (model?.phase !== Phase.Appealed || now >= model.since + DECISION_WINDOW) return { elsewhere: true };
  const { authority } = addressOf;
  if (addressOf[actor] !== authority) return refused("DisputesNotAuthority", id, authority, addressOf[actor]);
  const outcome =
    action === "decideUpheld" ? Outcome.Upheld : action === "decideFailed" ? Outcome.Failed : Outcome.Rejected;
  const worth = [Outcome.Rejected, Outcome.Failed, Outcome.Upheld] as const; // to the claimant
  const gain = worth.indexOf(outcome) - worth.indexOf(model.outcome as (typeof worth)[number]);
  const won = model.appellant === Side.Claimant ? gain > 0 : gain < 0;
  const appealBondTo = won ? model.appellant : model.appealBondTo;
  return { next: { ...model, phase: Phase.Final, since: now, outcome, appealBondTo } };
}
