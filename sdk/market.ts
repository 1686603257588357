/** Names of the contracts' enums, in their order. */

export const LEASE_STATUSES = ["None", "Pending", "Active", "Closed", "Cancelled", "Released"] as const;
export type LeaseStatus = (typeof LEASE_STATUSES)[number];

export const END_REASONS = ["None", "ClosedByTenant", "Expired", "CancelledByTenant", "NoShow", "Declined"] as const;
export type EndReason = (typeof END_REASONS)[number];

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
  "ProviderDark",
  "BondShort",
] as const;
export type MisfitReason = (typeof MISFIT_REASONS)[number];
