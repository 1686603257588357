import { getAddress, ZeroAddress } from "ethers";

import type { ClaimsModel } from "./claims";
import type { CouncilModel } from "./council";
import {
  ANSWER_WINDOW,
  DECISION_WINDOW,
  type Dispute,
  isParty,
  Outcome,
  Phase,
  phaseOf,
  postingsOf,
  RULING_WINDOW,
  type Side,
  standingOf,
  Vote,
  votesFor,
} from "./dispute";
import { refuse, Tally } from "./plain";
import { bondOf, feeOf, fractionOf, requireSound, type Rules } from "./rules";
import type { StakingModel } from "./staking";
import type { HoldToken, Touch } from "./tokens";

const DAY = 86_400n;
const MOST_FAULT_AGE = 7n * DAY;
const LEAST_ELIGIBLE = 3n;
const ADDRESSES = 2n ** 160n;

/** What the appeal authority decides about one claim. */
export interface AppealDecision {
  disputeId: bigint;
  filedAt: bigint;
  outcome: bigint;
}

export const disputeIdOf = (leaseId: bigint, claimant: string): bigint => leaseId * ADDRESSES + BigInt(claimant);
export const leaseOf = (id: bigint): bigint => id / ADDRESSES;
export const claimantOf = (id: bigint): string => getAddress(`0x${(id % ADDRESSES).toString(16).padStart(40, "0")}`);

/** Claims that the council rules on and the appeal authority hears, and the bonds behind them. */
export class DisputesModel {
  /** The last one of each claimant on each lease. */
  readonly all = new Map<bigint, Dispute>();
  readonly versions: Rules[] = [];
  /** Of filing fees, wei for each voter, by dispute and second of filing; votes by member, too. */
  readonly shares = new Tally();
  readonly votes = new Tally();

  constructor(
    readonly address: string,
    private readonly hold: HoldToken,
    private readonly council: CouncilModel,
    private readonly claims: ClaimsModel,
    private readonly staking: StakingModel,
    /** Contracts that could never spend what they get as a treasury. */
    private readonly unfit: readonly string[],
    private readonly touch: Touch,
    private readonly met: (what: string) => void,
  ) {}

  get rules(): Rules {
    return this.versions.at(-1)!;
  }

  publish(rules: Rules): void {
    requireSound(rules, this.unfit);
    this.versions.push(rules);
    this.touch("currentRules");
    this.touch("rules", this.versions.length.toString());
  }

  // ------------------------------------------------------------------------------------------------- claimant

  file(by: string, leaseId: bigint, named: string, faultClass: bigint, faultStart: bigint, now: bigint): void {
    const id = disputeIdOf(leaseId, by);
    const last = this.all.get(id);
    if (last !== undefined && !last.settled) refuse("DisputesAlreadyOpen", id);
    if (last?.filedAt === now) refuse("DisputesFiledThisSecond", id);
    if (faultStart + MOST_FAULT_AGE < now) refuse("DisputesFaultTooOld", faultStart, now - MOST_FAULT_AGE);
    const { tenant, provider, collateral } = this.claims.look(this.address, leaseId, by, faultStart, now);
    if (named !== tenant) refuse("DisputesOtherTenant", leaseId, tenant, named);
    const { rules } = this;
    this.#take(by, bondOf(rules, collateral) + feeOf(rules));
    const { held } = this.claims.begin(this.address, leaseId, by, faultStart, now);
    this.all.set(id, {
      ...{ id, leaseId, claimant: by, tenant, provider, faultClass, faultStart, held, collateral, filedAt: now },
      version: BigInt(this.versions.length),
      rules,
      answered: undefined,
      votes: new Map(),
      decided: undefined,
      appealed: undefined,
      final: undefined,
      executed: undefined,
      settled: false,
    });
    this.#changed(id);
    this.met(
      by === tenant ? "claim by the tenant" : by === provider ? "claim by the provider" : "claim by a challenger",
    );
  }

