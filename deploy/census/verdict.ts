import { formatEther, getAddress, ZeroAddress } from "ethers";

import { formatSetting, SETTINGS } from "../../sdk/governance/settings";
import { type RoleName, ROLES } from "../../sdk/roles";
import { type RestrictedFunction, ROLE_HOLDERS } from "../roles";
import type { ContractFacts, Facts, Origin } from "./facts";
import { PUBLIC_ROLE, roleName, TIMELOCK_ROLES, timelockRoleName } from "./names";

/**
 * What there is to say of a power. Information is no power: what users allowed, what waits, who holds HOLD.
 * Everything from `deployer` on fails the census.
 */
export type Standing = "as deployed" | "changed by governance" | "information" | "deployer" | "stranger" | "unreadable";

/** Something that somebody can do. */
export interface Power {
  readonly what: string;
  /** An address, `nobody`, `anybody`, `unknown`, or the name of a role. */
  readonly holder: string;
  /** Where it was read. */
  readonly found: string;
  readonly standing: Standing;
  /** Whether it reaches the money of the escrow's users. */
  readonly overEscrow: boolean;
}

export interface Verdict {
  readonly powers: readonly Power[];
  /** How many powers there are over money in escrow. */
  readonly overEscrow: number;
  readonly ofDeployer: number;
  readonly ofStrangers: number;
  readonly changedByGovernance: number;
  readonly unreadable: number;
  /** Neither the deployer nor a stranger can do anything, nobody can do anything to the escrow, and all of it was read. */
  readonly sound: boolean;
}

export const NOBODY = "nobody";
export const ANYBODY = "anybody";

type Claim = Omit<Power, "standing" | "overEscrow"> & {
  readonly origin: Origin;
  /** Whether the deployment is meant to leave it so. */
  readonly expected: boolean;
  readonly overEscrow?: boolean;
};

class Judge {
  constructor(private readonly facts: Facts) {}

  private power({ origin, expected, overEscrow = false, ...told }: Claim): Power {
    const standing: Standing =
      told.holder === this.facts.deployer
        ? "deployer"
        : expected
          ? "as deployed"
          : origin === "timelock"
            ? "changed by governance"
            : "stranger";
    return { ...told, standing, overEscrow };
  }

  private information(what: string, holder: string, found: string): Power {
    return { what, holder, found, standing: "information", overEscrow: false };
  }

  /** Whether the holder is one of these contracts. */
  private is(holder: string, ...names: readonly (keyof Facts["at"])[]): boolean {
    return names.some((name) => this.facts.at[name] === holder);
  }

  // ------------------------------------------------------------------------------------------- AccessManager

  roles(): Power[] {
    const { manager } = this.facts;
    const members = manager.members.map(({ role, holder, delay, origin }) => {
      const [name] = Object.entries(ROLES).find(([, id]) => id === role) ?? [];
      const holders = name === undefined ? [] : ROLE_HOLDERS[name as RoleName];
      const announced = delay === 0n ? "" : `, announced ${delay} s before`;
      return this.power({
        what: `role ${roleName(role)}${announced}`,
        holder,
        found: "AccessManager: RoleGranted, getAccess",
        origin,
        expected: this.is(holder, ...holders),
      });
    });
    const relation = (what: string, found: string) => (line: { role: bigint; by: bigint; origin: Origin }) =>
      this.power({
        what: `${what} role ${roleName(line.role)}`,
        holder: this.holdersOf(line.by),
        found: `AccessManager: ${found}`,
        origin: line.origin,
        expected: line.by === ROLES.admin,
      });
    return [
      ...members,
      ...manager.admins.map(relation("grant", "RoleAdminChanged, getRoleAdmin")),
      ...manager.guardians.map(relation("cancel what is announced by", "RoleGuardianChanged, getRoleGuardian")),
    ];
  }

  functions(map: readonly MappedFunction[]): Power[] {
    const { at, manager } = this.facts;
    return manager.functions.flatMap(({ target, selector, role, origin }) => {
      const line = map.find((known) => at[known.contract] === target && known.selector === selector);
      if (line === undefined && role === ROLES.admin) return [];
      const what = line === undefined ? `call ${selector} of ${target}` : `call ${line.contract}.${line.name}`;
      const expected = line !== undefined && ROLES[line.role] === role;
      const found = "AccessManager: TargetFunctionRoleUpdated, getTargetFunctionRole";
      return this.power({ what, holder: this.holdersOf(role), found, origin, expected });
    });
  }

  targets(): Power[] {
    const { closed, delays, scheduled } = this.facts.manager;
    return [
      ...closed.map(({ target, origin }) =>
        this.power({
          what: `call restricted functions of ${target}: it is closed`,
          holder: NOBODY,
          found: "AccessManager: TargetClosed, isTargetClosed",
          origin,
          expected: false,
        }),
      ),
      ...delays.map(({ target, seconds, origin }) =>
        this.power({
          what: `change who may call ${target}, ${seconds} s before it counts`,
          holder: this.holdersOf(ROLES.admin),
          found: "AccessManager: TargetAdminDelayUpdated, getTargetAdminDelay",
          origin,
          expected: false,
        }),
      ),
      ...scheduled.map(({ operation, caller, target }) =>
        this.information(`announced a call of ${target} (${operation})`, caller, "AccessManager: getSchedule"),
      ),
    ];
  }

