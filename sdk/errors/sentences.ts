import { getAddress, toBeHex } from "ethers";

import { MISFIT_REASONS } from "../market";
import { formatRegion, lacking, type Resources, unpackResources } from "../resources";
import { formatDuration } from "../units";
import { COUNCIL, DISPUTES, LEASE_CLAIMS } from "./disputes";
import { GOVERNOR, GUARDIAN, TIMELOCK } from "./governance";
import { LEASE_CHANGES } from "./leaseChanges";
import { OPENZEPPELIN } from "./openzeppelin";
import type { Sentences, Words } from "./words";

const STATUSES = ["does not exist", "is pending", "is active", "is closed", "is cancelled", "is released"];
const ACTIVE = 2n;
const MOST_ADDRESS = 2n ** 160n - 1n;

// ---------------------------------------------------------------------------------------------------- misfits

const FIELDS: Readonly<Record<keyof Resources, string>> = {
  cpu: "CPU",
  memoryMiB: "memory",
  diskGiB: "disk",
  bandwidthMbps: "bandwidth",
  gpuClass: "GPU",
  gpuCount: "GPUs",
  region: "region",
  attributes: "attributes",
};

function lackingText(offered: bigint, required: bigint): string {
  const fields = lacking(unpackResources(offered), unpackResources(required));
  return fields.map((field) => FIELDS[field]).join(", ") || "resources";
}

/** An address that the contracts told as a number. */
function addressOf(value: bigint): string {
  return getAddress(toBeHex(value & MOST_ADDRESS, 20));
}

interface Misfit {
  readonly offer: bigint;
  readonly reason: bigint;
  readonly available: bigint;
  readonly required: bigint;
}

/** Why one candidate does not serve an order, such as "offer 7 has 2 units left, 3 asked". */
export function misfitSentence({ offer, reason, available, required }: Misfit, words: Words): string {
  const id = `offer ${offer}`;
  switch (MISFIT_REASONS[Number(reason)]) {
    case "OtherToken":
      return available === 0n ? `${id} does not exist` : `${id} is paid in another token`;
    case "Retired":
      return `${id} is retired`;
    case "PriceTooHigh":
      return `${id} costs ${words.price(required)}, the order takes at most ${words.price(available)}`;
    case "RequirementUnmet":
      return `${id} has too little or other ${lackingText(available, required)} than the order requires`;
    case "DurationOutOfBounds": {
      const bound = required < available ? "at least" : "at most";
      return `${id} is leased for ${bound} ${formatDuration(available)}, ${formatDuration(required)} asked`;
    }
    case "CapacityShort":
      return `${id} has ${available} ${available === 1n ? "unit" : "units"} left, ${required} asked`;
    case "LockTooSmall":
      return `${id} would lock ${words.amount(available)}, a lease locks at least ${words.amount(required)}: ask for longer`;
    case "LockTooLarge":
      return `${id} would lock ${words.amount(required)}, the order allows ${words.amount(available)}`;
    case "ProviderStale":
      return `the provider of ${id} had no heartbeat for half of the grace, or longer`;
    case "BondShort":
      return `the provider of ${id} has ${words.hold(available)} free for collateral, ${words.hold(required)} are needed`;
    case "QuotedOnly":
      return `${id} is leased by signed quotes alone: ask its provider for one`;
    case "SameProvider":
      return `the provider of ${id} serves another replica of the order`;
    case "SameRegion":
      return available === 0n
        ? `the region of ${id} is undisclosed, and the replicas must be in regions of their own`
        : `${id} is in the region of another replica, ${formatRegion(Number(available))}`;
    case "OtherProvider":
      return `${id} belongs to provider ${addressOf(available)}, not to ${addressOf(required)}: the chain was reorganised, or the order names another one`;
    case "TokenNotListed":
      return `${id} is paid in a token that governance does not list`;
    default:
      return `${id} does not fit, for reason ${reason}`;
  }
}

function misfits(words: Words): string {
  const list = words.value("misfits") as Iterable<Misfit>;
  const reasons = [...list].map((misfit) => misfitSentence(misfit, words));
  return reasons.length === 1 ? (reasons[0] ?? "") : `the order is refused by every candidate: ${reasons.join("; ")}`;
}

function notOperator(words: Words): string {
  if (/^0x0{40}$/.test(words.text("provider"))) return "one of the leases does not exist";
  return (
    `only the operator ${words.who("operator")} works for provider ${words.who("provider")}, not ${words.who("caller")}: ` +
    "use the operator's key, or let the provider name yours: leasehold provider set-operator <address>"
  );
}

