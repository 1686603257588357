import { type RoleName, ROLES } from "../../sdk/roles";
import { selectorOf } from "../actions";
import { restrictedFunctions, ROLE_HOLDERS } from "../roles";
import type { History } from "./events";
import type { ManagerFacts, PendingDelay } from "./facts";
import { PUBLIC_ROLE } from "./names";
import type { Scope } from "./scope";

/** Everything of `candidates`, each once, that `read` finds something in. */
async function found<T, Line>(
  candidates: readonly T[],
  keyOf: (candidate: T) => string,
  read: (candidate: T) => Promise<Line | undefined>,
): Promise<Line[]> {
  const once = new Map(candidates.map((candidate) => [keyOf(candidate), candidate]));
  const lines = await Promise.all([...once.values()].map(read));
  return lines.filter((line) => line !== undefined);
}

/** A change of a delay that is still to come: what it changes to, and when. */
function pendingDelay(seconds: bigint, from: bigint, now: bigint): PendingDelay {
  return from > now ? { seconds, from } : undefined;
}

/**
 * What the AccessManager lets whom do: told by its events, and asked of it as it is now. It has no getter for changes
 * of target and grant delays that are still to come: the last event tells them.
 */
export async function readManager(scope: Scope, history: History, now: bigint): Promise<ManagerFacts> {
  const { at, deployer, contracts } = scope;
  const { accessManager } = contracts;
  const granted = history
    .of("accessManager", "RoleGranted")
    .map(({ args }) => ({ role: BigInt(args[0]), account: String(args[1]) }));
  const configured = (["RoleAdminChanged", "RoleGuardianChanged", "RoleGrantDelayChanged"] as const).flatMap((event) =>
    history.of("accessManager", event).map(({ args }) => BigInt(args[0])),
  );
  const roles = [...new Set([...Object.values(ROLES), ...granted.map(({ role }) => role), ...configured])];
  const meant = Object.entries(ROLE_HOLDERS).flatMap(([name, holders]) =>
    holders.map((holder) => ({ role: ROLES[name as RoleName], account: at[holder] })),
  );
  const ofDeployer = roles.map((role) => ({ role, account: deployer }));

  const members = await found(
    [...granted, ...meant, ...ofDeployer],
    ({ role, account }) => `${role} ${account}`,
    async ({ role, account }) => {
      // From `since` on it is a member: a grant that has yet to take effect is a power too.
      const [since, delay, later, effect] = await accessManager.getAccess(role, account);
      const isThis = (args: { [index: number]: unknown }): boolean => args[0] === role && args[1] === account;
      const origin = history.origin("accessManager", ["RoleGranted"], isThis);
      const pending = pendingDelay(later, effect, now);
      return since === 0n ? undefined : { role, holder: account, since, delay, pending, origin };
    },
  );
  const absent = meant
    .filter(({ role, account }) => !members.some((member) => member.role === role && member.holder === account))
    .map(({ role, account }) => {
      const isThis = (args: { [index: number]: unknown }): boolean => args[0] === role && args[1] === account;
      return { role, holder: account, origin: history.origin("accessManager", ["RoleRevoked"], isThis) };
    });

  const governed = roles.filter((role) => role !== ROLES.admin && role !== PUBLIC_ROLE);
  const relations = (event: "RoleAdminChanged" | "RoleGuardianChanged", read: (role: bigint) => Promise<bigint>) =>
    found(governed, String, async (role) => {
      const by = await read(role);
      const origin = history.origin("accessManager", [event], ([told]) => told === role);
      return by === ROLES.admin ? undefined : { role, by, origin };
    });

  const mapped = restrictedFunctions().map((line) => ({
    target: at[line.contract],
    selector: selectorOf(contracts, line),
  }));
  const given = history
    .of("accessManager", "TargetFunctionRoleUpdated")
    .map(({ args }) => ({ target: String(args[0]), selector: String(args[1]) }));
  const functions = found(
    [...mapped, ...given],
    ({ target, selector }) => `${target} ${selector}`,
    async ({ target, selector }) => {
      const role = await accessManager.getTargetFunctionRole(target, selector);
      const isThis = (args: { [index: number]: unknown }): boolean => args[0] === target && args[1] === selector;
      return { target, selector, role, origin: history.origin("accessManager", ["TargetFunctionRoleUpdated"], isThis) };
    },
  );

  const targetsOf = (event: "TargetClosed" | "TargetAdminDelayUpdated"): string[] => [
    ...Object.values<string>(at),
    ...history.of("accessManager", event).map(({ args }) => String(args[0])),
  ];
  const closed = found(targetsOf("TargetClosed"), String, async (target) => {
    const origin = history.origin("accessManager", ["TargetClosed"], ([told]) => told === target);
    return (await accessManager.isTargetClosed(target)) ? { target, origin } : undefined;
  });
  const delayOf = async (
    event: "TargetAdminDelayUpdated" | "RoleGrantDelayChanged",
    subject: string | bigint,
    read: Promise<bigint>,
  ) => {
    const last = history.of("accessManager", event).findLast(({ args }) => args[0] === subject);
    const pending = last === undefined ? undefined : pendingDelay(BigInt(last.args[1]), BigInt(last.args[2]), now);
    const seconds = await read;
    if (seconds === 0n && (pending?.seconds ?? 0n) === 0n) return undefined;
    return { seconds, pending, origin: last?.origin ?? "deployment" };
  };
  const delays = found(targetsOf("TargetAdminDelayUpdated"), String, async (target) => {
    const delay = await delayOf("TargetAdminDelayUpdated", target, accessManager.getTargetAdminDelay(target));
    return delay === undefined ? undefined : { target, ...delay };
  });
  const grantDelays = found(roles, String, async (role) => {
    const delay = await delayOf("RoleGrantDelayChanged", role, accessManager.getRoleGrantDelay(role));
    return delay === undefined ? undefined : { role, ...delay };
  });

  const announced = history.of("accessManager", "OperationScheduled").map(({ args, origin }) => ({
    operation: String(args["operationId"]),
    caller: String(args["caller"]),
    target: String(args["target"]),
    origin,
  }));
  const scheduled = found(
    announced,
    ({ operation }) => operation,
    async (line) => ((await accessManager.getSchedule(line.operation)) === 0n ? undefined : line),
  );

  return {
    members,
    absent,
    admins: await relations("RoleAdminChanged", (role) => accessManager.getRoleAdmin(role)),
    guardians: await relations("RoleGuardianChanged", (role) => accessManager.getRoleGuardian(role)),
    functions: await functions,
    closed: await closed,
    delays: await delays,
    grantDelays: await grantDelays,
    scheduled: await scheduled,
  };
}
