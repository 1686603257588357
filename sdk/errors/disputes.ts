import { DISPUTE_PHASE_WORDS, DISPUTE_PHASES, OUTCOMES } from "../disputes";
import { splitDisputeId } from "../ids";
import { formatBps, MILLIONTH } from "../units";
import type { Sentences, Words } from "./words";

const SEE_LIST = "`leasehold dispute list` says what can be done";

function isZero(words: Words, name: string): boolean {
  return /^0x0{40}$/.test(words.text(name));
}

/** Who may, by the outcome: nobody appeals what is best for itself. */
const APPELLANTS: Readonly<Record<string, string>> = {
  Upheld: "is upheld, which only its provider may appeal",
  Failed: "failed, which only its claimant and its provider may appeal",
  Rejected: "is rejected, which only its claimant may appeal",
};

function nothingToAppeal(words: Words): string {
  const outcome = OUTCOMES[Number(words.number("outcome"))] ?? "None";
  return `${words.dispute("disputeId")} ${APPELLANTS[outcome] ?? "is open"}, not ${words.who("caller")}`;
}

function wrongPhase(words: Words): string {
  const phase = DISPUTE_PHASES[Number(words.number("phase"))];
  const dispute = words.dispute("disputeId");
  if (phase === "Filed") return `${dispute} was just filed, or never: ${SEE_LIST}`;
  const state = phase === undefined ? "in another state" : DISPUTE_PHASE_WORDS[phase];
  return `${dispute} is ${state}, and this belongs to another phase: ${SEE_LIST}`;
}

function notParty(words: Words): string {
  if (isZero(words, "expected")) return `${words.dispute("disputeId")} does not exist`;
  const { claimant } = splitDisputeId(words.number("disputeId"));
  const side = claimant === words.text("expected") ? "claimant" : "provider";
  return `only the ${side} of ${words.dispute("disputeId")}, ${words.who("expected")}, may do this, not ${words.who("caller")}`;
}

function notSeated(words: Words): string {
  if (words.number("seatedSince") === 0n) return `${words.who("caller")} has no seat on the council`;
  return (
    `${words.who("caller")} sits on the council since ${words.instant("seatedSince")}, and ` +
    `${words.dispute("disputeId")} was filed at ${words.instant("filedAt")}: members seated before that rule on it`
  );
}

function ruleOutOfBounds(words: Words): string {
  const name = words.text("name");
  const say = (value: bigint): string => (name.endsWith("Bps") ? formatBps(value) : words.hold(value * MILLIONTH));
  return `${name} is to be ${say(words.number("least"))} to ${say(words.number("most"))}, not ${say(words.number("value"))}`;
}

/** What the contract of disputes says. */
export const DISPUTES: Sentences = {
  "DisputesOtherTenant(uint96 leaseId, address tenant, address named)": (words) =>
    `the tenant of ${words.lease("leaseId")} is ${words.who("tenant")}, not ${words.who("named")}: look at the lease ` +
    "again before you claim a fault of it",
  "DisputesAlreadyOpen(uint256 disputeId)": (words) =>
    `${words.dispute("disputeId")} is not settled: a claimant files another claim on a lease once the last one is ` +
    `settled; ${SEE_LIST}`,
  "DisputesFiledThisSecond(uint256 disputeId)": (words) =>
    `${words.dispute("disputeId")} was filed and ended in this very second: file again in the next one`,
  "DisputesFaultTooOld(uint256 faultStart, uint256 least)": (words) =>
    `the fault began at ${words.instant("faultStart")}, longer ago than the 7 days in which it can be claimed: if it went ` +
    `on, claim what was wrong from ${words.instant("least")} on`,
  "DisputesWrongPhase(uint256 disputeId, uint8 phase)": wrongPhase,
  "DisputesTooLate(uint256 disputeId, uint256 deadline, uint256 now)": (words) =>
    `in ${words.dispute("disputeId")} this could be done until ${words.instant("deadline")}, ` +
    `${words.wait("now", "deadline")} ago: ${SEE_LIST}`,
  "DisputesTooEarly(uint256 disputeId, uint256 from, uint256 now)": (words) =>
    `${words.dispute("disputeId")} can be executed from ${words.instant("from")} on, in ${words.wait("from", "now")}: ` +
    "until then what stands may still change",
  "DisputesNotParty(uint256 disputeId, address expected, address caller)": notParty,
  "DisputesNothingToAppeal(uint256 disputeId, uint8 outcome, address caller)": nothingToAppeal,
  "DisputesNotSeated(uint256 disputeId, address caller, uint256 seatedSince, uint256 filedAt)": notSeated,
  "DisputesPartyCannotRule(uint256 disputeId, address caller)": (words) =>
    `${words.who("caller")} is a party of ${words.dispute("disputeId")}, and nobody rules on a case of its own: leave it ` +
    "to the other members",
  "DisputesVoteCast(uint256 disputeId, address caller)": (words) =>
    `${words.who("caller")} voted on ${words.dispute("disputeId")}, or recused itself, and neither can be taken back`,
  "DisputesNotAuthority(uint256 disputeId, address authority, address caller)": (words) =>
    isZero(words, "authority")
      ? `${words.dispute("disputeId")} does not exist, so there is no appeal to decide`
      : `the appeal of ${words.dispute("disputeId")} is decided by ${words.who("authority")}, not by ${words.who("caller")}`,
  "DisputesNoOutcome(uint256 disputeId)": (words) =>
    `the appeal of ${words.dispute("disputeId")} was to be decided without an outcome: give upheld, failed or rejected`,
  "DisputesAnotherClaim(uint256 disputeId, uint256 filedAt, uint256 meant)": (words) =>
    `${words.dispute("disputeId")} is about another claim by now, filed at ${words.instant("filedAt")}, not at ` +
    `${words.instant("meant")}: look at it again before you act`,
  "DisputesNoShare(uint256 disputeId, uint256 filedAt, address caller)": (words) =>
    `${words.who("caller")} has no share of the fee of ${words.dispute("disputeId")}, filed at ` +
    `${words.instant("filedAt")}: it did not vote, took its share already, or the dispute is not settled yet`,
  "DisputesZeroAddress()": () => "the appeal authority is the zero address: appeals would be heard by nobody",
  "DisputesInvalidTreasury(address treasury)": (words) =>
    `${words.who("treasury")} cannot be the treasury of disputes: fees that it received could never leave it`,
  "DisputesInvalidRecipient(address to)": (words) =>
    `${words.who("to")} cannot receive a share of a fee: it could never leave again`,
  "DisputesBondShort(address account, uint256 free, uint256 required)": (words) =>
    `${words.who("account")} has ${words.hold("free")} of free bond with the contract of disputes, ` +
    `${words.hold("required")} are needed: run \`leasehold provider move-bond\`, or leave --from-bond out`,
  "DisputesRuleOutOfBounds(string name, uint256 value, uint256 least, uint256 most)": ruleOutOfBounds,
};