  withdraw(by: string, id: bigint, filedAt: bigint, now: bigint): void {
    this.#requireSame(id, filedAt);
    if (by !== claimantOf(id)) refuse("DisputesNotParty", id, claimantOf(id), by);
    const answered = this.all.get(id)?.answered !== undefined;
    const dispute = answered ? this.#answered(id, now) : this.#unanswered(id, now);
    this.#execute(dispute, answered ? Outcome.Rejected : Outcome.Failed, now);
    this.#settle(dispute, now);
    this.met(answered ? "withdrawn after the answer" : "withdrawn before the answer");
  }

  // ------------------------------------------------------------------------------------------------- provider

  answer(by: string, id: bigint, filedAt: bigint, reserved: boolean, now: bigint): void {
    this.#requireSame(id, filedAt);
    const dispute = this.#unanswered(id, now);
    requireProvider(dispute, by);
    const { claimant, tenant, provider } = dispute;
    const before = filedAt - 1n;
    const eligible = this.council.eligibleAt(before, [claimant, tenant, provider]).length;
    this.#post(by, dispute, reserved);
    const among = eligible < this.council.at(before).size;
    dispute.answered = { at: now, eligible: BigInt(eligible), among, reserved };
    if (dispute.answered.eligible < LEAST_ELIGIBLE) {
      dispute.decided = { outcome: Outcome.Failed, at: now };
      this.met("failed: too few may rule");
    }
    this.#changed(id);
  }

  concede(by: string, id: bigint, filedAt: bigint, now: bigint): void {
    this.#requireSame(id, filedAt);
    const dispute = this.all.get(id)?.answered === undefined ? this.#unanswered(id, now) : this.#answered(id, now);
    requireProvider(dispute, by);
    dispute.final = { outcome: Outcome.Upheld, at: now };
    this.met("upheld by concession");
    this.#changed(id);
  }

  // -------------------------------------------------------------------------------------------------- council

  rule(by: string, id: bigint, filedAt: bigint, uphold: boolean, now: bigint): void {
    this.#requireSame(id, filedAt);
    const dispute = this.#vote(by, id, uphold ? Vote.Uphold : Vote.Reject, now);
    const { eligible } = dispute.answered!;
    for (const [vote, outcome, words] of [
      [Vote.Uphold, Outcome.Upheld, "upheld by the council"],
      [Vote.Reject, Outcome.Rejected, "rejected by the council"],
    ] as const) {
      if (votesFor(dispute, vote) * 2n <= eligible) continue;
      dispute.decided = { outcome, at: now };
      this.met(words);
    }
  }

  recuse(by: string, id: bigint, filedAt: bigint, now: bigint): void {
    this.#requireSame(id, filedAt);
    this.#vote(by, id, Vote.Recused, now);
  }

  collectFee(by: string, id: bigint, filedAt: bigint, to: string): void {
    if (to === this.address || to === this.hold.address) refuse("DisputesInvalidRecipient", to);
    const key = [id.toString(), filedAt.toString()];
    const [share, vote] = [this.shares.of(...key), this.votes.of(...key, by)];
    if (share === 0n || (vote !== Vote.Uphold && vote !== Vote.Reject)) refuse("DisputesNoShare", id, filedAt, by);
    this.hold.transfer(this.address, to, share);
    this.votes.set(Vote.Paid, ...key, by);
    this.touch("vote", ...key, by);
  }

  // -------------------------------------------------------------------------------------------------- appeals

  appeal(by: string, id: bigint, filedAt: bigint, reserved: boolean, now: bigint): void {
    this.#requireSame(id, filedAt);
    const dispute = this.all.get(id);
    const standing = dispute && standingOf(dispute, now);
    if (dispute === undefined || !standing?.appealable) return this.#wrongPhase(id);
    const { outcome, from } = standing;
    requireBefore(id, from, now);
    const side = sideThatAppeals(dispute, outcome, by);
    if (side === undefined) return refuse("DisputesNothingToAppeal", id, outcome, by);
    this.#post(by, dispute, reserved);
    this.#metByDefault(dispute);
    dispute.appealed = { by: side, outcome, at: now, reserved };
    this.#changed(id);
  }

