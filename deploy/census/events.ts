import type { BaseContract, Log, Result } from "ethers";

import type { ContractName } from "../../sdk/addressBook";
import { ROLES } from "../../sdk/roles";
import { collectLogs } from "../logs";
import type { Origin } from "./facts";
import type { Scope } from "./scope";

/** Every event by which a power is given, taken or used, by the contract that tells it. */
const EVENTS = {
  accessManager: [
    "RoleGranted",
    "RoleRevoked",
    "RoleAdminChanged",
    "RoleGuardianChanged",
    "RoleGrantDelayChanged",
    "TargetClosed",
    "TargetFunctionRoleUpdated",
    "TargetAdminDelayUpdated",
    "OperationScheduled",
  ],
  timelock: ["RoleGranted", "RoleRevoked", "RoleAdminChanged", "CallScheduled", "CallExecuted", "MinDelayChange"],
  governor: [
    "TribunalSet",
    "VotingDelaySet",
    "VotingPeriodSet",
    "ProposalThresholdSet",
    "QuorumNumeratorUpdated",
    "LateQuorumVoteExtensionSet",
  ],
  guardian: ["GuardianSeated", "GuardianPaused", "GuardianResumed", "AuthorityUpdated"],
  council: ["Seated", "Unseated", "AuthorityUpdated"],
  disputes: ["RulesPublished", "AuthorityUpdated"],
  market: ["TermsPublished", "TokenListed", "TokenDelisted", "EntriesPaused", "AuthorityUpdated"],
  staking: ["UnbondingDelaySet", "AuthorityUpdated"],
  escrow: ["ModuleApproved"],
  hold: ["Locked"],
} as const satisfies { readonly [Name in ContractName]?: readonly string[] };

type Told = typeof EVENTS;
export type Teller = keyof Told;

/** Something that a contract told. */
export interface TellerEvent {
  readonly contract: Teller;
  readonly name: string;
  readonly args: Result;
  readonly origin: Origin;
  /** Hash of the transaction in which it was told. */
  readonly transaction: string;
}

/** The history of all powers, oldest first. */
export class History {
  /** `handover`: the block in which the deployer stepped down. */
  constructor(
    private readonly events: readonly TellerEvent[],
    readonly handover?: number | undefined,
  ) {}

  /** What a contract told under these names. */
  of<Name extends Teller>(contract: Name, ...names: readonly Told[Name][number][]): TellerEvent[] {
    const known: readonly string[] = names;
    return this.events.filter((event) => event.contract === contract && known.includes(event.name));
  }

  /** Who brought about what the last event that matches tells; the deployment where none does. */
  origin<Name extends Teller>(
    contract: Name,
    names: readonly Told[Name][number][],
    matches: (args: Result) => boolean = () => true,
  ): Origin {
    const last = this.of(contract, ...names).findLast(({ args }) => matches(args));
    return last?.origin ?? "deployment";
  }

  /** Who made a contract ask the authority that it asks. */
  authorityOrigin(contract: ContractName): Origin {
    const told = this.events.filter((event) => event.contract === contract && event.name === "AuthorityUpdated");
    return told.at(-1)?.origin ?? "deployment";
  }
}

const isLater = (one: Log, other: Log): boolean =>
  one.blockNumber > other.blockNumber || (one.blockNumber === other.blockNumber && one.index > other.index);

/** Reads what all contracts told from `fromBlock` on, in one walk through the logs. */
export async function readHistory({ provider, contracts, at, deployer, fromBlock }: Scope): Promise<History> {
  const tellers = Object.entries<readonly string[]>(EVENTS).map(([name, events]) => {
    const contract = name as Teller;
    const handle: BaseContract = contracts[contract];
    const topics = events.map((event) => {
      const found = handle.interface.getEvent(event);
      if (found === null) throw new Error(`${contract} has no event ${event}`);
      return found.topicHash;
    });
    return { contract, address: at[contract], interface: handle.interface, topics };
  });
  const filter = {
    address: tellers.map(({ address }) => address),
    topics: [[...new Set(tellers.flatMap(({ topics }) => topics))]],
  };
  const logs = await collectLogs(provider, filter, fromBlock, await provider.getBlockNumber());

  const told = logs.flatMap((log) => {
    const teller = tellers.find(({ address }) => address === log.address);
    if (teller === undefined || !teller.topics.includes(log.topics[0] ?? "")) return [];
    const parsed = teller.interface.parseLog(log);
    return parsed === null ? [] : [{ contract: teller.contract, name: parsed.name, args: parsed.args, log }];
  });

  const handover = told.find(
    ({ contract, name, args }) =>
      contract === "accessManager" && name === "RoleRevoked" && args[0] === ROLES.admin && args[1] === deployer,
  )?.log;
  const executed = new Set(
    told
      .filter(({ contract, name }) => contract === "timelock" && name === "CallExecuted")
      .map(({ args, log }) => `${log.transactionHash} ${String(args["target"])}`),
  );
  const originOf = (name: string, log: Log): Origin => {
    if (handover === undefined || !isLater(log, handover)) return "deployment";
    // The AccessManager passes on whom a contract asks; everything else the timelock calls by itself.
    const called = name === "AuthorityUpdated" ? at.accessManager : log.address;
    return executed.has(`${log.transactionHash} ${called}`) ? "timelock" : "elsewhere";
  };
  const events = told.map(({ log, ...event }) => ({
    ...event,
    origin: originOf(event.name, log),
    transaction: log.transactionHash,
  }));
  return new History(events, handover?.blockNumber);
}