function notTenant(words: Words): string {
  if (/^0x0{40}$/.test(words.text("tenant"))) return `${words.lease("leaseId")} does not exist`;
  return `${words.lease("leaseId")} belongs to tenant ${words.who("tenant")}, not to ${words.who("caller")}`;
}

/** Governed seconds are said as durations, all other governed values as they are. */
function outOfBounds(words: Words): string {
  const name = words.text("name");
  const say = (value: bigint): string =>
    ["noticePeriod", "activationWindow", "pause"].includes(name) ? formatDuration(value) : value.toString();
  return `${name} is to be ${say(words.number("least"))} to ${say(words.number("most"))}, not ${say(words.number("value"))}`;
}

// ------------------------------------------------------------------------------------------------- the table

const MARKET: Sentences = {
  "MarketNoOfferFits(tuple(uint64 offer, uint8 reason, uint256 available, uint256 required)[] misfits)": misfits,
  "MarketEmptyOrder(uint256 units, uint256 duration, uint256 candidates, uint256 replicas)": (words) =>
    `the order asks for ${words.number("replicas")} leases of ${words.number("units")} units over ` +
    `${words.duration("duration")} from ${words.number("candidates")} offers: it needs at least one of each`,
  "MarketNotFundingAccount(address account, address caller)": (words) =>
    `the funding is signed by ${words.who("account")}, the order is sent by ${words.who("caller")}: both must be the tenant`,
  "MarketWrongStatus(uint96 leaseId, uint8 expected, uint8 actual)": (words) =>
    `${words.lease("leaseId")} ${STATUSES[Number(words.number("actual"))] ?? "is in another state"}; ` +
    `this needs a lease that ${STATUSES[Number(words.number("expected"))] ?? "is in another state"}`,
  "MarketNotTenant(uint96 leaseId, address tenant, address caller)": notTenant,
  "MarketNotOperator(address provider, address operator, address caller)": notOperator,
  "MarketProviderDark(address provider)": (words) =>
    `provider ${words.who("provider")} is dark: run \`leasehold provider heartbeat\` first`,
  "MarketLeaseEnded(uint96 leaseId, uint256 end, uint256 now)": (words) =>
    `${words.lease("leaseId")} ended at ${words.instant("end")}, ${words.wait("now", "end")} ago: now it can only be ` +
    "expired, which anyone may do and which costs the tenant nothing more",
  "MarketTooLateToDecline(uint96 leaseId, uint256 deadline, uint256 now)": (words) =>
    `${words.lease("leaseId")} could be declined until ${words.instant("deadline")}, ${words.wait("now", "deadline")} ago`,
  "MarketTooEarlyToCancel(uint96 leaseId, uint256 deadline, uint256 now)": (words) =>
    `the provider may activate ${words.lease("leaseId")} until ${words.instant("deadline")}: ` +
    `it can be cancelled in ${words.wait("deadline", "now")}`,
  "MarketAllowanceOutOfBounds(uint256 allowance, uint256 most)": (words) =>
    `the outage allowance is at most ${words.duration("most")}, not ${words.duration("allowance")}`,
  "MarketNotProvider(uint64 offerId, address provider, address caller)": (words) =>
    /^0x0{40}$/.test(words.text("provider"))
      ? `${words.offer("offerId")} does not exist`
      : `${words.offer("offerId")} belongs to provider ${words.who("provider")}, not to ${words.who("caller")}: ` +
        "use that provider's own key; an operator's reaches neither offers nor bond",
  "MarketMinimumDurationTooLong(uint256 minDuration, uint256 most)": (words) =>
    `the minimum duration ${words.duration("minDuration")} is too long: at most ${words.duration("most")} ` +
    "(24h, and not more than the maximum duration)",
  "MarketZeroMaximumDuration()": () => "an offer with a maximum duration of zero could never be leased",
  "MarketOfferRetired(uint64 offerId)": (words) => `${words.offer("offerId")} is retired, for good: create another one`,
  "MarketParameterOutOfBounds(string name, uint256 value, uint256 least, uint256 most)": outOfBounds,
  "MarketInvalidTreasury(address treasury)": (words) =>
    `${words.who("treasury")} cannot be the treasury: fees and penalties that it received could never leave it`,
  "MarketTokenNotListed(address token)": (words) =>
    `governance does not list ${words.token("token")}, so no new lease is paid in it`,
  "MarketNotOrders(address caller)": (words) =>
    `only the contract of standing orders does this, not ${words.who("caller")}`,
  "MarketTooEarlyToRenew(uint96 leaseId, uint256 from, uint256 now)": (words) =>
    `${words.lease("leaseId")} can fail over from ${words.instant("from")} on, in ${words.wait("from", "now")}: in the last ` +
    "quarter of its duration or of its order's period, whichever is shorter, and at most an hour before its end",
  "MarketStillServed(uint96 leaseId)": (words) =>
    `${words.lease("leaseId")} is served, its provider gave no notice and did not retire the offer: so it does not fail over`,
  "MarketBountyTooHigh(address token, uint256 most, uint256 bounty)": (words) =>
    `the bounty is ${words.amount("bounty", "token")}, the standing order pays at most ${words.amount("most", "token")}`,
  "MarketNotQuotes(address caller)": (words) => `only the contract of quotes does this, not ${words.who("caller")}`,
  "MarketPaused(uint256 until, uint256 now)": (words) =>
    `new leases and offers are paused until ${words.instant("until")}, for ${words.wait("until", "now")} more; ` +
    "everything else goes on",
};

