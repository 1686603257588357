/** Roles of the AccessManager. */
export const ROLES = {
  /** May do everything that is gated, and grant every role: the timelock alone. AccessManager's own number for it. */
  admin: 0n,
  /** May pause new leases and new offers, and nothing else: the contract Guardian alone. */
  guardian: 1n,
} as const;

export type RoleName = keyof typeof ROLES;
