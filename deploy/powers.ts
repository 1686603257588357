import { ROLES, type RoleName } from "../sdk/roles";
import { collectLogs } from "./logs";
import { ROLE_HOLDERS } from "./roles";
import type { Stage } from "./scene";

/** Somebody who holds a role of the AccessManager now. */
export interface Power {
  /** Name of the role, or its number where the plan knows none. */
  readonly role: string;
  readonly account: string;
  /** Whether the role map gives this account this role. */
  readonly expected: boolean;
}

/**
 * Census of powers: everybody who holds any role, found in the AccessManager's whole history and then asked of the
 * chain as it is now.
 */
export async function census(stage: Stage, fromBlock: number): Promise<Power[]> {
  const { provider, at, contracts } = stage;
  const { accessManager } = contracts;
  const granted = accessManager.interface.getEvent("RoleGranted");
  const head = await provider.getBlockNumber();
  const logs = await collectLogs(provider, { address: at.accessManager, topics: [granted.topicHash] }, fromBlock, head);
  const grants = new Map(
    logs.map((log) => {
      const { roleId, account } = accessManager.interface.decodeEventLog(granted, log.data, log.topics);
      return [`${String(roleId)} ${String(account)}`, { roleId: BigInt(roleId), account: String(account) }] as const;
    }),
  );

  const names = new Map<bigint, RoleName>(Object.entries(ROLES).map(([name, id]) => [id, name as RoleName]));
  const powers = await Promise.all(
    [...grants.values()].map(async ({ roleId, account }): Promise<Power[]> => {
      // From `since` on it is a member: a grant that has yet to take effect is a power too.
      const { since } = await accessManager.getAccess(roleId, account);
      const name = names.get(roleId);
      const expected = name !== undefined && ROLE_HOLDERS[name].some((holder) => at[holder] === account);
      return since !== 0n ? [{ role: name ?? String(roleId), account, expected }] : [];
    }),
  );
  return powers.flat();
}