  /** A role in the words of its members. */
  private holdersOf(role: bigint): string {
    if (role === PUBLIC_ROLE) return ANYBODY;
    return `role ${roleName(role)}`;
  }

  // ----------------------------------------------------------------------------------- timelock and governor

  timelock(): Power[] {
    const { members, admins, pending } = this.facts.timelock;
    return [
      ...members.map(({ role, holder, origin }) =>
        this.power({
          what: `timelock: ${timelockRoleName(role)}`,
          holder: holder === ZeroAddress ? ANYBODY : holder,
          found: "Timelock: RoleGranted, hasRole",
          origin,
          expected: this.is(holder, ...(TIMELOCK_ROLES.find(({ id }) => id === role)?.holders ?? [])),
        }),
      ),
      ...admins.map(({ role, by, origin }) =>
        this.power({
          what: `timelock: grant ${timelockRoleName(role)}`,
          holder: `timelock role ${timelockRoleName(by)}`,
          found: "Timelock: RoleAdminChanged, getRoleAdmin",
          origin,
          expected: false,
        }),
      ),
      ...pending.map(({ operation, readyAt }) => {
        const when = new Date(Number(readyAt) * 1_000).toISOString();
        const what = `operation ${operation} can be executed from ${when} on`;
        return this.information(what, this.facts.at.governor, "Timelock: CallScheduled, getTimestamp");
      }),
    ];
  }

  governor(): Power[] {
    const { governor, settings, at } = this.facts;
    return [
      this.power({
        what: "vote on proposals",
        holder: governor.token === at.hold ? "holders of HOLD" : governor.token,
        found: "HoldGovernor: token",
        origin: "elsewhere",
        expected: governor.token === at.hold,
      }),
      this.power({
        what: "execute proposals",
        holder: governor.timelock,
        found: "HoldGovernor: timelock",
        origin: "elsewhere",
        expected: this.is(governor.timelock, "timelock"),
      }),
      ...governor.tribunals.map(({ holder, origin }) =>
        this.power({
          what: "have appeals proposed without a threshold",
          holder,
          found: "HoldGovernor: TribunalSet, isTribunal",
          origin,
          expected: this.is(holder, "disputes"),
        }),
      ),
      ...settings.map(({ key, value, deployed, least, most }) => {
        const within = value >= least && value <= most;
        const [now, from, to] = [value, least, most].map((number) => formatSetting(key, number));
        return this.power({
          what: `set the ${SETTINGS[key].words}, now ${now}, between ${from} and ${to}`,
          holder: within ? at.timelock : "whoever passed its bounds",
          found: key === "timelockDelay" ? "Timelock: getMinDelay" : "HoldGovernor: settings",
          origin: within ? "timelock" : "elsewhere",
          expected: within && value === deployed,
        });
      }),
    ];
  }

  // --------------------------------------------------------------------------- guardian, council, parameters

  offices(): Power[] {
    const { guardian, council, foundingMembers, rules, terms, at } = this.facts;
    const money = (what: string, holder: string, found: string, origin: Origin): Power =>
      this.power({ what, holder, found, origin, expected: holder === at.timelock });
    return [
      this.power({
        what: `pause new leases and offers once${guardian.used ? " (used)" : ""}`,
        holder: guardian.holder === ZeroAddress ? NOBODY : guardian.holder,
        found: "Guardian: GuardianSeated, guardian, used",
        origin: guardian.origin,
        expected: guardian.origin === "deployment",
      }),
      ...council.map(({ holder, origin }) =>
        this.power({
          what: "rule on disputes, as one of the council",
          holder,
          found: "Council: Seated, seatedSince",
          origin,
          expected: origin === "deployment" && (foundingMembers?.includes(holder) ?? true),
        }),
      ),
      money("decide appeals", rules.appealAuthority, `Disputes: rules ${rules.version}`, rules.origin),
      money("receive fees and penalties of disputes", rules.treasury, `Disputes: rules ${rules.version}`, rules.origin),
      money("receive fees and penalties of leases", terms.treasury, `Market: terms ${terms.version}`, terms.origin),
    ];
  }

  // --------------------------------------------------------------------------------------- contracts, escrow

  contracts(managed: readonly string[]): Power[] {
    const { contracts } = this.facts;
    const isClean = ({ asRecorded, owner, slots }: ContractFacts): boolean =>
      asRecorded && owner === undefined && slots.length === 0;
    const clean = contracts.filter(isClean).map(({ name }) => name);
    const authorities = contracts.map((contract) => this.authority(contract, managed.includes(contract.name)));
    return [
      ...authorities.flat(),
      ...contracts.flatMap((contract) => this.owners(contract)),
      ...this.nobody(`own or replace ${clean.join(", ")}`, clean),
    ];
  }

