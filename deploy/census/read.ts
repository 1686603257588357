import { dataLength, dataSlice, getAddress, id, keccak256, type Provider, toBeHex, ZeroHash } from "ethers";

import { explainError } from "../../sdk/errors";
import { ROLES } from "../../sdk/roles";
import { Attempts, stillHeld } from "./attempts";
import { History, readHistory } from "./events";
import type { ContractFacts, Entrusted, Facts, Held, ManagerFacts, TimelockFacts } from "./facts";
import { readManager } from "./manager";
import { TIMELOCK_ROLES } from "./names";
import {
  delistingsIn,
  readConstants,
  readGuardian,
  readListings,
  readMinted,
  readPause,
  readPublished,
  readSettings,
  seatsIn,
} from "./published";
import type { Scope } from "./scope";

/** Slots of EIP-1967: keccak256 of the name, less one. */
const SLOTS = ["implementation", "admin", "beacon"].map((name) => ({
  name,
  slot: toBeHex(BigInt(id(`eip1967.proxy.${name}`)) - 1n, 32),
}));
const OWNER = id("owner()").slice(0, 10);
const AUTHORITY = id("authority()").slice(0, 10);

/** Reads all that a census judges, from events and from storage. Never throws for what a node does not tell: see `unread`. */
export async function readFacts(scope: Scope): Promise<Facts> {
  const { contracts, at, deployer, provider, reviewed } = scope;
  const { governor, disputes, market, hold } = contracts;
  const attempts = new Attempts();
  const history = await attempts.read("the history of all powers", new History([]), () => readHistory(scope));
  // Its constructor makes the deployer admin: where that is told, nothing of the deployment is older than what is read.
  const first = history.of("accessManager", "RoleGranted").at(0);
  if (first?.args[0] !== ROLES.admin || first.args[1] !== deployer) {
    attempts.fail("the history of all powers", "the node does not serve the first event of the AccessManager");
  }

  const now = await attempts.read("the time of the latest block", 0n, async () => {
    const block = await provider.getBlock("latest");
    if (block === null) throw new Error("the node has no latest block");
    return BigInt(block.timestamp);
  });

  const [manager, timelock, voting, settings, guardian, pause, council, rules, terms] = await Promise.all([
    attempts.read("roles of the AccessManager", NO_MANAGER, () => readManager(scope, history, now)),
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
    attempts.read("settings of governance", [], () => readSettings(scope, history)),
    attempts.read("the guardian", NO_GUARDIAN, () => readGuardian(scope, history)),
    attempts.read("the pause of the market", NO_PAUSE, () => readPause(scope, history)),
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
  ]);
  const [published, listings, constants, minted, code, votesOfDeployer] = await Promise.all([
    attempts.read("versions of terms and rules", NOTHING_PUBLISHED, () => readPublished(scope, history, attempts)),
    attempts.read("listings of payment tokens", [], () => readListings(scope, history, attempts)),
    attempts.read("what contracts were created with", [], () => readConstants(scope)),
    attempts.read("the first holder of HOLD", [], () => readMinted(scope, history, attempts)),
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
    reviewed,
    now,
    handedOver: history.handover !== undefined,
    manager,
    timelock,
    governor: voting,
    settings,
    guardian,
    pause,
    council,
    seats: seatsIn(history),
    rules,
    terms,
    published,
    listings,
    delistings: delistingsIn(history),
    constants,
    minted,
    contracts: code.filter((facts) => facts !== undefined),
    modules: entrusted(history.of("escrow", "ModuleApproved").map(({ args }) => [String(args[0]), String(args[2])])),
    lockers: entrusted(history.of("hold", "Locked").map(({ args }) => [String(args[0]), String(args[1])])),
    votesOfDeployer,
    unread: attempts.unread,
  };
}

const NO_MANAGER: ManagerFacts = {
  members: [],
  absent: [],
  admins: [],
  guardians: [],
  functions: [],
  closed: [],
  delays: [],
  grantDelays: [],
  scheduled: [],
};
const NO_TIMELOCK: TimelockFacts = { members: [], admins: [], pending: [] };
const NO_GUARDIAN: Facts["guardian"] = {
  holder: "unknown",
  used: false,
  usedIn: "deployment",
  origin: "deployment",
  seatings: [],
};
const NO_PAUSE: Facts["pause"] = { until: 0n, origin: "deployment", byGuardian: false };
const NOTHING_PUBLISHED: Facts["published"] = { terms: [], rules: [] };
const NO_RULES: Facts["rules"] = { version: 0n, appealAuthority: "unknown", treasury: "unknown", origin: "deployment" };
const NO_TERMS: Facts["terms"] = { version: 0n, treasury: "unknown", origin: "deployment" };

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
  const operations = new Map(
    history.of("timelock", "CallScheduled").map(({ args, origin }) => [String(args[0]), origin]),
  );
  const pending = [...operations].map(async ([operation, origin]) => {
    const readyAt = await timelock.getTimestamp(operation);
    return readyAt > 1n ? [{ operation, readyAt, origin }] : []; // 0: cancelled, 1: done
  });
  return {
    members: (await Promise.all(members)).flat(),
    admins: (await Promise.all(admins)).flat(),
    pending: (await Promise.all(pending)).flat(),
  };
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
