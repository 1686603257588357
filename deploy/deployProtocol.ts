import type { Provider, Signer } from "ethers";

import { type AddressBook, type ContractName, identifyChain } from "../sdk/addressBook";
import { type Handles, handlesAt } from "../sdk/handles";
import { type ArtifactSource, artifactsFromDisk } from "./artifacts";
import { type BookStore, bookFile } from "./book";
import { censusOf } from "./census/stage";
import type { Verdict } from "./census/verdict";
import { assertBook, assertChain } from "./checks";
import { FACTORY_ADDRESS } from "./create3";
import { type Cost, costOf } from "./cost";
import { DeployError } from "./errors";
import { type Finding, inspect } from "./inspect";
import { type Parameters, parametersHash } from "./parameters";
import type { Plan } from "./plan";
import { PROTOCOL } from "./protocol";
import type { Progress } from "./progress";
import { Run, UNKNOWN_START } from "./run";
import { predictAddress, setStage, type Stage } from "./scene";

export interface DeployOptions {
  /** The deployer of the parameters, connected to the network. */
  readonly signer: Signer;
  readonly parameters: Parameters;
  /** The address book: a store, or the path of a file. */
  readonly book: BookStore | string;
  /** Compiled contracts; those under `artifacts/` unless told. */
  readonly artifacts?: ArtifactSource;
  /** What is deployed; the protocol unless told. */
  readonly plan?: Plan;
  /** Go on although the network file says something else than at the start. Contracts are compared with it all the same. */
  readonly acceptChangedParameters?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /** Seconds after which a step that goes on is told of, again and again; 15 unless told. */
  readonly tellEvery?: number;
  /** Begin although the deployer cannot pay for everything. */
  readonly ignoreBalance?: boolean;
}

const TELL_EVERY_SECONDS = 15;

export interface Deployment {
  readonly addresses: Readonly<Record<ContractName, string>>;
  /** Handles for the signer. */
  readonly contracts: Handles;
  readonly book: AddressBook;
  /** Everything that anybody can do with the protocol: it is sound, or the deployment stops. */
  readonly census: Verdict;
  /** Steps that governance undid or overtook since the handover. */
  readonly changed: readonly string[];
  /** Transactions of the deployer that this run got mined. */
  readonly transactions: number;
  readonly gasUsed: bigint;
  /** Native coin that the deployer has left, in wei. */
  readonly coinLeft: bigint;
}

/** What an address book says before the first contract; or again, where contracts are there and the book was lost. */
async function newBook({ plan, parameters, provider }: Stage): Promise<AddressBook> {
  const [chain, head, codes] = await Promise.all([
    identifyChain(provider),
    provider.getBlockNumber(),
    Promise.all(plan.contracts.map(({ name }) => provider.getCode(predictAddress(parameters, name)))),
  ]);
  return {
    ...chain,
    startBlock: codes.every((code) => code === "0x") ? head : UNKNOWN_START,
    deployer: parameters.deployer,
    factory: FACTORY_ADDRESS,
    release: parameters.release,
    parametersHash: parametersHash(parameters),
    contracts: {},
  };
}

/**
 * Brings a network from wherever it is to a working protocol, and writes down where everything is. Safe to kill and to
 * repeat at any point: the chain is the only record of progress, every step is done if and only if the chain does not
 * show it done, and each contract has one address that only this deployer can fill, once.
 */
export async function deployProtocol(options: DeployOptions): Promise<Deployment> {
  const { signer, parameters, plan = PROTOCOL, onProgress: tell = () => undefined } = options;
  const { tellEvery = TELL_EVERY_SECONDS, ignoreBalance = false } = options;
  const { provider } = signer;
  if (provider === null) throw new Error("deployProtocol: the signer must be connected to a provider");
  const artifacts = options.artifacts ?? artifactsFromDisk("artifacts");
  const store = typeof options.book === "string" ? bookFile(options.book) : options.book;
  const stage = setStage(parameters, provider, plan, artifacts);

  await assertChain(parameters, provider);
  const signerAddress = await signer.getAddress();
  if (signerAddress !== parameters.deployer) {
    throw new DeployError(
      "WRONG_DEPLOYER",
      `The key is of ${signerAddress}; the network file names the deployer ${parameters.deployer}, from which all ` +
        "addresses follow. Nothing was sent.",
      "use that deployer's key, or have the network file reviewed with the new deployer.",
    );
  }
  let book = store.load();
  if (book === undefined) {
    book = await newBook(stage);
    store.save(book);
  } else {
    await assertBook(book, store.source, parameters, provider, options.acceptChangedParameters);
  }

  const run = new Run(stage, signer, store, book, { tell, tellEvery, ignoreBalance });
  const finished = await run.complete();
  return {
    ...finished,
    addresses: stage.at,
    contracts: handlesAt(stage.at, signer),
    transactions: run.receipts.length,
    gasUsed: run.receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
    coinLeft: await provider.getBalance(parameters.deployer),
  };
}

export interface StatusOptions {
  readonly provider: Provider;
  readonly parameters: Parameters;
  readonly book: BookStore | string;
  readonly artifacts?: ArtifactSource;
  readonly plan?: Plan;
  /** False: no census, which reads the history of all powers; that takes long on an old chain. */
  readonly powers?: boolean;
}

export interface Status {
  readonly findings: readonly Finding[];
  /** Who can do what; undefined until all contracts are there, and where nobody asked. */
  readonly census: Verdict | undefined;
  /** The address book; undefined where there is none yet. */
  readonly book: AddressBook | undefined;
  /** What deploying the rest costs; undefined where nothing is left, or deploying refuses. */
  readonly cost: Cost | undefined;
  /** The network file is not the one that the book records. */
  readonly parametersChanged: boolean;
}

/** How every step of the deployment stands. Reads only: nothing is sent, nothing is written. */
export async function deploymentStatus(options: StatusOptions): Promise<Status> {
  const { provider, parameters, plan = PROTOCOL } = options;
  const stage = setStage(parameters, provider, plan, options.artifacts ?? artifactsFromDisk("artifacts"));
  const store = typeof options.book === "string" ? bookFile(options.book) : options.book;
  await assertChain(parameters, provider);
  const book = store.load();
  if (book !== undefined) await assertBook(book, store.source, parameters, provider, true);
  const findings = await inspect(stage, book);
  const complete = findings.every(({ kind, state }) => kind !== "contract" || state === "done");
  return {
    findings,
    census: options.powers !== false && complete ? await censusOf(stage, book) : undefined,
    cost: findings.some(({ state }) => state === "mismatch") ? undefined : await costOf(stage, findings),
    book,
    parametersChanged: book !== undefined && book.parametersHash !== parametersHash(parameters),
  };
}