  escrow(): Power[] {
    const escrow = this.facts.contracts.find(({ name }) => name === "escrow");
    const open = escrow?.asRecorded === true && escrow.owner === undefined && escrow.authority === undefined;
    return open && escrow.slots.length === 0
      ? this.nobody("move what others have in escrow, but modules by what each account approved", ["escrow"])
      : [];
  }

  private nobody(what: string, contracts: readonly string[]): Power[] {
    if (contracts.length === 0) return [];
    const found = `no owner()${contracts.length === 1 ? ", no authority()" : ""}, EIP-1967 slots empty, code as recorded`;
    return [{ what, holder: NOBODY, found, standing: "as deployed", overEscrow: false }];
  }

  /** Who says who may call the restricted functions of a contract; a contract that has none must ask nobody. */
  private authority({ name, authority }: ContractFacts, managed: boolean): Power[] {
    if (authority === undefined && !managed) return [];
    return [
      this.power({
        what: `say who may call restricted functions of ${name}`,
        holder: authority?.holder ?? "unknown",
        found: authority === undefined ? "authority() does not answer" : "AuthorityUpdated, authority",
        origin: authority?.origin ?? "elsewhere",
        expected: managed && authority !== undefined && this.is(authority.holder, "accessManager"),
        overEscrow: name === "escrow",
      }),
    ];
  }

  /** Whoever could own a contract or put other code behind it: nobody should. */
  private owners({ name, asRecorded, owner, slots }: ContractFacts): Power[] {
    const claims = [
      ...(asRecorded
        ? []
        : [
            {
              what: `wrote the code of ${name}`,
              holder: "unknown",
              found: "getCode: not what the address book records",
            },
          ]),
      ...(owner === undefined ? [] : [{ what: `own ${name}`, holder: owner, found: "owner()" }]),
      ...slots.map(({ name: slot, value }) => {
        const holder = getAddress(`0x${value.slice(-40)}`);
        return { what: `be the ${slot} of ${name}`, holder, found: "getStorage, EIP-1967" };
      }),
    ];
    const overEscrow = name === "escrow";
    return claims.map((claim) => this.power({ ...claim, origin: "elsewhere", expected: false, overEscrow }));
  }

  entrusted(): Power[] {
    const { modules, lockers, votesOfDeployer, deployer, at } = this.facts;
    const of = (accounts: number): string => `${accounts} ${accounts === 1 ? "account" : "accounts"}`;
    const own = (holder: string): string => (Object.values<string>(at).includes(holder) ? "" : ", by their own choice");
    return [
      ...modules.map(({ holder, accounts }) => {
        const what = `hold escrowed money of ${of(accounts)}, up to what each approved${own(holder)}`;
        return this.information(what, holder, "Escrow: ModuleApproved");
      }),
      ...lockers.map(({ holder, accounts }) => {
        const what = `hold locked HOLD of ${of(accounts)}, out of what each allowed${own(holder)}`;
        return this.information(what, holder, "Hold: Locked");
      }),
      ...(votesOfDeployer === 0n
        ? []
        : [
            this.information(
              `${formatEther(votesOfDeployer)} votes, as any holder of HOLD`,
              deployer,
              "Hold: getVotes",
            ),
          ]),
    ];
  }

  unread(): Power[] {
    return this.facts.unread.map(({ what, why }) => ({
      what,
      holder: "unknown",
      found: why,
      standing: "unreadable",
      overEscrow: false,
    }));
  }
}

/** A line of the role map, with the selector that the AccessManager knows the function by. */
export type MappedFunction = RestrictedFunction & { readonly selector: string };

/** What the facts say: every power, who holds it, and whether that is as it should be. Pure. */
export function judge(facts: Facts, map: readonly MappedFunction[]): Verdict {
  const judging = new Judge(facts);
  const powers = [
    ...judging.roles(),
    ...judging.functions(map),
    ...judging.targets(),
    ...judging.timelock(),
    ...judging.governor(),
    ...judging.offices(),
    ...judging.contracts(map.map(({ contract }) => contract)),
    ...judging.escrow(),
    ...judging.entrusted(),
    ...judging.unread(),
  ];
  const count = (is: (power: Power) => boolean): number => powers.filter(is).length;
  const of = (standing: Standing): number => count((power) => power.standing === standing);
  const overEscrow = count((power) => power.overEscrow);
  const [ofDeployer, ofStrangers, unreadable] = [of("deployer"), of("stranger"), of("unreadable")];
  return {
    powers,
    overEscrow,
    ofDeployer,
    ofStrangers,
    changedByGovernance: of("changed by governance"),
    unreadable,
    sound: overEscrow + ofDeployer + ofStrangers + unreadable === 0,
  };
}

const FAILURES: readonly Standing[] = ["deployer", "stranger", "unreadable"];

/** What makes a census fail. */
export function failuresOf({ powers }: Verdict): Power[] {
  return powers.filter(({ standing, overEscrow }) => overEscrow || FAILURES.includes(standing));
}
