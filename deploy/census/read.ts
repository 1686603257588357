import { dataLength, dataSlice, getAddress, id, keccak256, type Provider, toBeHex, ZeroHash } from "ethers";

import { explainError } from "../../sdk/errors";
import { SETTINGS } from "../../sdk/governance/settings";
import { History, readHistory } from "./events";
import type { ContractFacts, Entrusted, Facts, Held, TimelockFacts } from "./facts";
import { readManager } from "./manager";
import { TIMELOCK_ROLES } from "./names";
import type { Scope } from "./scope";

/** Slots of EIP-1967: keccak256 of the name, less one. */
const SLOTS = ["implementation", "admin", "beacon"].map((name) => ({
  name,
  slot: toBeHex(BigInt(id(`eip1967.proxy.${name}`)) - 1n, 32),
}));
const OWNER = id("owner()").slice(0, 10);
const AUTHORITY = id("authority()").slice(0, 10);

/** Why something failed; ethers' long messages name the endpoint, and with it often its key. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "shortMessage" in error && typeof error.shortMessage === "string" ? error.shortMessage : error.message;
}

/** Keeps what cannot be read from hiding the rest. */
class Attempts {
  readonly unread: { what: string; why: string }[] = [];

  async read<T>(what: string, otherwise: T, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      this.fail(what, reasonOf(error));
      return otherwise;
    }
  }

  fail(what: string, why: string): void {
    this.unread.push({ what, why });
  }
}

/** Reads all that a census judges, from events and from storage. Never throws for what a node does not tell: see `unread`. */
export async function readFacts(scope: Scope): Promise<Facts> {
  const { contracts, at, deployer, foundingMembers } = scope;
  const { governor, guardian, disputes, market, hold } = contracts;
  const attempts = new Attempts();
  const history = await attempts.read("the history of all powers", new History([]), () => readHistory(scope));
  if (history.of("accessManager", "RoleGranted").length === 0) {
    attempts.fail("the history of all powers", "the node does not serve the first event of the AccessManager");
  }

  const [manager, timelock, voting, settings, seat, council, rules, terms, code, votesOfDeployer] = await Promise.all([
    attempts.read("roles of the AccessManager", NO_MANAGER, () => readManager(scope, history)),
    attempts.read("roles of the Timelock", NO_TIMELOCK, () => readTimelock(scope, history)),
    attempts.read("the governor", { token: "unknown", timelock: "unknown", tribunals: [] }, async () => ({
      token: await governor.token(),
      timelock: await governor.timelock(),
      tribunals: await stillHeld(
        history.of("governor", "TribunalSet").map(({ args }) => String(args[0])),
        (tribunal) => governor.isTribunal(tribunal),
        (tribunal) => history.origin("governor", ["TribunalSet"], ([told]) => told === tribunal),
      ),
    })),
    attempts.read("settings of governance", [], () => readSettings(scope)),
    attempts.read("the guardian", NO_GUARDIAN, async () => ({
      holder: await guardian.guardian(),
      used: await guardian.used(),
      origin: history.origin("guardian", ["GuardianSeated"]),
    })),
    attempts.read("the council", [], () => readCouncil(scope, history, attempts)),
    attempts.read("rules of disputes", NO_RULES, async () => {
      const version = await disputes.currentRules();
      const { appealAuthority, treasury } = await disputes.rulesOf(version);
      return { version, appealAuthority, treasury, origin: history.origin("disputes", ["RulesPublished"]) };
    }),
    attempts.read("terms of leases", NO_TERMS, async () => {
      const version = await market.currentTermsVersion();
      const { treasury } = await market.termsOf(version);
      return { version, treasury, origin: history.origin("market", ["TermsPublished"]) };
    }),
    Promise.all(
      Object.keys(at).map((name) =>
        attempts.read<ContractFacts | undefined>(`code and storage of ${name}`, undefined, () =>
          readContract(scope, history, name as keyof typeof at),
        ),
      ),
    ),
    attempts.read("votes of the deployer", 0n, () => hold.getVotes(deployer)),
  ]);
  return {
    at,
    deployer,
    foundingMembers,
    manager,
    timelock,
    governor: voting,
    settings,
    guardian: seat,
    council,
    rules,
    terms,
    contracts: code.filter((facts) => facts !== undefined),
    modules: entrusted(history.of("escrow", "ModuleApproved").map(({ args }) => [String(args[0]), String(args[2])])),
    lockers: entrusted(history.of("hold", "Locked").map(({ args }) => [String(args[0]), String(args[1])])),
    votesOfDeployer,
    unread: attempts.unread,
  };
}

const NO_MANAGER = { members: [], admins: [], guardians: [], functions: [], closed: [], delays: [], scheduled: [] };
const NO_TIMELOCK: TimelockFacts = { members: [], admins: [], pending: [] };
const NO_GUARDIAN: Facts["guardian"] = { holder: "unknown", used: false, origin: "deployment" };
const NO_RULES: Facts["rules"] = { version: 0n, appealAuthority: "unknown", treasury: "unknown", origin: "deployment" };
const NO_TERMS: Facts["terms"] = { version: 0n, treasury: "unknown", origin: "deployment" };

