import type { Provider } from "ethers";

import type { ContractName } from "../sdk/addressBook";
import type { Handles } from "../sdk/handles";
import type { Parameters } from "./parameters";

/** Addresses of the contracts, known before anything is created. */
export type Addresses = Readonly<Record<ContractName, string>>;

/** A contract, or a library to link, that the protocol consists of. */
export interface ContractEntry {
  /** Enters the address; also its name in the address book. */
  readonly name: string;
  /** `path/of/Source.sol:Contract`. */
  readonly artifact: string;
  /** Constructor arguments; they may name contracts that come later in the plan. */
  readonly args: (parameters: Parameters, at: Addresses) => readonly unknown[];
  /** Entries to link, by qualified name of the library. */
  readonly libraries?: Readonly<Record<string, string>>;
  /** Getters without arguments whose answers never change, and the answers. */
  readonly facts?: (parameters: Parameters, at: Addresses) => Readonly<Record<string, string | number | bigint>>;
}

/** The parameters of a TypeChain factory's constructor transaction. */
type ConstructorArgs<Factory> = Factory extends { getDeployTransaction(...args: infer Args): unknown } ? Args : never;

/** An entry whose arguments the compiler checks against the contract's constructor. */
export function contract<Factory>(
  entry: Omit<ContractEntry, "args"> & {
    readonly args: (parameters: Parameters, at: Addresses) => Readonly<ConstructorArgs<Factory>>;
  },
): ContractEntry {
  return entry;
}

/** What an action may read. */
export interface Scene {
  readonly parameters: Parameters;
  readonly at: Addresses;
  readonly contracts: Handles;
  readonly deployer: string;
  readonly provider: Provider;
}

/** One transaction that configures the protocol, and how to see on chain that it was done. */
export interface ActionEntry {
  readonly name: string;
  /** What there is to say about it, for people. */
  readonly goal: string;
  readonly done: (scene: Scene) => Promise<boolean>;
  readonly call: (scene: Scene) => { readonly to: string; readonly data: string };
  /** Fails with a DeployError where the transaction must not be sent, though it is due. */
  readonly check?: (scene: Scene) => Promise<void>;
}

/** The protocol as data. */
export interface Plan {
  /** In order of dependency. */
  readonly contracts: readonly ContractEntry[];
  /** What the deployer configures while it is admin. */
  readonly genesis: (parameters: Parameters) => readonly ActionEntry[];
  /** Last: the deployer gives its power away. */
  readonly handover: readonly ActionEntry[];
  /** True from the end of the handover on: what differs from genesis since then is governance's doing. */
  readonly handedOver: (scene: Scene) => Promise<boolean>;
}
