import {
  type BaseContract,
  type FunctionFragment,
  type Interface,
  type LogDescription,
  type Provider,
  type TransactionReceipt,
} from "ethers";

import type { TypedContractMethod } from "../../typechain-types/common";
import { requireBatchable, writeBatch } from "./batch";
import { describeTokens, requireUseful } from "./effect";
import { Failure, toFailure } from "./failure";
import { gasLimitOf } from "./sending/gasMargins";
import { sendCall } from "./sending/send";
import type { Session } from "./session";

/** One transaction of a command, ready to be simulated, sent, or handed to a multisig. */
export interface Step {
  /** What it does, for people: "Bond 5,000.00 HOLD". */
  readonly label: string;
  readonly to: string;
  readonly data: string;
  readonly interface: Interface;
  readonly fragment: FunctionFragment;
  readonly args: readonly unknown[];
  /** Payment token that it is about, for errors that do not name one. */
  readonly token?: string | undefined;
}

type Method<A extends unknown[]> = Pick<TypedContractMethod<A, unknown[], "nonpayable">, "fragment">;

/** A call of `method` of `contract`, with its arguments checked by the types of the contract. */
export async function step<A extends unknown[]>(
  label: string,
  contract: BaseContract,
  method: Method<A>,
  args: NoInfer<A>,
  token?: string,
): Promise<Step> {
  const { fragment } = method;
  const data = contract.interface.encodeFunctionData(fragment, args);
  return { label, to: await contract.getAddress(), data, interface: contract.interface, fragment, args, token };
}

/** A step that was carried out, or simulated. */
export interface Outcome {
  readonly step: Step;
  /** What the call returned when it was simulated; undefined where it could not be, or returns nothing. */
  readonly returned?: unknown;
  readonly gas?: bigint;
  readonly receipt?: TransactionReceipt;
  /** Events of the protocol's contracts. */
  readonly events: readonly LogDescription[];
  /** Why it was not simulated: it builds on the step before. */
  readonly skipped?: boolean;
}

/** What became of the steps of a command. */
export interface Execution {
  /** Nothing was sent. */
  readonly dryRun: boolean;
  /** The file that the calls were written to instead. */
  readonly batch?: string;
  readonly outcomes: readonly Outcome[];
}

function decodeReturn({ interface: abi, fragment }: Step, data: string): unknown {
  // Some tokens return nothing where the standard asks for a boolean.
  if (fragment.outputs.length === 0 || data === "0x") return undefined;
  const values = abi.decodeFunctionResult(fragment, data);
  return values.length === 1 ? (values[0] as unknown) : values.toArray(true);
}

async function simulate(session: Session, provider: Provider, step: Step): Promise<Pick<Outcome, "returned" | "gas">> {
  const request = { from: await session.account(), to: step.to, data: step.data };
  try {
    const returned = decodeReturn(step, await provider.call(request));
    return { returned, gas: await provider.estimateGas(request) };
  } catch (error) {
    throw toFailure(error, session.lexicon(step.token));
  }
}

/** What the contracts of the protocol said in a transaction. */
export async function eventsOf(session: Session, receipt: TransactionReceipt): Promise<LogDescription[]> {
  const contracts: BaseContract[] = Object.values(await session.handles());
  const byAddress = new Map(
    await Promise.all(contracts.map(async (contract) => [await contract.getAddress(), contract.interface] as const)),
  );
  return receipt.logs
    .map(({ address, topics, data }) => byAddress.get(address)?.parseLog({ topics: [...topics], data }))
    .filter((log): log is LogDescription => log !== null && log !== undefined);
}