/** What the council says. */
export const COUNCIL: Sentences = {
  "CouncilAlreadySeated(address member)": (words) => `${words.who("member")} sits on the council already`,
  "CouncilNotSeated(address member)": (words) => `${words.who("member")} does not sit on the council`,
  "CouncilFull(uint256 seats)": (words) =>
    `all ${words.number("seats")} seats of the council are taken: unseat somebody first`,
  "CouncilZeroMember()": () => "nobody can sit at the zero address: name a member",
  "CouncilSecondNotOver(uint256 instant, uint256 now)": (words) =>
    `who sat on the council at ${words.instant("instant")} is certain once that second is over; the chain is at ` +
    words.instant("now"),
};

/** What the market says about claims on its leases. */
export const LEASE_CLAIMS: Sentences = {
  "MarketNotSlasher(uint96 leaseId, address slasher, address caller)": (words) =>
    isZero(words, "slasher")
      ? `${words.lease("leaseId")} does not exist, or its offer names no contract of disputes: no fault of it can be claimed`
      : `faults of ${words.lease("leaseId")} are claimed at ${words.who("slasher")}, which its offer names, not at ` +
        words.who("caller"),
  "MarketNotClaimable(uint96 leaseId)": (words) =>
    `${words.lease("leaseId")} never started, or its collateral was released: faults are claimed before that`,
  "MarketTooLateToClaim(uint96 leaseId, uint256 deadline, uint256 now)": (words) =>
    `faults of ${words.lease("leaseId")} could be claimed until ${words.instant("deadline")}, ` +
    `${words.wait("now", "deadline")} ago`,
  "MarketFaultOutOfBounds(uint96 leaseId, uint256 faultStart, uint256 least, uint256 end)": (words) =>
    `a fault of ${words.lease("leaseId")} began at ${words.instant("least")} or later, and before ` +
    `${words.instant("end")}, not at ${words.instant("faultStart")}`,
  "MarketTooManyClaims(uint96 leaseId)": (words) =>
    `as many claims are open on ${words.lease("leaseId")} as fit: file again once one of them has ended`,
  "MarketClaimOpen(uint96 leaseId, address claimant)": (words) =>
    `${words.who("claimant")} has a claim on ${words.lease("leaseId")} that is open: it files another one once that has ended`,
  "MarketNoOpenClaim(uint96 leaseId, address claimant)": (words) =>
    `${words.who("claimant")} has no open claim on ${words.lease("leaseId")}`,
  "MarketClaimNotLapsed(uint96 leaseId, address claimant, uint256 lapsesAt, uint256 now)": (words) =>
    `the slashing module may end the claim of ${words.who("claimant")} on ${words.lease("leaseId")} until ` +
    `${words.instant("lapsesAt")}: anyone may in ${words.wait("lapsesAt", "now")}`,
};
