import { time } from "@nomicfoundation/hardhat-network-helpers";
import type { Provider, Signer, TransactionRequest } from "ethers";
import hre, { ethers } from "hardhat";

import { artifactsFromDisk } from "../../deploy/artifacts";
import { type BookStore, bookInMemory } from "../../deploy/book";
import { FACTORY_ADDRESS } from "../../deploy/create3";
import { type Deployment, type DeployOptions, deployProtocol } from "../../deploy/deployProtocol";
import { DeployError, type DeployErrorCode } from "../../deploy/errors";
import { type Parameters, type ParametersInput, parseParameters } from "../../deploy/parameters";
import { PROTOCOL } from "../../deploy/protocol";
import local from "../../deploy/networks/local.json";
import { Create3Factory__factory } from "../../typechain-types";

/** Coverage instruments contracts, which makes them slow and larger than a chain accepts; it measures no TypeScript. */
export const underCoverage = "__SOLIDITY_COVERAGE_RUNNING" in hre;

/** Compiled contracts of this run, also under coverage. */
export const compiled = artifactsFromDisk(hre.config.paths.artifacts);

/** Contents of local.json, to change. */
export function localInput(): ParametersInput {
  return structuredClone(local);
}

/** Checked parameters of local.json, changed by `change`. */
export function localParameters(change: (input: ParametersInput) => void = () => undefined): Parameters {
  const input = localInput();
  change(input);
  return parseParameters(input, "test parameters");
}

export async function deployer(): Promise<Signer & { provider: Provider }> {
  return ethers.getSigner(local.deployer);
}

/** Deploys with what the tests have in common; the book ends with the test. */
export async function deploy(options: Partial<DeployOptions> = {}) {
  return deployProtocol({
    signer: options.signer ?? (await deployer()),
    parameters: localParameters(),
    book: bookInMemory(),
    artifacts: compiled,
    ...options,
  });
}

/** The error that a deployment stopped with. */
export async function stopped(work: Promise<unknown>, code: DeployErrorCode): Promise<DeployError> {
  const error = await work.then(
    () => new Error("it did not stop"),
    (caught: unknown) => caught,
  );
  if (!(error instanceof DeployError) || error.code !== code) {
    throw new Error(`expected a DeployError ${code}`, { cause: error });
  }
  return error;
}

/** Every contract that the factory ever created, by address: each at most once, or there is a second copy. */
export async function creations(provider: Provider): Promise<string[]> {
  const factory = Create3Factory__factory.connect(FACTORY_ADDRESS, provider);
  const events = await factory.queryFilter(factory.filters.ContractCreated());
  return events.map(({ args }) => args.created);
}

/** `target` with some of its members replaced. */
export function behaving<Target extends object>(target: Target, replaced: Partial<Target>): Target {
  return new Proxy(target, {
    get(object, key) {
      if (key in replaced) return Reflect.get(replaced, key) as unknown;
      const value = Reflect.get(object, key) as unknown;
      return typeof value === "function" ? (value.bind(object) as unknown) : value;
    },
  });
}

/** Calls that governance makes. */
export type Calls = readonly (readonly [to: string, data: string])[];

/** Has these calls proposed, voted for by the holder of all HOLD, queued and executed. */
export async function decide({ contracts }: Deployment, ...calls: Calls): Promise<void> {
  const holder = await ethers.getSigner(localParameters().roles.initialHolder);
  const governor = contracts.governor.connect(holder);
  await contracts.hold.connect(holder).delegate(holder);
  await time.increase(1);
  const [targets, data] = [calls.map(([to]) => to), calls.map(([, call]) => call)];
  const description = `Decided in block ${await ethers.provider.getBlockNumber()}`;
  await governor.propose(
    targets,
    calls.map(() => 0n),
    data,
    description,
  );
  const [proposal] = await governor.proposalDetailsAt((await governor.proposalCount()) - 1n);
  await time.increaseTo((await governor.proposalSnapshot(proposal)) + 1n);
  await governor.castVote(proposal, 1);
  await time.increaseTo((await governor.proposalDeadline(proposal)) + 1n);
  await governor["queue(uint256)"](proposal);
  await time.increaseTo(await governor.proposalEta(proposal));
  await governor["execute(uint256)"](proposal);
}

export class Killed extends Error {
  override readonly name = "Killed";
}

/** When a process dies: before the n-th thing that it sends has left, or when it has left and nobody noted it. */
export interface Death {
  readonly at: number;
  readonly when: "before" | "after";
}

/** A signer whose process dies; counts what it sends, presigned transactions included. */
export function mortal(signer: Signer & { provider: Provider }, death: Death): Signer {
  let sent = 0;
  const dying = <Argument, Result>(send: (argument: Argument) => Promise<Result>) => {
    return async (argument: Argument): Promise<Result> => {
      const last = ++sent === death.at;
      if (sent > death.at || (last && death.when === "before")) throw new Killed();
      const result = await send(argument);
      if (last) throw new Killed();
      return result;
    };
  };
  const { provider } = signer;
  return behaving(signer, {
    provider: behaving<Provider>(provider, {
      broadcastTransaction: dying((raw: string) => provider.broadcastTransaction(raw)),
    }),
    sendTransaction: dying((transaction: TransactionRequest) => signer.sendTransaction(transaction)),
  });
}

/** What a deployment creates: the contracts and the libraries that are linked to them. */
export const CREATED: readonly string[] = PROTOCOL.contracts.map(({ name }) => name);
export const CONTRACTS = CREATED.length;
/** Transactions until the handover: what the proxy's presigned creation costs, the factory, the contracts, genesis. */
export const UNTIL_HANDOVER = 2 + CONTRACTS + PROTOCOL.genesis(localParameters()).length;
/** Transactions of the deployer on a chain that has nothing. */
export const TRANSACTIONS = UNTIL_HANDOVER + PROTOCOL.handover.length;

/** Runs `work`, which must die. */
export async function dies(work: Promise<unknown>): Promise<void> {
  const end = await work.then(
    () => "it survived",
    (error: unknown) => error,
  );
  if (!(end instanceof Killed)) throw new Error("expected a death", { cause: end });
}

/** A store whose saves are counted. */
export function countingStore(inner: BookStore = bookInMemory()): BookStore & { readonly saves: () => number } {
  let count = 0;
  return {
    source: inner.source,
    load: () => inner.load(),
    save(book) {
      count++;
      inner.save(book);
    },
    saves: () => count,
  };
}