  decide(by: string, decisions: readonly AppealDecision[], now: bigint): void {
    // What is stale is skipped, what is in a list twice for the second time, too.
    const decidable = new Map<bigint, { dispute: Dispute; outcome: bigint }>();
    for (const { disputeId: id, filedAt, outcome } of decisions) {
      if (outcome === Outcome.None) refuse("DisputesNoOutcome", id);
      const dispute = this.all.get(id);
      if (dispute === undefined || phaseOf(dispute) !== Phase.Appealed || filedAt !== dispute.filedAt) continue;
      if (now >= dispute.appealed!.at + DECISION_WINDOW || decidable.has(id)) continue;
      const authority = dispute.rules.appealAuthority;
      if (by !== authority) refuse("DisputesNotAuthority", id, authority, by);
      decidable.set(id, { dispute, outcome });
    }
    for (const [id, { dispute, outcome }] of decidable) {
      dispute.final = { outcome, at: now };
      const { outcome: before, by: side } = dispute.appealed!;
      const reversed = side === "claimant" ? outcome < before : outcome > before;
      this.met(reversed ? "appeal: reversed" : outcome === before ? "appeal: upheld" : "appeal: worse");
      this.#changed(id);
    }
  }

  // --------------------------------------------------------------------------------------------------- anyone

  execute(id: bigint, now: bigint): void {
    const dispute = this.all.get(id);
    const standing = dispute && standingOf(dispute, now);
    if (dispute?.executed !== undefined || dispute === undefined || standing === undefined) return this.#wrongPhase(id);
    if (now < standing.from) refuse("DisputesTooEarly", id, standing.from, now);
    this.#metByDefault(dispute);
    if (phaseOf(dispute) === Phase.Appealed) this.met("appeal: not heard");
    this.#execute(dispute, standing.outcome, now);
  }

  settle(id: bigint, now: bigint): void {
    const dispute = this.all.get(id);
    if (dispute === undefined || phaseOf(dispute) !== Phase.Executed) return this.#wrongPhase(id);
    this.#settle(dispute, now);
  }

  // ------------------------------------------------------------------------------------------------- internal

