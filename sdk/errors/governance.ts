import { formatDuration } from "../units";
import { PROPOSAL_STATE_WORDS, PROPOSAL_STATES } from "../governance/proposals";
import type { Sentences, Words } from "./words";

const proposal = (words: Words): string => `proposal ${shortened(words.number("proposalId"))}`;

/** A proposal's id is a number of 77 digits: its ends tell it from others. */
function shortened(id: bigint): string {
  const digits = id.toString();
  return digits.length <= 12 ? digits : `${digits.slice(0, 6)}...${digits.slice(-4)}`;
}

/** The names of the states whose bits are set. */
function statesOf(bitmap: bigint): string {
  return PROPOSAL_STATES.filter((_, index) => (bitmap >> BigInt(index)) & 1n)
    .map((state) => PROPOSAL_STATE_WORDS[state])
    .join(" or ");
}

function unexpectedState(words: Words): string {
  const current = PROPOSAL_STATES[Number(words.number("current"))];
  const is = current === undefined ? "in another state" : PROPOSAL_STATE_WORDS[current];
  const expected = statesOf(BigInt(words.text("expectedStates")));
  return expected === ""
    ? `${proposal(words)} exists already, with the same calls and description: change the description to make another one`
    : `${proposal(words)} is ${is}; this needs one that is ${expected}`;
}

const DURATIONS = ["votingDelay", "votingPeriod", "lateExtension"];

function outOfBounds(words: Words): string {
  const name = words.text("name");
  const say = (value: bigint): string => {
    if (DURATIONS.includes(name)) return formatDuration(value);
    return name === "proposalThreshold" ? words.hold(value) : `${value} %`;
  };
  return `${name} is to be ${say(words.number("least"))} to ${say(words.number("most"))}, not ${say(words.number("value"))}`;
}

/** What the governor and OpenZeppelin's part of it say. */
export const GOVERNOR: Sentences = {
  "GovernorSettingOutOfBounds(string name, uint256 value, uint256 least, uint256 most)": outOfBounds,
  "GovernorTimelockFixed()": () => "the timelock owns everything, so the governor keeps it for good",
  "GovernorUnknownTribunal(address disputes)": (words) =>
    `appeals at ${words.who("disputes")} are not heard by this governor`,
  "GovernorNoAppeal()": () => "no appeal was named to propose a decision of",
  "GovernorNotAppealed(uint256 disputeId, uint256 filedAt)": (words) =>
    `${words.dispute("disputeId")}, filed at ${words.instant("filedAt")}, is not under appeal, or not any more`,
  "GovernorNoOutcome(uint256 disputeId)": (words) =>
    `an appeal is decided by an outcome, and none is given for ${words.dispute("disputeId")}`,
  "GovernorNotParty(uint256 disputeId, address caller)": (words) =>
    `only the two sides of ${words.dispute("disputeId")} propose its decision without a threshold, not ${words.who("caller")}`,
  "GovernorAppealProposed(uint256 disputeId, address caller)": (words) =>
    `${words.who("caller")} had the appeal of ${words.dispute("disputeId")} proposed already, which each side does once: see ` +
    "`leasehold proposals list`",
  "GovernorNotAuthority(uint256 disputeId, address authority, address timelock)": (words) =>
    `the appeal of ${words.dispute("disputeId")} is decided by ${words.who("authority")}, which it was filed under, not by ` +
    `${words.who("timelock")}: no proposal decides it`,
  "GovernorInvalidProposalLength(uint256 targets, uint256 calldatas, uint256 values)": (words) =>
    `a proposal needs as many targets (${words.number("targets")}) as calls (${words.number("calldatas")}) and values ` +
    `(${words.number("values")}), and at least one`,
  "GovernorAlreadyCastVote(address voter)": (words) =>
    `${words.who("voter")} has voted on this proposal, and a vote is final`,
  "GovernorDisabledDeposit()": () =>
    "the governor takes no native coin: what proposals spend is held by the timelock, the treasury",
  "GovernorOnlyExecutor(address account)": (words) =>
    `only the timelock, carrying out a proposal, may do this, not ${words.who("account")}`,
  "GovernorNonexistentProposal(uint256 proposalId)": (words) =>
    `${proposal(words)} does not exist: \`leasehold proposals list\` has those that do`,
  "GovernorUnexpectedProposalState(uint256 proposalId, uint8 current, bytes32 expectedStates)": unexpectedState,
  "GovernorInvalidVotingPeriod(uint256 votingPeriod)": (words) =>
    `a voting period of ${words.duration("votingPeriod")} leaves no time to vote`,
  "GovernorInsufficientProposerVotes(address proposer, uint256 votes, uint256 threshold)": (words) =>
    `${words.who("proposer")} had ${words.hold("votes")} of votes a second ago, proposing takes ${words.hold("threshold")}: ` +
    "`leasehold power` says why",
  "GovernorRestrictedProposer(address proposer)": (words) =>
    `the description ends by naming another proposer than ${words.who("proposer")}`,
  "GovernorInvalidVoteType()": () => "a vote is for, against or abstain",
  "GovernorInvalidVoteParams()": () => "this governor counts votes without further parameters",
  "GovernorAlreadyQueuedProposal(uint256 proposalId)": (words) => `${proposal(words)} is queued already`,
  "GovernorInvalidSignature(address voter)": (words) =>
    `the ballot is not signed by ${words.who("voter")}, or for another nonce, proposal, vote, chain or governor: sign again`,
  "GovernorUnableToCancel(uint256 proposalId, address account)": (words) =>
    `${proposal(words)} is cancelled by its proposer alone, before voting begins, not by ${words.who("account")}`,
  "GovernorProposalQueueingFailed(uint256 proposalId)": (words) => `the timelock did not take ${proposal(words)}`,
  "GovernorProposalQueueingNotRequired(uint256 proposalId)": (words) => `${proposal(words)} needs no queue`,
  "GovernorInvalidQuorumFraction(uint256 quorumNumerator, uint256 quorumDenominator)": (words) =>
    `a quorum of ${words.number("quorumNumerator")} in ${words.number("quorumDenominator")} is more than all votes`,
  "GovernorPreventLateQuorumVoteExtensionTooLarge(uint256 newVoteExtension, uint256 maxVoteExtension)": (words) =>
    `a late extension of ${words.duration("newVoteExtension")} is more than ${words.duration("maxVoteExtension")}`,
};

