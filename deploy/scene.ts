import { keccak256, type Provider } from "ethers";

import { type ArgumentJson, CONTRACT_NAMES } from "../sdk/addressBook";
import { handlesAt } from "../sdk/handles";
import { type Create3Factory, Create3Factory__factory } from "../typechain-types";
import type { ArtifactSource } from "./artifacts";
import { initCodeOf, type Libraries } from "./bytecode";
import { create3Address, FACTORY_ADDRESS, saltOf } from "./create3";
import type { Parameters } from "./parameters";
import type { Addresses, ContractEntry, Plan, Scene } from "./plan";

/** What follows from the network file, the plan and the compiled contracts alone. */
export interface Layout {
  readonly parameters: Parameters;
  readonly at: Addresses;
  readonly plan: Plan;
  readonly artifacts: ArtifactSource;
  /** Where a contract or library of the plan is, or will be. */
  readonly addressOf: (name: string) => string;
  /** What the plan creates, by name. */
  readonly creations: Map<string, Creation>;
}

/** Everything that a deployment works with, before anything is read from the chain. */
export interface Stage extends Scene, Layout {
  readonly factory: Create3Factory;
}

/** What creating a contract runs, and the hash of that. */
export interface Creation {
  readonly initCode: string;
  readonly initCodeHash: string;
}

/** `work`, done once for each name. */
function remembering(work: (name: string) => string): (name: string) => string {
  const results = new Map<string, string>();
  return (name) => {
    const result = results.get(name) ?? work(name);
    results.set(name, result);
    return result;
  };
}

/** Where a contract or library of the plan is, or will be: it follows from the deployer, the release and the name. */
export function predictAddress({ deployer, release }: Parameters, name: string): string {
  return create3Address(deployer, saltOf(release, name));
}

/** Where all contracts of the protocol are, or will be. */
export function predictAddresses(parameters: Parameters): Addresses {
  const entries = CONTRACT_NAMES.map((name) => [name, predictAddress(parameters, name)]);
  return Object.fromEntries(entries) as Addresses;
}

export function layoutOf(parameters: Parameters, plan: Plan, artifacts: ArtifactSource): Layout {
  return {
    parameters,
    plan,
    artifacts,
    at: predictAddresses(parameters),
    addressOf: remembering((name) => predictAddress(parameters, name)),
    creations: new Map(),
  };
}

export function setStage(parameters: Parameters, provider: Provider, plan: Plan, artifacts: ArtifactSource): Stage {
  const layout = layoutOf(parameters, plan, artifacts);
  return {
    ...layout,
    provider,
    deployer: parameters.deployer,
    contracts: handlesAt(layout.at, provider),
    factory: Create3Factory__factory.connect(FACTORY_ADDRESS, provider),
  };
}

/** Addresses of the libraries that an entry links. */
export function librariesOf({ plan, addressOf }: Layout, { libraries = {} }: ContractEntry): Libraries {
  return Object.fromEntries(
    Object.entries(libraries).map(([library, name]) => {
      if (!plan.contracts.some((entry) => entry.name === name)) {
        throw new Error(`the plan links ${library} to "${name}", which it does not create`);
      }
      return [library, addressOf(name)];
    }),
  );
}

/** A constructor argument as the address book keeps it. */
function toJson(value: unknown): ArgumentJson {
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === "object" && value !== null) return Object.values(value).map(toJson);
  return String(value);
}

/** What this contract is created with, as the address book keeps it. */
export function constructorArgsOf({ parameters, at }: Stage, entry: ContractEntry): ArgumentJson[] {
  return entry.args(parameters, at).map(toJson);
}

/** What creating this contract runs; worked out once. */
export function creationOf(stage: Layout, entry: ContractEntry): Creation {
  const { artifacts, parameters, at, creations } = stage;
  const known = creations.get(entry.name);
  if (known !== undefined) return known;
  const artifact = artifacts.read(entry.artifact);
  const initCode = initCodeOf(artifact, entry.args(parameters, at), librariesOf(stage, entry));
  const creation = { initCode, initCodeHash: keccak256(initCode) };
  creations.set(entry.name, creation);
  return creation;
}

/** Where this contract is, or will be. */
export function addressFor({ addressOf }: Stage, { name }: ContractEntry): string {
  return addressOf(name);
}
