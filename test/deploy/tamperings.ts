import { id, type JsonRpcSigner, ZeroHash } from "ethers";

import { PUBLIC_ROLE } from "../../deploy/census/names";
import type { Standing } from "../../deploy/census/judging";
import type { Parameters } from "../../deploy/parameters";
import type { Addresses } from "../../deploy/plan";
import { rulesOf, termsOf } from "../../deploy/protocol";
import type { Handles } from "../../sdk/handles";
import { ROLES } from "../../sdk/roles";
import { formatInstant } from "../../sdk/units";
import type { Anvil } from "./anvil";
import { behaving } from "./helpers";

/** A deployment on anvil whose deployer is still admin, and has everything else done. */
export interface Unfinished {
  readonly anvil: Anvil;
  readonly parameters: Parameters;
  readonly at: Addresses;
  /** Handles for the deployer. */
  readonly contracts: Handles;
  readonly stranger: JsonRpcSigner;
  /** A token that nobody meant to list. */
  readonly otherToken: string;
}

/** A line that a census must have, and what it says it should be. */
export type Expected = readonly [what: string, standing: Standing, meant?: string];

/**
 * What a dishonest key does before the handover, and all that a census says of it afterwards; `refusal`: what deploying
 * says, where it tries to set things right first.
 */
export type Tampering = readonly [title: string, tamper: (world: Unfinished) => Promise<Expected[]>, refusal?: string];

/** The longest delay that fits: 136 years. */
const AGES = 2n ** 32n - 1n;
const AGES_WORDS = "49710d 6h 28m 15s";
const SETBACK = 5n * 86_400n;
const NO_DELAY = "no delay, now or later";
const AT_ONCE = `at once, with ${NO_DELAY}`;
const NO_OTHER_VERSION = "no other version than 1 but by vote";

export async function timeOf({ provider }: Anvil): Promise<bigint> {
  return BigInt((await provider.getBlock("latest"))?.timestamp ?? 0);
}

export async function pass({ provider }: Anvil, seconds: bigint): Promise<void> {
  await provider.send("evm_increaseTime", [Number(seconds)]);
  await provider.send("evm_mine", []);
}

/** A signer whose transactions are mined when it returns them: the next one is estimated on their effects. */
export function settling(signer: JsonRpcSigner): JsonRpcSigner {
  return behaving(signer, {
    async sendTransaction(transaction) {
      const response = await signer.sendTransaction(transaction);
      await response.wait();
      return response;
    },
  });
}

/** Runs `work` as an account whose key nobody has. */
export async function acting<T>({ provider }: Anvil, who: string, work: (as: JsonRpcSigner) => Promise<T>): Promise<T> {
  await provider.send("anvil_impersonateAccount", [who]);
  await provider.send("anvil_setBalance", [who, "0x8ac7230489e80000"]);
  const result = await work(settling(await provider.getSigner(who)));
  await provider.send("anvil_stopImpersonatingAccount", [who]);
  return result;
}

const market = ({ at }: Unfinished): string => at.market;