const STANDING_ORDERS: Sentences = {
  "OrdersNotTenant(uint96 leaseId, address tenant, address caller)": notTenant,
  "OrdersNotRenewable(uint96 leaseId, uint8 status, bool noticed)": (words) => {
    const status = words.number("status");
    if (status === ACTIVE && words.value("noticed") === true) {
      return (
        `the provider of ${words.lease("leaseId")} gave notice: it is never renewed; name offers to move to before its end: ` +
        "--fallback <numbers>"
      );
    }
    if (status === ACTIVE) return `the end of ${words.lease("leaseId")} has come: now it can only be expired`;
    return `${words.lease("leaseId")} ${STATUSES[Number(status)] ?? "is over"}: it is never renewed any more`;
  },
  "OrdersPeriodTooShort(uint256 period, uint256 least)": (words) =>
    `a renewal lasts for ${words.duration("least")} at least, not ${words.duration("period")}`,
  "OrdersZeroCount()": () => "the order is for no renewal: order one at least, or cancel the order",
  "OrdersTooManyFallbacks(uint256 fallbacks, uint256 most)": (words) =>
    `an order names at most ${words.number("most")} fallback offers, not ${words.number("fallbacks")}`,
  "OrdersUnknownOffer(uint64 offerId, uint256 offerCount)": (words) =>
    `${words.offer("offerId")} does not exist: the newest one is number ${words.number("offerCount")}`,
  "OrdersOtherProvider(uint64 offerId, address provider, address named)": (words) =>
    `${words.offer("offerId")} belongs to provider ${words.who("provider")}, the order names ${words.who("named")}: look at ` +
    "the offer again",
  "OrdersNoOrder(uint96 leaseId)": (words) =>
    `${words.lease("leaseId")} has no standing order: none was placed, it is used up, or the lease changed hands`,
  "OrdersNoFallback(uint96 leaseId)": (words) =>
    `the standing order of ${words.lease("leaseId")} names no fallback offer, so the lease simply ends`,
};

const QUOTES: Sentences = {
  "QuotesExpired(uint256 expiry, uint256 now)": (words) =>
    `the quote was good until ${words.instant("expiry")}, ${words.wait("now", "expiry")} ago: ask its provider for another`,
  "QuotesNotTenant(address tenant, address caller)": (words) =>
    `the quote is for tenant ${words.who("tenant")}, not for ${words.who("caller")}`,
  "QuotesOtherEpoch(address provider, uint256 expected, uint256 actual)": (words) =>
    words.number("actual") < words.number("expected")
      ? `provider ${words.who("provider")} cancelled all its quotes after it signed this one: ask it for another`
      : `the quote is of epoch ${words.number("actual")}, provider ${words.who("provider")} is in epoch ` +
        `${words.number("expected")}: it counts once the provider cancelled the quotes before it`,
  "QuotesCancelled(address provider, bytes32 digest)": (words) =>
    `provider ${words.who("provider")} cancelled this quote: ask it for another`,
  "QuotesUnitsShort(bytes32 digest, uint256 left, uint256 required)": (words) =>
    `the quote has ${words.number("left")} ${words.number("left") === 1n ? "unit" : "units"} left, ` +
    `${words.number("required")} asked`,
  "QuotesInvalidSignature(address provider, bytes32 digest)": (words) =>
    `the signature is not ${words.whose("provider")}, or the quote was changed, or it is for another chain or contract`,
  "QuotesNotProvider(uint64 offerId, address provider, address signer)": (words) =>
    /^0x0{40}$/.test(words.text("provider"))
      ? `the quote is on ${words.offer("offerId")}, which does not exist`
      : `the quote is on ${words.offer("offerId")} of provider ${words.who("provider")}, but signed by ${words.who("signer")}`,
  "QuotesNotFundingAccount(address account, address caller)": (words) =>
    `the funding is signed by ${words.who("account")}, the quote is used by ${words.who("caller")}: both must be the tenant`,
  "QuotesTermsOnOffer(uint64 offerId)": (words) =>
    `the quote is on ${words.offer("offerId")} and brings terms, too, which would mean nothing: ask for one or the other`,
};