/** OpenZeppelin's: bit n stands for state n of Unset, Waiting, Ready, Done. */
const OPERATION_STATES = ["not scheduled", "waiting", "ready", "done"];

/** What the timelock says. */
export const TIMELOCK: Sentences = {
  "TimelockDelayOutOfBounds(uint256 delay, uint256 least, uint256 most)": (words) =>
    `the timelock's delay is to be ${words.duration("least")} to ${words.duration("most")}, not ${words.duration("delay")}`,
  "TimelockKeepsVotes()": () => "the treasury does not vote, so it delegates its HOLD to nobody",
  "TimelockInvalidOperationLength(uint256 targets, uint256 payloads, uint256 values)": (words) =>
    `the timelock needs as many targets (${words.number("targets")}) as calls (${words.number("payloads")}) and values ` +
    `(${words.number("values")})`,
  "TimelockInsufficientDelay(uint256 delay, uint256 minDelay)": (words) =>
    `a delay of ${words.duration("delay")} is shorter than the timelock's, ${words.duration("minDelay")}`,
  "TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)": (words) => {
    const bits = BigInt(words.text("expectedStates"));
    const expected =
      OPERATION_STATES.filter((_, index) => (bits >> BigInt(index)) & 1n).join(" or ") || "in another state";
    return `operation ${words.text("operationId")} of the timelock is not ${expected} yet, or not any more`;
  },
  "TimelockUnexecutedPredecessor(bytes32 predecessorId)": (words) =>
    `operation ${words.text("predecessorId")} of the timelock comes first`,
  "TimelockUnauthorizedCaller(address caller)": (words) =>
    `only the timelock itself, carrying out a proposal, changes its delay, not ${words.who("caller")}`,
  "AccessControlUnauthorizedAccount(address account, bytes32 neededRole)": (words) =>
    `${words.who("account")} lacks the role of the timelock that this takes, ${words.text("neededRole")}`,
  "AccessControlBadConfirmation()": () => "a role of the timelock is renounced by naming one's own account",
};

/** What the guardian's contract says. */
export const GUARDIAN: Sentences = {
  "GuardianNotSeated(address guardian, address caller)": (words) =>
    /^0x0{40}$/.test(words.text("guardian"))
      ? "nobody is seated as guardian: governance seats one"
      : `only the guardian, ${words.who("guardian")}, pauses and resumes, not ${words.who("caller")}`,
  "GuardianPauseUsed(address guardian)": (words) =>
    `${words.who("guardian")} used the one pause of its seating: governance can seat it again`,
};