/** Delays of the AccessManager. */
const DELAYS: readonly Tampering[] = [
  [
    "a delay of the market's rules that starts later",
    async (world) => {
      await world.contracts.accessManager.setTargetAdminDelay(market(world), AGES);
      const from = formatInstant((await timeOf(world.anvil)) + SETBACK);
      const what = `change who may call ${market(world)}, which counts after 0s, ${AGES_WORDS} from ${from} on`;
      return [[what, "not as reviewed", NO_DELAY]];
    },
  ],
  [
    "a delay of the AccessManager's own rules that counts already",
    async (world) => {
      await world.contracts.accessManager.setTargetAdminDelay(world.at.accessManager, AGES);
      await pass(world.anvil, SETBACK);
      const what = `change who may call ${world.at.accessManager}, which counts after ${AGES_WORDS}`;
      return [[what, "not as reviewed", NO_DELAY]];
    },
  ],
  [
    "a delay of rules that is taken back, a century later",
    async (world) => {
      await world.contracts.accessManager.setTargetAdminDelay(market(world), AGES);
      await pass(world.anvil, SETBACK);
      await world.contracts.accessManager.setTargetAdminDelay(market(world), 0);
      const from = formatInstant((await timeOf(world.anvil)) + AGES);
      const what = `change who may call ${market(world)}, which counts after ${AGES_WORDS}, 0s from ${from} on`;
      return [[what, "not as reviewed", NO_DELAY]];
    },
  ],
  [
    "a grant delay of admin that starts later",
    async (world) => {
      await world.contracts.accessManager.setGrantDelay(ROLES.admin, AGES);
      const from = formatInstant((await timeOf(world.anvil)) + SETBACK);
      const what = `grant role admin, which counts after 0s, ${AGES_WORDS} from ${from} on`;
      return [[what, "not as reviewed", NO_DELAY]];
    },
  ],
  [
    "a grant delay of the guardian role that counts already",
    async (world) => {
      await world.contracts.accessManager.setGrantDelay(ROLES.guardian, AGES);
      await pass(world.anvil, SETBACK);
      return [[`grant role guardian, which counts after ${AGES_WORDS}`, "not as reviewed", NO_DELAY]];
    },
  ],
  [
    "a grant delay of a role that nobody has",
    async (world) => {
      await world.contracts.accessManager.setGrantDelay(42n, 86_400);
      const from = formatInstant((await timeOf(world.anvil)) + SETBACK);
      return [[`grant role 42, which counts after 0s, 1d from ${from} on`, "not as reviewed", NO_DELAY]];
    },
  ],
  [
    "a timelock that has to announce what it does",
    async ({ contracts, at }) => {
      await contracts.accessManager.grantRole(ROLES.admin, at.timelock, AGES);
      return [[`role admin, announced ${AGES} s before`, "not as reviewed", AT_ONCE]];
    },
  ],
  [
    "a timelock whose delay ends in a year",
    async ({ contracts, at, anvil }) => {
      await contracts.accessManager.grantRole(ROLES.admin, at.timelock, 31_536_000);
      await contracts.accessManager.grantRole(ROLES.admin, at.timelock, 0);
      const from = formatInstant((await timeOf(anvil)) + 31_536_000n);
      const what = `role admin, announced 31536000 s before, announced 0 s before from ${from} on`;
      return [[what, "not as reviewed", AT_ONCE]];
    },
  ],
  [
    "a Guardian whose role begins later",
    async ({ contracts, at, anvil }) => {
      const manager = contracts.accessManager;
      await manager.setGrantDelay(ROLES.guardian, 30 * 86_400);
      await pass(anvil, SETBACK);
      await manager.revokeRole(ROLES.guardian, at.guardian);
      await manager.grantRole(ROLES.guardian, at.guardian, 0);
      const from = formatInstant((await timeOf(anvil)) + 30n * 86_400n);
      return [
        [`role guardian, from ${from} on`, "not as reviewed", AT_ONCE],
        ["grant role guardian, which counts after 30d", "not as reviewed", NO_DELAY],
      ];
    },
    "The role guardian of the guardian",
  ],
];

/** Who governs roles, what is closed, what waits. */
const POWERS: readonly Tampering[] = [
  [
    "a role that grants the guardian role",
    async ({ contracts }) => {
      await contracts.accessManager.setRoleAdmin(ROLES.guardian, 42n);
      return [["grant role guardian", "stranger"]];
    },
  ],
  [
    "everybody cancelling for the guardian role",
    async ({ contracts }) => {
      await contracts.accessManager.setRoleGuardian(ROLES.guardian, PUBLIC_ROLE);
      return [["cancel what is announced by role guardian", "stranger"]];
    },
  ],
  [
    "a market that is closed for governance",
    async (world) => {
      await world.contracts.accessManager.setTargetClosed(market(world), true);
      return [[`call restricted functions of ${market(world)}: it is closed`, "not as reviewed", "open"]];
    },
  ],
  [
    "a stranger with a role that begins later",
    async ({ contracts, anvil, stranger }) => {
      await contracts.accessManager.setGrantDelay(42n, 86_400);
      await pass(anvil, SETBACK);
      await contracts.accessManager.grantRole(42n, stranger, 0);
      const from = formatInstant((await timeOf(anvil)) + 86_400n);
      return [
        [`role 42, from ${from} on`, "stranger"],
        ["grant role 42, which counts after 1d", "not as reviewed", NO_DELAY],
      ];
    },
  ],
  [
    "a call that a former member announced to the AccessManager",
    async ({ contracts, at, stranger }) => {
      const manager = contracts.accessManager;
      await manager.grantRole(ROLES.admin, stranger, 3_600);
      const data = manager.interface.encodeFunctionData("setTargetClosed", [at.market, true]);
      await manager.connect(stranger).schedule(at.accessManager, data, 0);
      await manager.revokeRole(ROLES.admin, stranger);
      const operation = await manager.hashOperation(stranger, at.accessManager, data);
      const meant = "nothing announced before the handover: cancel it";
      return [[`announced a call of ${at.accessManager} (${operation})`, "not as reviewed", meant]];
    },
  ],
  [
    "an operation that waits in the timelock",
    async ({ contracts, at, anvil, stranger }) => {
      const { timelock } = contracts;
      const call = [stranger.address, 0n, "0x", ZeroHash, ZeroHash] as const;
      const delay = await timelock.getMinDelay();
      await acting(anvil, at.governor, (as) => timelock.connect(as).schedule(...call, delay));
      const operation = await timelock.hashOperation(...call);
      const when = formatInstant(await timelock.getTimestamp(operation));
      const meant = "nothing queued before the handover: have governance cancel it";
      return [[`operation ${operation} can be executed from ${when} on`, "not as reviewed", meant]];
    },
  ],
  [
    "a proposer of the timelock besides the governor",
    async ({ contracts, at, anvil, stranger }) => {
      const role = id("PROPOSER_ROLE");
      await acting(anvil, at.timelock, (as) => contracts.timelock.connect(as).grantRole(role, stranger));
      return [["timelock: proposer", "stranger"]];
    },
  ],
];