  #requireSame(id: bigint, filedAt: bigint): void {
    const actual = this.all.get(id)?.filedAt ?? 0n;
    if (filedAt !== actual) refuse("DisputesAnotherClaim", id, actual, filedAt);
  }

  #wrongPhase(id: bigint): never {
    const dispute = this.all.get(id);
    return refuse("DisputesWrongPhase", id, dispute === undefined ? Phase.Filed : phaseOf(dispute));
  }

  /** In phase Filed, before its deadline. */
  #unanswered(id: bigint, now: bigint): Dispute {
    const dispute = this.all.get(id);
    if (dispute === undefined || phaseOf(dispute) !== Phase.Filed) return this.#wrongPhase(id);
    requireBefore(id, dispute.filedAt + ANSWER_WINDOW, now);
    return dispute;
  }

  /** In phase Answered, before its deadline. */
  #answered(id: bigint, now: bigint): Dispute {
    const dispute = this.all.get(id);
    if (dispute === undefined || phaseOf(dispute) !== Phase.Answered) return this.#wrongPhase(id);
    requireBefore(id, dispute.answered!.at + RULING_WINDOW, now);
    return dispute;
  }

  #vote(by: string, id: bigint, vote: bigint, now: bigint): Dispute {
    const dispute = this.#answered(id, now);
    const since = this.council.seatedSince(by);
    const { filedAt } = dispute;
    if (since === 0n || since >= filedAt) refuse("DisputesNotSeated", id, by, since, filedAt);
    if (isParty(dispute, by)) refuse("DisputesPartyCannotRule", id, by);
    if (dispute.votes.has(by)) refuse("DisputesVoteCast", id, by);
    dispute.votes.set(by, vote);
    const key = [id.toString(), filedAt.toString(), by];
    this.votes.set(vote, ...key);
    this.touch("vote", ...key);
    this.#changed(id);
    return dispute;
  }

  /** What a deadline brought shows when somebody builds on it. */
  #metByDefault(dispute: Dispute): void {
    const { answered } = dispute;
    if (phaseOf(dispute) === Phase.Filed) this.met("upheld by silence");
    if (phaseOf(dispute) !== Phase.Answered) return;
    this.met(votesFor(dispute, Vote.Uphold, Vote.Reject) > 0n ? "failed: no majority" : "failed: a silent council");
    if (answered!.among) this.met("failed among members");
  }

  #execute(dispute: Dispute, outcome: bigint, now: bigint): void {
    const { leaseId, claimant, rules, faultClass } = dispute;
    const fractionBps = fractionOf(rules, faultClass);
    this.claims.end(this.address, leaseId, claimant, fractionBps, outcome === Outcome.Upheld, now);
    dispute.executed = outcome;
    this.#changed(dispute.id);
  }

  #settle(dispute: Dispute, now: bigint): void {
    const { id, filedAt, claimant, provider, rules, collateral } = dispute;
    const bond = bondOf(rules, collateral);
    const paid = { claimant: 0n, provider: 0n };
    const account = { claimant, provider };
    for (const { by, to, reserved } of bond === 0n ? [] : postingsOf(dispute)) {
      if (!reserved) paid[to] += bond;
      else if (by === to) this.staking.release(this.address, account[by], bond);
      else {
        const nobody = { challenger: ZeroAddress, treasury: ZeroAddress };
        const penalty = { provider: account[by], amount: bond, tenant: account[to], ...nobody };
        this.staking.penalise(this.address, penalty, now);
        this.met("a reserved bond lost");
      }
    }
    const fee = feeOf(rules);
    const voters = votesFor(dispute, Vote.Uphold, Vote.Reject);
    const share = voters === 0n ? 0n : fee / voters;
    for (const [to, amount] of [
      [claimant, paid.claimant],
      [provider, paid.provider],
      [rules.treasury, fee - share * voters],
    ] as const) {
      if (amount > 0n) this.hold.transfer(this.address, to, amount);
    }
    this.shares.set(share, id.toString(), filedAt.toString());
    this.touch("share", id.toString(), filedAt.toString());
    dispute.settled = true;
    this.#changed(id);
  }

  /** A bond as large as the claim bond, out of the wallet or of what the poster bonded with the disputes. */
  #post(by: string, { rules, collateral }: Dispute, reserved: boolean): void {
    const bond = bondOf(rules, collateral);
    if (!reserved) return this.#take(by, bond);
    const { free } = this.staking.poolOf(this.address, by);
    if (!this.staking.tryReserve(this.address, by, bond)) refuse("DisputesBondShort", by, free, bond);
    this.met("a bond reserved");
  }

  #take(from: string, amount: bigint): void {
    this.hold.transferFrom(this.address, from, this.address, amount);
  }

  #changed(id: bigint): void {
    this.touch("dispute", id.toString());
    this.touch("disputeView", id.toString());
  }
}

function requireBefore(id: bigint, deadline: bigint, now: bigint): void {
  if (now >= deadline) refuse("DisputesTooLate", id, deadline, now);
}

function requireProvider({ id, provider }: Dispute, by: string): void {
  if (by !== provider) refuse("DisputesNotParty", id, provider, by);
}

/** The side for which `by` can appeal an outcome: there is something better for it. */
function sideThatAppeals({ claimant, provider }: Dispute, outcome: bigint, by: string): Side | undefined {
  if (by === claimant) return outcome === Outcome.Upheld ? undefined : "claimant";
  return by === provider && outcome !== Outcome.Rejected ? "provider" : undefined;
}
