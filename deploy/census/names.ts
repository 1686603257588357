import { id, ZeroHash } from "ethers";

import type { ContractName } from "../../sdk/addressBook";
import { ROLES } from "../../sdk/roles";

/** The AccessManager's number for "everybody". */
export const PUBLIC_ROLE = 2n ** 64n - 1n;

/** A role of the AccessManager in words: its name, or its number where it has none. */
export function roleName(role: bigint): string {
  if (role === PUBLIC_ROLE) return "public";
  const [name] = Object.entries(ROLES).find(([, known]) => known === role) ?? [];
  return name ?? String(role);
}

/** A role of the Timelock, and the contracts that are meant to hold it. */
export interface TimelockRole {
  readonly name: string;
  readonly id: string;
  readonly holders: readonly ContractName[];
}

export const TIMELOCK_ROLES: readonly TimelockRole[] = [
  { name: "administrator", id: ZeroHash, holders: ["timelock"] },
  { name: "proposer", id: id("PROPOSER_ROLE"), holders: ["governor"] },
  { name: "canceller", id: id("CANCELLER_ROLE"), holders: ["governor"] },
  { name: "executor", id: id("EXECUTOR_ROLE"), holders: ["governor"] },
];

/** A role of the Timelock in words. */
export function timelockRoleName(role: string): string {
  return TIMELOCK_ROLES.find((known) => known.id === role)?.name ?? `role ${role}`;
}