/** Guardian, pause and council. */
const SEATS: readonly Tampering[] = [
  [
    "another guardian",
    async ({ contracts, parameters, stranger }) => {
      await contracts.guardian.seat(stranger);
      const { guardian } = parameters.roles;
      const seated = `seated as guardian past governance, one after the other: ${guardian}, ${stranger.address}`;
      return [
        ["pause new leases and offers once", "stranger"],
        [seated, "not as reviewed", `${guardian}, once`],
      ];
    },
  ],
  [
    "another guardian who paused, before the right one was seated again",
    async ({ contracts, at, parameters, anvil, stranger }) => {
      const { guardian } = parameters.roles;
      await contracts.guardian.seat(stranger);
      await contracts.guardian.connect(stranger).pause([at.market], 604_800);
      const until = formatInstant((await timeOf(anvil)) + 604_800n);
      await contracts.guardian.seat(guardian);
      const seated = [guardian, stranger.address, guardian].join(", ");
      const one = `seated as guardian past governance, one after the other: ${seated}`;
      return [
        [one, "not as reviewed", `${guardian}, once`],
        [`new leases and offers are paused until ${until}`, "not as reviewed", "no pause but by the guardian"],
      ];
    },
  ],
  [
    "a guardian whose pause is used up, on nothing",
    async ({ contracts, parameters, anvil }) => {
      const { guardian } = contracts;
      await acting(anvil, parameters.roles.guardian, (as) => guardian.connect(as).pause([], 60));
      return [["the guardian's pause was used before the handover", "not as reviewed", "unused"]];
    },
  ],
  [
    "a market that is paused past the Guardian",
    async ({ contracts, anvil, stranger }) => {
      await contracts.accessManager.grantRole(ROLES.guardian, stranger, 0);
      await contracts.market.connect(stranger).pauseEntries(604_800);
      const until = formatInstant((await timeOf(anvil)) + 604_800n);
      await contracts.accessManager.revokeRole(ROLES.guardian, stranger);
      const what = `new leases and offers are paused until ${until}`;
      return [[what, "not as reviewed", "no pause but by the guardian"]];
    },
  ],
  [
    "a member of the council whom the network file does not name",
    async ({ contracts, stranger }) => {
      await contracts.council.seat(stranger);
      return [["rule on disputes, as one of the council", "stranger"]];
    },
  ],
  [
    "a member who sat for a while",
    async ({ contracts, stranger }) => {
      await contracts.council.seat(stranger);
      await contracts.council.unseat(stranger);
      const what = `${stranger.address} was seated, then unseated past governance`;
      return [[what, "not as reviewed", "never seated"]];
    },
  ],
  [
    "a member of the network file who was unseated",
    async ({ contracts, parameters }) => {
      const [member = ""] = parameters.disputes.council;
      await contracts.council.unseat(member);
      const what = `${member} was seated, then unseated past governance`;
      return [[what, "not as reviewed", "seated once, for good"]];
    },
    "was seated, then unseated, then seated past governance (not as reviewed: should be seated once, for good)",
  ],
];

