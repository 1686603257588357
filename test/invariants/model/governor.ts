import { AbiCoder, id as hashOf, Interface, keccak256 } from "ethers";

import { DECISION_WINDOW, Outcome, Phase, phaseOf } from "./dispute";
import type { AppealDecision, DisputesModel } from "./disputes";
import { type Plain, refuse } from "./plain";
import type { Touch } from "./tokens";

const DECIDE = new Interface(["function decide((uint256 disputeId, uint40 filedAt, uint8 outcome)[] decisions)"]);
/** As OpenZeppelin numbers them; nobody votes here, so that every vote is lost. */
const ProposalState = { Pending: 0n, Active: 1n, Defeated: 3n } as const;

/** What the governor is deployed with. */
export interface Voting {
  /** The account that its proposals act as. */
  timelock: string;
  /** Seconds until a vote begins, and that it takes. */
  delay: bigint;
  period: bigint;
}

/** A proposal to decide appeals. */
interface Proposal {
  readonly proposalId: bigint;
  readonly proposer: string;
  readonly calldata: string;
  readonly descriptionHash: string;
  readonly snapshot: bigint;
  readonly deadline: bigint;
}

/** The governor of HOLD, as far as the two sides of an appealed dispute use it: they propose how to decide the appeal. */
export class GovernorModel {
  readonly proposals: Proposal[] = [];
  /** Claims that a party had its proposal about: dispute, second of filing and party. */
  readonly #had = new Set<string>();

  constructor(
    private readonly voting: Voting,
    private readonly disputes: DisputesModel,
    private readonly touch: Touch,
    private readonly met: (what: string) => void,
  ) {}

  get timelock(): string {
    return this.voting.timelock;
  }

  proposeAppeal(
    by: string,
    tribunal: string,
    decisions: readonly AppealDecision[],
    reasons: string,
    now: bigint,
  ): void {
    if (tribunal !== this.disputes.address) refuse("GovernorUnknownTribunal", tribunal);
    if (decisions.length === 0) refuse("GovernorNoAppeal");
    const named = new Set<string>();
    for (const decision of decisions) {
      this.#requireProposable(by, decision, now);
      const key = keyOf(decision, by);
      if (this.#had.has(key) || named.has(key)) refuse("GovernorAppealProposed", decision.disputeId, by);
      named.add(key);
    }
    for (const decision of decisions) this.#meet(by, decision);
    for (const key of named) this.#had.add(key);
    if (decisions.length > 1) this.met("vote: on several appeals");
    this.#propose(by, decisions, `${reasons}\n#proposer=${by.toLowerCase()}`, now);
  }

  /** Whether a party had its proposal about the present claim of a dispute. */
  had(disputeId: bigint, filedAt: bigint, party: string): boolean {
    return this.#had.has(keyOf({ disputeId, filedAt }, party));
  }

  stateOf({ snapshot, deadline }: Proposal, now: bigint): bigint {
    if (now <= snapshot) return ProposalState.Pending;
    return now <= deadline ? ProposalState.Active : ProposalState.Defeated;
  }

  /** A proposal as the governor tells of it, by its number: one call, of the disputes. */
  detailsOf({ proposalId, calldata, descriptionHash }: Proposal): Plain {
    return { proposalId, targets: [this.disputes.address], values: [0n], calldatas: [calldata], descriptionHash };
  }

  #requireProposable(by: string, { disputeId, filedAt, outcome }: AppealDecision, now: bigint): void {
    const dispute = this.disputes.all.get(disputeId);
    const waits =
      dispute !== undefined && phaseOf(dispute) === Phase.Appealed && now < dispute.appealed!.at + DECISION_WINDOW;
    if (!waits || dispute.filedAt !== filedAt) return refuse("GovernorNotAppealed", disputeId, filedAt);
    if (outcome === Outcome.None) refuse("GovernorNoOutcome", disputeId);
    const authority = dispute.rules.appealAuthority;
    if (authority !== this.timelock) refuse("GovernorNotAuthority", disputeId, authority, this.timelock);
    if (by !== dispute.claimant && by !== dispute.provider) refuse("GovernorNotParty", disputeId, by);
  }

  #propose(by: string, decisions: readonly AppealDecision[], description: string, now: bigint): void {
    const calldata = DECIDE.encodeFunctionData("decide", [decisions]);
    const descriptionHash = hashOf(description);
    const whole = [[this.disputes.address], [0n], [calldata], descriptionHash];
    const proposalId = keccak256(
      AbiCoder.defaultAbiCoder().encode(["address[]", "uint256[]", "bytes[]", "bytes32"], whole),
    );
    const snapshot = now + this.voting.delay;
    const deadline = snapshot + this.voting.period;
    this.proposals.push({
      ...{ proposalId: BigInt(proposalId), proposer: by, calldata, descriptionHash, snapshot, deadline },
    });
    const index = (this.proposals.length - 1).toString();
    this.touch("proposals");
    for (const kind of ["proposal", "proposer", "snapshot", "deadline", "proposalState"]) this.touch(kind, index);
  }

  #meet(by: string, { disputeId, filedAt }: AppealDecision): void {
    const { claimant, provider, appealed } = this.disputes.all.get(disputeId)!;
    if (claimant === provider) return;
    const other = by === claimant ? provider : claimant;
    const appellant = appealed!.by === "claimant" ? claimant : provider;
    this.met(by === appellant ? "vote: asked for by who appealed" : "vote: asked for by the other side");
    if (this.had(disputeId, filedAt, other)) this.met("vote: asked for by both sides");
  }
}

const keyOf = ({ disputeId, filedAt }: { disputeId: bigint; filedAt: bigint }, party: string): string =>
  [disputeId, filedAt, party].join("/");
