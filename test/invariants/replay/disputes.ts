import { ZeroAddress } from "ethers";

import { Outcome, Phase, Vote } from "../model/dispute";
import { claimantOf } from "../model/disputes";
import { Tally } from "../model/plain";
import type { Rules } from "../model/rules";
import { Args, type Event } from "./event";

/** Bonds and collateral are stored in millionths of a HOLD. */
const MILLIONTH = 10n ** 12n;
const SIDES = { none: 0n, claimant: 1n, provider: 2n };
/** Bits of what was posted: see `Postings`. */
const POSTED = { answer: 1n, amongMembers: 2n, answerReserved: 4n, appealByProvider: 8n, appealReserved: 16n };

/** Seats, from the events of the council alone. */
export class CouncilReplay {
  /** Since when members have their seats. */
  readonly members = new Map<string, bigint>();
  readonly #moves: { second: bigint; seats: bigint }[] = [];

  apply({ name, args, second }: Event): void {
    if (name !== "Seated" && name !== "Unseated") return;
    const of = new Args(args);
    if (name === "Seated") this.members.set(of.text("member"), second);
    else this.members.delete(of.text("member"));
    this.#moves.push({ second, seats: of.amount("seats") });
  }

  /** Seats at the end of a second. */
  seatsAt(instant: bigint): bigint {
    return this.#moves.findLast(({ second }) => second <= instant)?.seats ?? 0n;
  }
}

/** A dispute with the fields that its two slots have; see `Claim` and `Proceeding`. */
export interface DisputeRecord {
  claim: {
    held: bigint;
    collateral: bigint;
    filedAt: bigint;
    faultAge: bigint;
    rules: bigint;
    faultClass: bigint;
  };
  proceeding: {
    tenant: string;
    since: bigint;
    eligible: bigint;
    upholds: bigint;
    rejects: bigint;
    phase: bigint;
    outcome: bigint;
    postings: bigint;
    appealBondTo: bigint;
  };
}

/** Disputes, votes, shares and rules, from their events and those of the council alone. */
export class DisputesReplay {
  readonly rules = new Map<string, Rules>();
  readonly disputes = new Map<string, DisputeRecord>();
  /** By dispute, second of filing and member; shares by dispute and second. */
  readonly votes = new Tally();
  readonly shares = new Tally();

  constructor(private readonly council: CouncilReplay) {}

  apply(event: Event): void {
    const of = new Args(event.args);
    if (event.name === "RulesPublished") this.rules.set(of.id("version"), of.struct<Rules>("rules"));
    if (!("disputeId" in event.args)) return;
    const id = of.id("disputeId");
    if (event.name === "DisputeFiled") this.disputes.set(id, filed(event, of));
    else if (event.name === "FeeCollected") this.votes.set(Vote.Paid, id, of.id("filedAt"), of.text("member"));
    else this.#proceed(id, this.disputes.get(id)!, event, of);
  }

  #proceed(id: string, { claim, proceeding }: DisputeRecord, { name, second }: Event, of: Args): void {
    const enter = (phase: bigint, outcome: bigint): void => {
      Object.assign(proceeding, { phase, outcome, since: second });
    };
    switch (name) {
      case "DisputeAnswered": {
        enter(Phase.Answered, Outcome.None);
        proceeding.eligible = of.amount("eligible");
        const among = proceeding.eligible !== this.council.seatsAt(claim.filedAt - 1n);
        proceeding.postings += POSTED.answer + (among ? POSTED.amongMembers : 0n);
        if (of.flag("fromBond")) proceeding.postings += POSTED.answerReserved;
        break;
      }
      case "Voted":
        this.votes.set(of.amount("vote"), id, claim.filedAt.toString(), of.text("member"));
        proceeding.upholds = of.amount("upholds");
        proceeding.rejects = of.amount("rejects");
        break;
      case "DisputeDecided":
        enter(Phase.Decided, of.amount("outcome"));
        break;
      case "DisputeConceded":
        enter(Phase.Final, Outcome.Upheld);
        break;
      case "DisputeAppealed":
        enter(Phase.Appealed, of.amount("outcome"));
        // The other side's, unless the appeal is won.
        proceeding.appealBondTo = of.text("appellant") === claimantOf(BigInt(id)) ? SIDES.provider : SIDES.claimant;
        if (proceeding.appealBondTo === SIDES.claimant) proceeding.postings += POSTED.appealByProvider;
        if (of.flag("fromBond")) proceeding.postings += POSTED.appealReserved;
        break;
      case "AppealDecided": {
        const byClaimant = proceeding.appealBondTo === SIDES.provider;
        const [before, after] = [proceeding.outcome, of.amount("outcome")];
        const won = byClaimant ? after < before : after > before;
        if (won) proceeding.appealBondTo = byClaimant ? SIDES.claimant : SIDES.provider;
        enter(Phase.Final, after);
        break;
      }
      case "DisputeExecuted":
        proceeding.phase = Phase.Executed;
        proceeding.outcome = of.amount("outcome");
        break;
      case "DisputeSettled":
        proceeding.phase = Phase.Settled;
        this.shares.set(of.amount("share"), id, of.id("filedAt"));
        break;
      default:
    }
  }
}

function filed({ second }: Event, of: Args): DisputeRecord {
  const isTenant = claimantOf(of.amount("disputeId")) === of.text("tenant");
  return {
    claim: {
      held: of.amount("held"),
      collateral: of.amount("collateral") / MILLIONTH,
      filedAt: second,
      faultAge: second - of.amount("faultStart"),
      rules: of.amount("rules"),
      faultClass: of.amount("faultClass"),
    },
    proceeding: {
      tenant: isTenant ? ZeroAddress : of.text("tenant"),
      since: 0n,
      eligible: 0n,
      upholds: 0n,
      rejects: 0n,
      phase: Phase.Filed,
      outcome: Outcome.None,
      postings: 0n,
      appealBondTo: SIDES.none,
    },
  };
}