/** Those of the candidates, each once, who hold it now. */
async function stillHeld(
  candidates: readonly string[],
  holds: (candidate: string) => Promise<boolean>,
  originOf: (candidate: string) => Held["origin"],
): Promise<Held[]> {
  const held = await Promise.all(
    [...new Set(candidates)].map(async (holder) =>
      (await holds(holder)) ? [{ holder, origin: originOf(holder) }] : [],
    ),
  );
  return held.flat();
}

async function readTimelock({ contracts, at, deployer }: Scope, history: History): Promise<TimelockFacts> {
  const { timelock } = contracts;
  const granted = history.of("timelock", "RoleGranted").map(({ args }) => [String(args[0]), String(args[1])] as const);
  const roles = [...new Set([...TIMELOCK_ROLES.map((role) => role.id), ...granted.map(([role]) => role)])];
  const members = roles.map(async (role) => {
    const meant = TIMELOCK_ROLES.find((known) => known.id === role)?.holders.map((name) => at[name]) ?? [];
    const told = granted.flatMap(([given, account]) => (given === role ? [account] : []));
    const held = await stillHeld(
      [...meant, deployer, ...told],
      (account) => timelock.hasRole(role, account),
      (account) => history.origin("timelock", ["RoleGranted"], (args) => args[0] === role && args[1] === account),
    );
    return held.map((line) => ({ role, ...line }));
  });
  const admins = roles.map(async (role) => {
    const by = await timelock.getRoleAdmin(role);
    const origin = history.origin("timelock", ["RoleAdminChanged"], (args) => args[0] === role);
    return by === ZeroHash ? [] : [{ role, by, origin }];
  });
  const operations = new Set(history.of("timelock", "CallScheduled").map(({ args }) => String(args[0])));
  const pending = [...operations].map(async (operation) => {
    const readyAt = await timelock.getTimestamp(operation);
    return readyAt > 1n ? [{ operation, readyAt }] : []; // 0: cancelled, 1: done
  });
  return {
    members: (await Promise.all(members)).flat(),
    admins: (await Promise.all(admins)).flat(),
    pending: (await Promise.all(pending)).flat(),
  };
}

async function readSettings({ contracts, deployed }: Scope): Promise<Facts["settings"]> {
  const { governor, timelock } = contracts;
  const values = await Promise.all([
    governor.votingDelay(),
    governor.votingPeriod(),
    governor.proposalThreshold(),
    governor["quorumNumerator()"](),
    governor.lateQuorumVoteExtension(),
    timelock.getMinDelay(),
  ]);
  const keys = ["votingDelay", "votingPeriod", "threshold", "quorum", "lateExtension", "timelockDelay"] as const;
  return keys.map((key, index) => {
    const { least, most } = SETTINGS[key];
    return { key, value: values[index] ?? 0n, deployed: deployed[key], least, most };
  });
}

async function readCouncil({ contracts }: Scope, history: History, attempts: Attempts): Promise<Held[]> {
  const { council } = contracts;
  const members = await stillHeld(
    history.of("council", "Seated").map(({ args }) => String(args[0])),
    async (member) => (await council.seatedSince(member)) !== 0n,
    (member) => history.origin("council", ["Seated"], ([told]) => told === member),
  );
  const seats = await council.seats();
  if (seats !== BigInt(members.length)) {
    attempts.fail("the council", `it has ${seats} seats, events tell of ${members.length}`);
  }
  return members;
}

/** What a getter of one word answers; undefined: there is none. */
async function answer(provider: Provider, to: string, data: string): Promise<string | undefined> {
  try {
    const found = await provider.call({ to, data });
    return dataLength(found) === 32 ? getAddress(dataSlice(found, 12)) : undefined;
  } catch (error) {
    if (explainError(error) !== undefined) return undefined; // it was refused: there is no such function
    throw error;
  }
}

async function readContract(
  { provider, at, codeHashes }: Scope,
  history: History,
  name: keyof Scope["at"],
): Promise<ContractFacts> {
  const address = at[name];
  const [code, owner, authority, ...words] = await Promise.all([
    provider.getCode(address),
    answer(provider, address, OWNER),
    answer(provider, address, AUTHORITY),
    ...SLOTS.map(({ slot }) => provider.getStorage(address, slot)),
  ]);
  const slots = SLOTS.flatMap((slot, index) => {
    const value = words[index] ?? ZeroHash;
    return BigInt(value) === 0n ? [] : [{ name: slot.name, value }];
  });
  const recorded = codeHashes[name];
  return {
    name,
    address,
    asRecorded: recorded === undefined || recorded === keccak256(code),
    owner,
    authority: authority === undefined ? undefined : { holder: authority, origin: history.authorityOrigin(name) },
    slots,
  };
}

/** How many accounts each holder was entrusted by. */
function entrusted(pairs: readonly (readonly [holder: string, account: string])[]): Entrusted[] {
  const accounts = new Map<string, Set<string>>();
  for (const [holder, account] of pairs) accounts.set(holder, (accounts.get(holder) ?? new Set()).add(account));
  return [...accounts].map(([holder, trusting]) => ({ holder, accounts: trusting.size }));
}