const ESCROW: Sentences = {
  "EscrowInvalidAccount(address account)": (words) =>
    `${words.who("account")} cannot hold or receive money here: nobody could ever withdraw it`,
  "EscrowNotAToken(address token)": (words) =>
    `there is no token at ${words.text("token")}: check its address, and that it is on this chain`,
  "EscrowAmountTooLarge(address token, uint256 amount, uint256 most)": (words) =>
    `a single deposit credits ${words.amount("most", "token")} at most, not ${words.amount("amount", "token")}: deposit less`,
  "EscrowInsufficientFree(address token, address account, uint256 free, uint256 required)": (words) =>
    `${words.whose("account")} free balance in escrow is ${words.amount("free", "token")}, ` +
    `${words.amount("required", "token")} are needed: run \`leasehold tenant deposit ` +
    `${words.option(words.number("required") - words.number("free"), "token")}\``,
  "EscrowCeilingExceeded(address module, address token, address account, uint256 headroom, uint256 required)": (
    words,
  ) =>
    `${words.whose("account")} approval lets ${words.who("module")} hold ${words.amount("headroom", "token")} more, ` +
    `${words.amount("required", "token")} are needed: run \`leasehold tenant approve --more ` +
    `${words.option(words.number("required") - words.number("headroom"), "token")}\``,
  "EscrowInsufficientLocked(address module, address token, address account, uint256 locked, uint256 required)": (
    words,
  ) =>
    `${words.who("module")} holds ${words.amount("locked", "token")} of ${words.whose("account")} money, ` +
    `${words.amount("required", "token")} are to be released`,
  "EscrowModuleNotApproved(address module, address token, address account)": (words) =>
    `${words.who("account")} never approved ${words.who("module")} for ${words.token("token")}, so nobody else's money can ` +
    `be locked for it there: approve it once, for any amount: \`leasehold tenant approve ${words.option(0n, "token")}\``,
  "EscrowLockTooLarge(address module, address token, address account, uint256 room, uint256 required)": (words) =>
    `${words.who("module")} can hold ${words.amount("room", "token")} more of ${words.whose("account")} money, ` +
    `${words.amount("required", "token")} are to be added`,
  "EscrowUnbalanced(address token, uint256 fromLocks, uint256 toFree)": (words) =>
    `a settlement takes ${words.amount("fromLocks", "token")} out of locks and adds ${words.amount("toFree", "token")} to balances`,
  "EscrowSignatureExpired(uint256 deadline, uint256 now)": (words) =>
    `the signed funding was to be used before ${words.instant("deadline")}, ${words.wait("now", "deadline")} ago: sign again`,
  "EscrowInvalidSignature(address account)": (words) =>
    `the signature is not ${words.whose("account")}, or is over another message, chain or contract`,
  "EscrowInvalidNonce(address account, uint256 expected, uint256 actual)": (words) =>
    `${words.whose("account")} next funding has nonce ${words.number("expected")}, the signature carries ` +
    `${words.number("actual")}: sign again`,
};

