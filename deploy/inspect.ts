import { Contract, getAddress, type InterfaceAbi, isAddress, keccak256 } from "ethers";

import type { AddressBook } from "../sdk/addressBook";
import { runtimeDifference } from "./bytecode";
import { CREATE2_PROXY, FACTORY_ADDRESS, FACTORY_CODE_HASH } from "./create3";
import type { ActionEntry, ContractEntry } from "./plan";
import { addressFor, creationOf, librariesOf, type Stage } from "./scene";

/**
 * How a step stands. `changed`: as genesis left it no more, because governance changed it after the handover.
 * `mismatch`: something is there that this deployment would not put there; nothing is sent until a person looked.
 * `not looked at`: what the step needs is not there, or is not what it should be.
 */
export type StepState = "done" | "missing" | "not looked at" | "changed" | "mismatch";

/** Whether deploying has to see to a step. */
export const isOpen = ({ state }: Pick<Finding, "state">): boolean => state === "missing" || state === "not looked at";

/** How one step of the plan stands on chain. */
export interface Finding {
  readonly kind: "foundation" | "contract" | "genesis" | "handover";
  readonly name: string;
  readonly state: StepState;
  readonly address?: string;
  /** Why, where it is not simply done or missing. */
  readonly detail?: string;
}

/** Compares what a getter answered with what was expected, whatever their types. */
function sameValue(found: unknown, expected: string | number | bigint): boolean {
  const plain = (value: unknown): string => (isAddress(value) ? getAddress(value) : String(value));
  return plain(found) === plain(expected);
}

/** The first constructor value that a getter contradicts. */
async function factDifference(stage: Stage, entry: ContractEntry): Promise<string | undefined> {
  const facts = Object.entries(entry.facts?.(stage.parameters, stage.at) ?? {});
  const { abi } = stage.artifacts.read(entry.artifact);
  const getters = abi.filter(({ name }) => facts.some(([getter]) => name === getter)) as InterfaceAbi;
  const contract = new Contract(addressFor(stage, entry), getters, stage.provider);
  const found = await Promise.all(facts.map(([getter]) => contract.getFunction(getter)() as Promise<unknown>));
  const wrong = facts.findIndex(([, expected], index) => !sameValue(found[index], expected));
  if (wrong < 0) return undefined;
  const [getter, expected] = facts[wrong] ?? [];
  return `${getter}() answers ${String(found[wrong])}, this deployment sets ${String(expected)}`;
}

/** How what is at the address of a contract differs from what this deployment creates there; undefined: not at all. */
async function contractDifference(
  stage: Stage,
  entry: ContractEntry,
  code: string,
  book: AddressBook | undefined,
): Promise<string | undefined> {
  const record = book?.contracts[entry.name];
  if (record !== undefined && record.bytecodeHash !== keccak256(code)) {
    return `the hash of its code is ${keccak256(code)}, the address book records ${record.bytecodeHash}`;
  }
  const address = addressFor(stage, entry);
  const created = await stage.factory.initCodeHashOf(address);
  if (created !== creationOf(stage, entry).initCodeHash) {
    return "it was created from other code or other constructor arguments than this checkout and network file give";
  }
  const artifact = stage.artifacts.read(entry.artifact);
  return runtimeDifference(artifact, code, address, librariesOf(stage, entry)) ?? (await factDifference(stage, entry));
}

/** How a contract of the plan stands. */
export async function inspectContract(stage: Stage, entry: ContractEntry, book?: AddressBook): Promise<Finding> {
  const address = addressFor(stage, entry);
  const base = { kind: "contract", name: entry.name, address } as const;
  const record = book?.contracts[entry.name];
  if (record !== undefined && record.address !== address) {
    return { ...base, state: "mismatch", detail: `the address book records it at ${record.address}` };
  }
  const code = await stage.provider.getCode(address);
  if (code === "0x") {
    if (record === undefined) return { ...base, state: "missing" };
    return { ...base, state: "mismatch", detail: "the address book records it, but there is no code" };
  }
  const detail = await contractDifference(stage, entry, code, book);
  return detail === undefined ? { ...base, state: "done" } : { ...base, state: "mismatch", detail };
}

/** How the two factories that everything else needs stand. */
export async function inspectFoundation(stage: Stage): Promise<readonly [Finding, Finding]> {
  const [proxyCode, factoryCode] = await Promise.all([
    stage.provider.getCode(CREATE2_PROXY.address),
    stage.provider.getCode(FACTORY_ADDRESS),
  ]);
  const proxy = { kind: "foundation", name: "create2 proxy", address: CREATE2_PROXY.address } as const;
  const factory = { kind: "foundation", name: "create3 factory", address: FACTORY_ADDRESS } as const;

  const proxyFinding: Finding =
    proxyCode === "0x"
      ? { ...proxy, state: factoryCode === "0x" ? "missing" : "done" }
      : proxyCode === CREATE2_PROXY.code
        ? { ...proxy, state: "done" }
        : { ...proxy, state: "mismatch", detail: "its code is not that of the deterministic deployment proxy" };
  if (factoryCode === "0x") return [proxyFinding, { ...factory, state: "missing" }];
  if (keccak256(factoryCode) === FACTORY_CODE_HASH) return [proxyFinding, { ...factory, state: "done" }];
  return [proxyFinding, { ...factory, state: "mismatch", detail: "its code is not that of Create3Factory" }];
}

async function inspectAction(
  stage: Stage,
  kind: "genesis" | "handover",
  action: ActionEntry,
  handedOver: boolean,
): Promise<Finding> {
  const base = { kind, name: action.name };
  if (await action.done(stage)) return { ...base, state: "done", detail: action.goal };
  if (!handedOver) return { ...base, state: "missing", detail: action.goal };
  return { ...base, state: "changed", detail: `not so, and governance decides now: ${action.goal}` };
}

/** How every step of the plan stands. Reads only. */
export async function inspect(stage: Stage, book?: AddressBook): Promise<Finding[]> {
  const foundation = await inspectFoundation(stage);
  const { plan, parameters } = stage;
  const [, factory] = foundation;
  const why = factory.state === "missing" ? "its factory is not there" : "its factory is not the one that it should be";
  const contracts: Finding[] =
    factory.state === "done"
      ? await Promise.all(plan.contracts.map((entry) => inspectContract(stage, entry, book)))
      : plan.contracts.map((entry) => {
          const recorded = book?.contracts[entry.name] !== undefined;
          const base = { kind: "contract", name: entry.name, address: addressFor(stage, entry) } as const;
          if (recorded) return { ...base, state: "mismatch", detail: `the address book records it, but ${why}` };
          // Nothing else can have put a contract there.
          return { ...base, state: factory.state === "missing" ? "missing" : "not looked at" };
        });

  const actions = [
    ...plan.genesis(parameters).map((action) => ["genesis", action] as const),
    ...plan.handover.map((action) => ["handover", action] as const),
  ];
  if (contracts.some(({ state }) => state !== "done")) {
    const later = actions.map(([kind, { name, goal }]): Finding => ({
      kind,
      name,
      state: "not looked at",
      detail: goal,
    }));
    return [...foundation, ...contracts, ...later];
  }
  const handedOver = await plan.handedOver(stage);
  const acted = await Promise.all(actions.map(([kind, action]) => inspectAction(stage, kind, action, handedOver)));
  return [...foundation, ...contracts, ...acted];
}
