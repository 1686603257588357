import type { Sentences } from "./words";

/** What the market says where a running lease is to be changed: extended, resized, noticed, transferred, renewed. */
export const LEASE_CHANGES: Sentences = {
  "MarketExtensionOutOfBounds(uint96 leaseId, uint256 duration, uint256 most)": (words) =>
    words.number("duration") > words.number("most")
      ? `${words.lease("leaseId")} would last ${words.duration("duration")} from its start, its offer allows ` +
        `${words.duration("most")}: extend it by less`
      : `${words.lease("leaseId")} lasts ${words.duration("duration")} already: extend it by a second at least`,
  "MarketOtherTenant(uint96 leaseId, address tenant, address named)": (words) =>
    `the tenant of ${words.lease("leaseId")} is ${words.who("tenant")}, not ${words.who("named")}: look at the lease ` +
    "again before you pay for its time",
  "MarketCostTooHigh(uint96 leaseId, uint256 most, uint256 cost)": (words) =>
    `changing ${words.lease("leaseId")} so locks ${words.amount("cost")} more, ${words.amount("most")} are allowed: ` +
    "see --max-cost",
  "MarketLeaseNoticed(uint96 leaseId)": (words) =>
    `the provider gave notice for ${words.lease("leaseId")}: it is neither extended nor renewed, and does not grow`,
  "MarketNoticeOutOfBounds(uint96 leaseId, uint256 end, uint256 least, uint256 most)": (words) =>
    `a notice can end ${words.lease("leaseId")} from ${words.instant("least")} to ${words.instant("most")}, ` +
    `not at ${words.instant("end")}`,
  "MarketUnitsUnchanged(uint96 leaseId, uint256 units)": (words) =>
    words.number("units") === 0n
      ? `${words.lease("leaseId")} cannot shrink to nothing: close it instead`
      : `${words.lease("leaseId")} has ${words.number("units")} units already`,
  "MarketTooEarlyToShrink(uint96 leaseId, uint256 from, uint256 now)": (words) =>
    `${words.lease("leaseId")} can shrink from ${words.instant("from")} on, in ${words.wait("from", "now")}: once its ` +
    "minimum duration has passed, and not in the second in which it grew",
  "MarketPriceTooHigh(uint64 offerId, uint256 most, uint256 price)": (words) =>
    `${words.offer("offerId")} costs ${words.price(words.number("price"))}, at most ` +
    `${words.price(words.number("most"))} is allowed: see --max-price`,
  "MarketRateTooLarge(uint96 leaseId, uint256 rate, uint256 most)": (words) =>
    `with these units ${words.lease("leaseId")} would cost ${words.price(words.number("rate"))} in all, a lease holds ` +
    `${words.price(words.number("most"))} at most: add fewer`,
  "MarketProviderStale(address provider)": (words) =>
    `provider ${words.who("provider")} had no heartbeat for half of the grace, or longer: no lease is opened or grows on it ` +
    "until it has one",
  "MarketBeyondAllowance(uint96 leaseId, uint256 dark, uint256 allowed)": (words) =>
    `the provider was dark for ${words.duration("dark")} of ${words.lease("leaseId")}, ${words.duration("allowed")} are ` +
    "allowed: the lease does not grow any more",
  "MarketCapacityShort(uint64 offerId, uint256 left, uint256 required)": (words) =>
    `${words.offer("offerId")} has ${words.number("left")} ${words.number("left") === 1n ? "unit" : "units"} left, ` +
    `${words.number("required")} more asked`,
  "MarketBondShort(address provider, uint256 free, uint256 required)": (words) =>
    `provider ${words.who("provider")} has ${words.hold("free")} free for collateral, ${words.hold("required")} more ` +
    "are needed",
  "MarketNotRecipient(uint96 leaseId, address recipient, address caller)": (words) =>
    /^0x0{40}$/.test(words.text("recipient"))
      ? `${words.lease("leaseId")} is offered to nobody`
      : `${words.lease("leaseId")} is offered to ${words.who("recipient")}, not to ${words.who("caller")}`,
  "MarketLockedTooLow(uint96 leaseId, uint256 least, uint256 locked)": (words) =>
    `${words.amount("locked")} are locked for ${words.lease("leaseId")}, you ask for ${words.amount("least")} at least: ` +
    "its tenant may have shrunk it, or its provider collected; see --min-locked",
  "MarketOfferQuotedOnly(uint64 offerId)": (words) =>
    `units of ${words.offer("offerId")} are leased by signed quotes alone: ask its provider for one`,
  "MarketBountyUnpaid(address token, address tenant, uint256 bounty)": (words) =>
    `the bounty of ${words.amount("bounty", "token")} cannot be paid: ${words.whose("tenant")} free balance, or what ` +
    "the market may lock of it, is too low",
};
