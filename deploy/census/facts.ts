import type { Addresses } from "../plan";
import type { GovernanceSetting } from "./scope";

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

/** Who has a role of the AccessManager; from `since` on, which may be still to come. */
export interface RoleMember extends Held {
  readonly role: bigint;
  readonly since: bigint;
  /** Seconds that the member has to announce what it does. */
  readonly delay: bigint;
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
  /** Roles that grant roles, where it is not admin. */
  readonly admins: readonly RoleRelation[];
  /** Roles that cancel what others announced, where it is not admin. */
  readonly guardians: readonly RoleRelation[];
  readonly functions: readonly FunctionRole[];
  /** Contracts whose restricted functions nobody may call. */
  readonly closed: readonly { readonly target: string; readonly origin: Origin }[];
  /** Seconds until a change of who may call a contract counts, where there are any. */
  readonly delays: readonly { readonly target: string; readonly seconds: bigint; readonly origin: Origin }[];
  /** Announced and not carried out. */
  readonly scheduled: readonly { readonly operation: string; readonly caller: string; readonly target: string }[];
}

export interface TimelockFacts {
  readonly members: readonly (Held & { readonly role: string })[];
  /** Roles that grant roles, where it is not the default one. */
  readonly admins: readonly { readonly role: string; readonly by: string; readonly origin: Origin }[];
  /** Queued and not executed; executable from `readyAt` on. */
  readonly pending: readonly { readonly operation: string; readonly readyAt: bigint }[];
}

/** A number that governance sets, and what the deployment set it to. */
export interface SettingFact {
  readonly key: GovernanceSetting;
  readonly value: bigint;
  readonly deployed: bigint;
  readonly least: bigint;
  readonly most: bigint;
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
  /** Members that the network file names; undefined: there was none to compare with. */
  readonly foundingMembers: readonly string[] | undefined;
  readonly manager: ManagerFacts;
  readonly timelock: TimelockFacts;
  readonly governor: {
    readonly token: string;
    readonly timelock: string;
    readonly tribunals: readonly Held[];
  };
  /** Of governor and timelock. */
  readonly settings: readonly SettingFact[];
  readonly guardian: Held & { readonly used: boolean };
  readonly council: readonly Held[];
  /** In force for claims that are filed from now on. */
  readonly rules: {
    readonly version: bigint;
    readonly appealAuthority: string;
    readonly treasury: string;
    readonly origin: Origin;
  };
  /** In force for leases that are opened from now on. */
  readonly terms: { readonly version: bigint; readonly treasury: string; readonly origin: Origin };
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