/** What a transaction was refused with that had been fine when it was simulated: asked of its block, where it can be. */
async function refused(
  session: Session,
  provider: Provider,
  step: Step,
  receipt: TransactionReceipt,
): Promise<Failure> {
  const { hash, blockNumber, gasUsed } = receipt;
  const request = { from: await session.account(), to: step.to, data: step.data };
  const cause: unknown = await provider.call({ ...request, blockTag: blockNumber }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const failure = cause === undefined ? undefined : toFailure(cause, session.lexicon(step.token));
  const why =
    failure?.kind === "refused"
      ? failure.message
      : `the node does not say why; it used ${gasUsed} gas. Run the command again: it is simulated first`;
  return new Failure("refused", `${step.label}: refused in transaction ${hash}: ${why}`, failure?.revert);
}

async function send(
  session: Session,
  provider: Provider,
  step: Step,
  estimate: bigint,
  last: boolean,
): Promise<TransactionReceipt> {
  const call = { to: step.to, data: step.data, value: 0n, gasLimit: gasLimitOf(step, estimate) };
  const receipt = await sendCall(session, step.label, call, last).catch((error: unknown) => {
    throw toFailure(error, session.lexicon(step.token));
  });
  if (receipt.status === 0) throw await refused(session, provider, step, receipt);
  return receipt;
}

/** A failure after which a part of a command is done: says which, and what is left. */
function withRest(failure: Failure, outcomes: readonly Outcome[], steps: readonly Step[]): Failure {
  const done = outcomes.flatMap(({ step, receipt }) =>
    receipt === undefined ? [] : [`done: ${step.label}, in transaction ${receipt.hash}`],
  );
  const left = steps.slice(outcomes.length).map(({ label }) => `not done: ${label}`);
  if (done.length === 0 && left.length < 2) return failure;
  const text = [failure.message, ...done, ...left].join("\n");
  return new Failure(failure.kind, text, failure.revert, { cause: failure.cause });
}

async function sendAll(session: Session, provider: Provider, steps: readonly Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  // What is announced must not end without a word.
  const release = session.holdStops();
  try {
    for (const [index, step] of steps.entries()) {
      if (session.stopped.aborted) {
        throw new Failure("interrupted", "stopped. The same command again does what is left");
      }
      session.progress(`${step.label}: simulating`);
      const { returned, gas = 0n } = await simulate(session, provider, step);
      const receipt = await send(session, provider, step, gas, index === steps.length - 1);
      // What comes next is read as of its block: behind one endpoint there may be nodes that do not have it yet.
      (await session.connection()).sawMined?.(receipt, receipt.blockNumber + session.config.confirmations - 1);
      outcomes.push({ step, returned, gas: receipt.gasUsed, receipt, events: await eventsOf(session, receipt) });
    }
    return outcomes;
  } catch (error) {
    const failure = toFailure(error, session.lexicon());
    throw outcomes.length === 0 && failure.kind !== "interrupted" ? failure : withRest(failure, outcomes, steps);
  } finally {
    release();
  }
}

async function simulateAll(session: Session, provider: Provider, steps: readonly Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [index, step] of steps.entries()) {
    session.progress(`${step.label}: simulating`);
    // What stands on a step that was not sent proves nothing if its simulation fails.
    const result = await simulate(session, provider, step).catch((error: unknown) => {
      if (index === 0 || !(error instanceof Failure) || error.kind !== "refused") throw error;
      return { skipped: true };
    });
    outcomes.push({ step, events: [], ...result });
  }
  return outcomes;
}

/**
 * Carries out the steps of a command, one after the other: each is simulated first, so that nothing is sent that would be
 * refused, and waited for. With --dry-run they are simulated only; with --safe-batch they are simulated and written to a file.
 */
export async function execute(session: Session, steps: readonly Step[]): Promise<Execution> {
  const provider = await session.provider();
  const { safeBatch } = session.config;
  const dryRun = session.config.dryRun || safeBatch !== undefined;
  if (safeBatch !== undefined) requireBatchable(session, safeBatch);
  await describeTokens(session, steps);
  await requireUseful(session, steps);
  const outcomes = await (dryRun ? simulateAll : sendAll)(session, provider, steps);
  session.endProgress();
  if (safeBatch === undefined || steps.length === 0) return { dryRun, outcomes };
  if (session.config.dryRun) return { dryRun, outcomes };
  await writeBatch(session, safeBatch, steps);
  return { dryRun, outcomes, batch: safeBatch };
}

/** The arguments of the events of one name, in the order of the logs. */
export function eventArgs(execution: Execution, name: string): LogDescription["args"][] {
  return execution.outcomes.flatMap(({ events }) => events.filter((log) => log.name === name).map(({ args }) => args));
}
