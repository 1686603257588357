/** Roles of the AccessManager. */
export const ROLES = {
  /** May do everything that is gated, and grant every role. AccessManager's own number for it. */
  admin: 0n,
  /** May pause new leases and new offers, and nothing else. */
  guardian: 1n,
} as const;

export type RoleName = keyof typeof ROLES;