const STAKING: Sentences = {
  "StakingPoolNotOpened(address module, address provider)": (words) =>
    `provider ${words.who("provider")} never bonded with ${words.who("module")} itself, so nobody can add to its bond there`,
  "StakingInsufficientFree(address module, address provider, uint256 free, uint256 required)": (words) =>
    `${words.whose("provider")} bond with ${words.who("module")} has ${words.hold("free")} that are not reserved, ` +
    `${words.hold("required")} asked`,
  "StakingInsufficientReserved(address module, address provider, uint256 reserved, uint256 required)": (words) =>
    `${words.who("module")} reserved ${words.hold("reserved")} of ${words.whose("provider")} bond, ` +
    `${words.hold("required")} asked`,
  "StakingInsufficientUnbonding(address provider, uint256 unbonding, uint256 required)": (words) =>
    `${words.hold("unbonding")} are unbonding, ${words.hold("required")} asked`,
  "StakingNothingUnbonding(address provider)": () =>
    "nothing is unbonding: run `leasehold provider unbond <amount>` first",
  "StakingStillUnbonding(address provider, uint256 readyAt, uint256 now)": (words) =>
    `what is unbonding is free at ${words.instant("readyAt")}, in ${words.wait("readyAt", "now")}`,
  "StakingDelayOutOfBounds(uint256 delay, uint256 least, uint256 most)": (words) =>
    `unbonding takes ${words.duration("least")} to ${words.duration("most")}, not ${words.duration("delay")}`,
  "StakingPenaltyNotMatured(uint256 penaltyId, uint256 maturesAt, uint256 now)": (words) =>
    `penalty ${words.number("penaltyId")} pays from ${words.instant("maturesAt")} on, in ${words.wait("maturesAt", "now")}`,
  "StakingNothingToClaim(uint256 penaltyId, address caller)": (words) =>
    `penalty ${words.number("penaltyId")} has nothing, or nothing any more, for ${words.who("caller")}`,
  "StakingInvalidRecipient(address to)": (words) =>
    `${words.who("to")} cannot receive a penalty: the HOLD could never leave again`,
  "StakingZeroAmount()": () => "an amount of zero bonds, moves and unbonds nothing",
  "StakingInvalidPayees(address tenant, address challenger, address treasury)": (words) =>
    `a penalty cannot be split among tenant ${words.who("tenant")}, challenger ${words.who("challenger")} and treasury ` +
    `${words.who("treasury")}: it needs a tenant or a treasury, and has a challenger only beside both`,
};

const LIVENESS: Sentences = {
  "LivenessNotOperator(address provider, address operator, address caller)": notOperator,
  "LivenessGraceOutOfBounds(uint256 grace, uint256 least, uint256 most)": (words) =>
    `a heartbeat lasts ${words.duration("least")} to ${words.duration("most")}, not ${words.duration("grace")}`,
  "LivenessInFuture(uint256 instant, uint256 now)": (words) =>
    `${words.instant("instant")} has not come, the chain is at ${words.instant("now")}`,
  "LivenessUnknownOutage(address provider, uint256 index, uint256 outages)": (words) =>
    `provider ${words.who("provider")} had ${words.number("outages")} outages, there is no number ${words.number("index")}`,
};

const HOLD: Sentences = {
  "ERC20LocksInsufficientUnlocked(address owner, uint256 unlocked, uint256 required)": (words) =>
    `${words.who("owner")} has ${words.hold("unlocked")} that are not bonded, ${words.hold("required")} are needed`,
  "ERC20LocksNotOpened(address locker, address owner)": (words) =>
    `${words.who("owner")} never locked HOLD with ${words.who("locker")} itself, so nobody else can lock any in its account`,
  "ERC20LocksInsufficientLock(address locker, address owner, uint256 locked, uint256 required)": (words) =>
    `${words.who("locker")} locked ${words.hold("locked")} of ${words.who("owner")}, ${words.hold("required")} asked`,
};

const DEPLOYMENT: Sentences = {
  "Create3FactoryEmptyInitCode(address creator, bytes32 salt)": (words) =>
    `there is no code to create under salt ${words.text("salt")}`,
  "Create3FactorySaltUsed(address creator, bytes32 salt, address created)": (words) =>
    `${words.who("creator")} used salt ${words.text("salt")} already: see ${words.who("created")}`,
  "Create3FactoryNoCodeLeft(address creator, bytes32 salt, address created)": (words) =>
    `the code for salt ${words.text("salt")} ran and left no contract at ${words.who("created")}`,
};

/** All errors, by the contract or standard that declares them. A new error without a sentence fails a test. */
export const SENTENCES: Readonly<Record<string, Sentences>> = {
  Market: { ...MARKET, ...LEASE_CHANGES, ...LEASE_CLAIMS },
  StandingOrders: STANDING_ORDERS,
  Quotes: QUOTES,
  Disputes: DISPUTES,
  Council: COUNCIL,
  Governor: GOVERNOR,
  Timelock: TIMELOCK,
  Guardian: GUARDIAN,
  Escrow: ESCROW,
  Staking: STAKING,
  Liveness: LIVENESS,
  Hold: HOLD,
  Create3Factory: DEPLOYMENT,
  ...OPENZEPPELIN,
};
