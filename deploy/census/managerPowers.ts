import { formatDuration, formatInstant } from "../../sdk/units";
import { type RoleName, ROLES } from "../../sdk/roles";
import { type RestrictedFunction, ROLE_HOLDERS } from "../roles";
import type { DelayFact, ManagerFacts, Origin, RoleMember } from "./facts";
import { Judge, NOBODY, type Power } from "./judging";
import { roleName } from "./names";

/** A line of the role map, with the selector that the AccessManager knows the function by. */
export type MappedFunction = RestrictedFunction & { readonly selector: string };

/** The power that the deployer has until it steps down. */
export const ADMIN = `role ${roleName(ROLES.admin)}`;

const NO_DELAY = "no delay, now or later";

/** A delay, and what it changes to, in words: `2d, 136y from ... on`. */
function delayWords({ seconds, pending }: DelayFact): string {
  const later =
    pending === undefined ? "" : `, ${formatDuration(pending.seconds)} from ${formatInstant(pending.from)} on`;
  return `${formatDuration(seconds)}${later}`;
}

/** What the AccessManager lets whom do, and after which delays. */
export class ManagerJudge extends Judge {
  powers(map: readonly MappedFunction[]): Power[] {
    const { manager } = this.facts;
    return [...this.roles(manager), ...this.functions(manager, map), ...this.targets(manager), ...this.delays(manager)];
  }

  private roles({ members, absent, admins, guardians }: ManagerFacts): Power[] {
    const relation = (what: string, found: string) => (line: { role: bigint; by: bigint; origin: Origin }) =>
      this.power({
        what: `${what} role ${roleName(line.role)}`,
        holder: this.holdersOf(line.by),
        found: `AccessManager: ${found}`,
        origin: line.origin,
        expected: line.by === ROLES.admin,
      });
    return [
      ...members.map((member) => this.member(member)),
      ...absent.flatMap(({ role, holder, origin }) => {
        // Until the deployer steps down it is admin, and not yet the timelock.
        if (role === ROLES.admin && !this.facts.handedOver) return [];
        return this.power({
          what: `role ${roleName(role)}: ${holder} does not have it`,
          holder: NOBODY,
          found: "AccessManager: RoleRevoked, getAccess",
          origin,
          expected: false,
          meant: holder,
        });
      }),
      ...admins.map(relation("grant", "RoleAdminChanged, getRoleAdmin")),
      ...guardians.map(relation("cancel what is announced by", "RoleGuardianChanged, getRoleGuardian")),
    ];
  }

  private member({ role, holder, since, delay, pending, origin }: RoleMember): Power {
    const [name] = Object.entries(ROLES).find(([, id]) => id === role) ?? [];
    const meant = this.is(holder, ...(name === undefined ? [] : ROLE_HOLDERS[name as RoleName]));
    const words = [
      ...(since > this.facts.now ? [`from ${formatInstant(since)} on`] : []),
      ...(delay === 0n ? [] : [`announced ${delay} s before`]),
      ...(pending === undefined
        ? []
        : [`announced ${pending.seconds} s before from ${formatInstant(pending.from)} on`]),
    ];
    return this.power({
      what: [`role ${roleName(role)}`, ...words].join(", "),
      holder,
      found: "AccessManager: RoleGranted, getAccess",
      origin,
      expected: meant && words.length === 0,
      meant: meant ? `at once, with ${NO_DELAY}` : undefined,
    });
  }

  private functions({ functions }: ManagerFacts, map: readonly MappedFunction[]): Power[] {
    const { at } = this.facts;
    return functions.flatMap(({ target, selector, role, origin }) => {
      const line = map.find((known) => at[known.contract] === target && known.selector === selector);
      if (line === undefined && role === ROLES.admin) return [];
      const what = line === undefined ? `call ${selector} of ${target}` : `call ${line.contract}.${line.name}`;
      const expected = line !== undefined && ROLES[line.role] === role;
      const found = "AccessManager: TargetFunctionRoleUpdated, getTargetFunctionRole";
      return this.power({ what, holder: this.holdersOf(role), found, origin, expected });
    });
  }

  private targets({ closed, scheduled }: ManagerFacts): Power[] {
    return [
      ...closed.map(({ target, origin }) =>
        this.power({
          what: `call restricted functions of ${target}: it is closed`,
          holder: NOBODY,
          found: "AccessManager: TargetClosed, isTargetClosed",
          origin,
          expected: false,
          meant: "open",
        }),
      ),
      ...scheduled.map(({ operation, caller, target, origin }) => {
        const what = `announced a call of ${target} (${operation})`;
        const found = "AccessManager: OperationScheduled, getSchedule";
        if (origin !== "deployment") return this.information(what, caller, found);
        const meant = "nothing announced before the handover: cancel it";
        return this.power({ what, holder: caller, found, origin, expected: false, meant });
      }),
    ];
  }

  private delays({ delays, grantDelays }: ManagerFacts): Power[] {
    const delayed = (subject: string, found: string, delay: DelayFact): Power =>
      this.power({
        what: `${subject}, which counts after ${delayWords(delay)}`,
        holder: this.holdersOf(ROLES.admin),
        found: `AccessManager: ${found}`,
        origin: delay.origin,
        expected: false,
        meant: NO_DELAY,
      });
    return [
      ...delays.map(({ target, ...delay }) =>
        delayed(`change who may call ${target}`, "TargetAdminDelayUpdated, getTargetAdminDelay", delay),
      ),
      ...grantDelays.map(({ role, ...delay }) =>
        delayed(`grant role ${roleName(role)}`, "RoleGrantDelayChanged, getRoleGrantDelay", delay),
      ),
    ];
  }
}
