import type { ContractName } from "../../sdk/addressBook";
import type { SettingKey, SettingValue } from "../../sdk/governance/settings";
import type { Addresses } from "../plan";
import type { GovernanceSetting, Reviewed } from "./reviewed";

/**
 * Who brought something about: the deployment, until the deployer stepped down; afterwards the timelock, by carrying out
 * what was voted for; or anybody else.
 */
export type Origin = "deployment" | "timelock" | "elsewhere";

/** Somebody, and how it came to what it holds. */
export interface Held {
  readonly holder: string;
  readonly origin: Origin;
}

/** What a delay changes to, in seconds, and when; undefined where nothing is to change. */
export type PendingDelay = { readonly seconds: bigint; readonly from: bigint } | undefined;

/** A delay as it is, and as it is to be. */
export interface DelayFact {
  readonly seconds: bigint;
  readonly pending: PendingDelay;
  readonly origin: Origin;
}

/** Who has a role of the AccessManager; from `since` on, which may be still to come. */
export interface RoleMember extends Held {
  readonly role: bigint;
  readonly since: bigint;
  /** Seconds that the member has to announce what it does. */
  readonly delay: bigint;
  readonly pending: PendingDelay;
}

/** Which role governs another one. */
export interface RoleRelation {
  readonly role: bigint;
  readonly by: bigint;
  readonly origin: Origin;
}

/** Which role may call a function of a contract. */
export interface FunctionRole {
  readonly target: string;
  readonly selector: string;
  readonly role: bigint;
  readonly origin: Origin;
}

export interface ManagerFacts {
  readonly members: readonly RoleMember[];
  /** Contracts that are meant to have a role, and have it neither now nor later. */
  readonly absent: readonly (Held & { readonly role: bigint })[];
  /** Roles that grant roles, where it is not admin. */
  readonly admins: readonly RoleRelation[];
  /** Roles that cancel what others announced, where it is not admin. */
  readonly guardians: readonly RoleRelation[];
  readonly functions: readonly FunctionRole[];
  /** Contracts whose restricted functions nobody may call. */
  readonly closed: readonly { readonly target: string; readonly origin: Origin }[];
  /** Seconds until a change of who may call a contract counts, where there are any or are to be. */
  readonly delays: readonly (DelayFact & { readonly target: string })[];
  /** Seconds until a grant of a role counts, where there are any or are to be. */
  readonly grantDelays: readonly (DelayFact & { readonly role: bigint })[];
  /** Announced and not carried out. */
  readonly scheduled: readonly {
    readonly operation: string;
    readonly caller: string;
    readonly target: string;
    readonly origin: Origin;
  }[];
}

export interface TimelockFacts {
  readonly members: readonly (Held & { readonly role: string })[];
  /** Roles that grant roles, where it is not the default one. */
  readonly admins: readonly { readonly role: string; readonly by: string; readonly origin: Origin }[];
  /** Queued and not executed; executable from `readyAt` on. */
  readonly pending: readonly { readonly operation: string; readonly readyAt: bigint; readonly origin: Origin }[];
}

/** A number that governance sets. */
export interface SettingFact {
  readonly key: GovernanceSetting;
  readonly value: bigint;
  readonly least: bigint;
  readonly most: bigint;
  readonly origin: Origin;
}

/** Terms with their weights, or rules, as they were published once, for good. */
export interface PublishedVersion {
  readonly version: bigint;
  readonly values: Readonly<Partial<Record<SettingKey, SettingValue>>>;
  readonly origin: Origin;
}

/** A payment token as it was listed once, in base units. */
export interface ListingFact {
  readonly token: string;
  readonly listing: bigint;
  readonly minimumLock: bigint;
  readonly bounty: bigint;
  readonly origin: Origin;
}

/** Who was seated on the council, or unseated. */
export interface SeatChange {
  readonly member: string;
  readonly seated: boolean;
  readonly origin: Origin;
}

/** What a contract was created with and can never change. */
export interface ConstantFact {
  readonly contract: ContractName;
  readonly getter: string;
  readonly value: string;
}

/** The guardian, and everybody who was ever seated as one. */
export interface GuardianFacts extends Held {
  readonly used: boolean;
  /** When its pause was used last. */
  readonly usedIn: Origin;
  readonly seatings: readonly Held[];
}

/** Until when no lease is opened and no offer created. */
export interface PauseFact {
  readonly until: bigint;
  readonly origin: Origin;
  /** Whether the Guardian did it. */
  readonly byGuardian: boolean;
}

/** What a contract says of itself, and what is in its storage. */
export interface ContractFacts {
  readonly name: string;
  readonly address: string;
  /** Whether its code is what the address book records. */
  readonly asRecorded: boolean;
  /** What `owner()` and `authority()` answer; undefined: there is no such function. */
  readonly owner: string | undefined;
  readonly authority: Held | undefined;
  /** Names of the EIP-1967 slots that are not empty, and what is in them. */
  readonly slots: readonly { readonly name: string; readonly value: string }[];
}

/** A contract to which accounts gave something to hold. */
export interface Entrusted {
  readonly holder: string;
  readonly accounts: number;
}

/** All that a census found. */
export interface Facts {
  readonly at: Addresses;
  readonly deployer: string;
  /** What the network file says. */
  readonly reviewed: Reviewed;
  /** Time of the latest block, in seconds. */
  readonly now: bigint;
  /** Whether the deployer stepped down. */
  readonly handedOver: boolean;
  readonly manager: ManagerFacts;
  readonly timelock: TimelockFacts;
  readonly governor: {
    readonly token: string;
    readonly timelock: string;
    readonly tribunals: readonly Held[];
  };
  /** Of governor, timelock and staking. */
  readonly settings: readonly SettingFact[];
  readonly guardian: GuardianFacts;
  readonly pause: PauseFact;
  readonly council: readonly Held[];
  /** Everything that ever happened to the council, oldest first. */
  readonly seats: readonly SeatChange[];
  /** In force for claims that are filed from now on. */
  readonly rules: {
    readonly version: bigint;
    readonly appealAuthority: string;
    readonly treasury: string;
    readonly origin: Origin;
  };
  /** In force for leases that are opened from now on. */
  readonly terms: { readonly version: bigint; readonly treasury: string; readonly origin: Origin };
  /** Every version of terms and rules that was ever published, oldest first. */
  readonly published: { readonly terms: readonly PublishedVersion[]; readonly rules: readonly PublishedVersion[] };
  /** Every listing that there ever was, and every end of one, oldest first. */
  readonly listings: readonly ListingFact[];
  readonly delistings: readonly { readonly token: string; readonly origin: Origin }[];
  readonly constants: readonly ConstantFact[];
  /** Who received HOLD out of nothing. */
  readonly minted: readonly { readonly holder: string; readonly amount: bigint }[];
  readonly contracts: readonly ContractFacts[];
  /** Modules that accounts of the escrow approved. */
  readonly modules: readonly Entrusted[];
  /** Contracts that locked HOLD of accounts by their allowance. */
  readonly lockers: readonly Entrusted[];
  /** Of the deployer, in wei: it may hold HOLD like everybody. */
  readonly votesOfDeployer: bigint;
  /** What could not be read, and why. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}