/** Versions, listings and numbers. */
const PARAMETERS: readonly Tampering[] = [
  [
    "other terms",
    async ({ contracts, parameters, at }) => {
      const { terms, weights } = parameters;
      await contracts.market.publishTerms({ ...termsOf(terms, at.timelock), feeBps: 1_000 }, weights);
      return [["terms of leases, version 2: fee 10 %", "not as reviewed", NO_OTHER_VERSION]];
    },
  ],
  [
    "other terms under the right ones",
    async ({ contracts, parameters, at }) => {
      const { terms, weights } = parameters;
      await contracts.market.publishTerms({ ...termsOf(terms, at.timelock), noShowBps: 0 }, weights);
      await contracts.market.publishTerms(termsOf(terms, at.timelock), weights);
      return [
        ["terms of leases, version 2: no-show penalty 0 %", "not as reviewed", NO_OTHER_VERSION],
        ["terms of leases, version 3: as version 1", "not as reviewed", NO_OTHER_VERSION],
      ];
    },
  ],
  [
    "other weights",
    async ({ contracts, parameters, at }) => {
      const { terms, weights } = parameters;
      await contracts.market.publishTerms(termsOf(terms, at.timelock), { ...weights, cpu: 1 });
      const what = "terms of leases, version 2: cpu weight 0.001 HOLD per CPU";
      return [[what, "not as reviewed", NO_OTHER_VERSION]];
    },
  ],
  [
    "another treasury",
    async ({ contracts, parameters, stranger }) => {
      await contracts.market.publishTerms(termsOf(parameters.terms, stranger.address), parameters.weights);
      const what = `terms of leases, version 2: market treasury ${stranger.address}`;
      return [
        ["receive fees and penalties of leases", "stranger"],
        [what, "not as reviewed", NO_OTHER_VERSION],
      ];
    },
  ],
  [
    "other rules",
    async ({ contracts, parameters, at }) => {
      const rules = rulesOf(parameters.disputes, at.timelock);
      await contracts.disputes.publishRules({ ...rules, filingFee: 0, dataLostBps: 100 });
      const what = "rules of disputes, version 2: filing fee 0.00 HOLD, data-lost penalty 1 %";
      return [[what, "not as reviewed", NO_OTHER_VERSION]];
    },
  ],
  [
    "another unbonding delay",
    async ({ contracts }) => {
      await contracts.staking.setUnbondingDelay(60 * 86_400);
      const what = "set the unbonding delay, now 60d, between 10d and 60d";
      return [[what, "not as reviewed", "14d, as the network file says"]];
    },
  ],
  [
    "a token that the network file does not name",
    async ({ contracts, otherToken }) => {
      await contracts.market.listToken(otherToken, 7, 6);
      const what = `lease for ${otherToken} as listing 2 says: least lock 7 base units, bounty 6 base units`;
      return [[what, "not as reviewed", "not listed: the network file does not name it"]];
    },
  ],
  [
    "a token of the network file, listed with another bounty and again",
    async ({ contracts, parameters }) => {
      const [token] = parameters.tokens;
      await contracts.market.listToken(token!.address, 100_000, 0);
      await contracts.market.listToken(token!.address, 100_000, 50_000);
      const lease = `lease for ${token!.address} as listing`;
      const meant = "listed once, least lock 0.1 USD6, bounty 0.05 USD6, as the network file says";
      return [
        [`${lease} 2 says: least lock 0.1 USD6, bounty 0 USD6`, "not as reviewed", meant],
        [`${lease} 3 says: least lock 0.1 USD6, bounty 0.05 USD6`, "not as reviewed", meant],
      ];
    },
  ],
  [
    "a token of the network file that was taken off the list",
    async ({ contracts, parameters }) => {
      const [token] = parameters.tokens;
      await contracts.market.delistToken(token!.address);
      const meant = "nothing taken off the list but by vote";
      return [[`${token!.address} was taken off the list`, "not as reviewed", meant]];
    },
  ],
];

/** Everything that a dishonest deployer key can do between genesis and handover, one by one. */
export const TAMPERINGS: readonly Tampering[] = [...DELAYS, ...POWERS, ...SEATS, ...PARAMETERS];
