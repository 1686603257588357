/** Names of the contracts' enums, in their order, and words for people. */

export const LEASE_STATUSES = ["None", "Pending", "Active", "Closed", "Cancelled", "Released"] as const;
export type LeaseStatus = (typeof LEASE_STATUSES)[number];

export const END_REASONS = [
  "None",
  "ClosedByTenant",
  "Expired",
  "CancelledByTenant",
  "NoShow",
  "Declined",
  "ClosedDark",
  "ExpiredAfterNotice",
  "ClosedAfterFault",
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** By whom and why a lease ended; "" while it has not. */
export const END_REASON_WORDS: Readonly<Record<EndReason, string>> = {
  None: "",
  ClosedByTenant: "closed by its tenant",
  Expired: "expired",
  CancelledByTenant: "cancelled by its tenant, not activated in time",
  NoShow: "cancelled as a no-show",
  Declined: "declined by its provider",
  ClosedDark: "closed by its tenant, its provider dark for too long",
  ExpiredAfterNotice: "expired at the end that its provider gave notice for",
  ClosedAfterFault: "closed by its tenant, after a claim on it was upheld",
};

export const MISFIT_REASONS = [
  "None",
  "OtherToken",
  "Retired",
  "PriceTooHigh",
  "RequirementUnmet",
  "DurationOutOfBounds",
  "CapacityShort",
  "LockTooSmall",
  "LockTooLarge",
  "ProviderStale",
  "BondShort",
  "QuotedOnly",
  "SameProvider",
  "SameRegion",
  "OtherProvider",
  "TokenNotListed",
] as const;
export type MisfitReason = (typeof MISFIT_REASONS)[number];
