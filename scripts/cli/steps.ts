import {
  type BaseContract,
  type FunctionFragment,
  type Interface,
  isError,
  type LogDescription,
  type Provider,
  type TransactionReceipt,
} from "ethers";

import { formatDisputeId, formatLeaseId } from "../../sdk/ids";
import { formatResources, unpackResources } from "../../sdk/resources";
import { formatDuration } from "../../sdk/units";
import type { TypedContractMethod } from "../../typechain-types/common";
import { requireBatchable, writeBatch } from "./batch";
import { describeTokens, requireUseful } from "./effect";
import { Failure, toFailure } from "./failure";
import { coin, count, pairs, sections } from "./format";
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

// Gas depends on the state at the time of the block; what is not used is not paid.
const GAS_MARGIN_PERCENT = 130n;
/** EIP-7825: no transaction may take more. */
const MOST_GAS = 2n ** 24n;

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

async function eventsOf(session: Session, receipt: TransactionReceipt): Promise<LogDescription[]> {
  const contracts: BaseContract[] = Object.values(await session.handles());
  const byAddress = new Map(
    await Promise.all(contracts.map(async (contract) => [await contract.getAddress(), contract.interface] as const)),
  );
  return receipt.logs
    .map(({ address, topics, data }) => byAddress.get(address)?.parseLog({ topics: [...topics], data }))
    .filter((log): log is LogDescription => log !== null && log !== undefined);
}

async function send(session: Session, provider: Provider, step: Step, gas: bigint): Promise<TransactionReceipt> {
  const signer = await session.signer();
  const padded = (gas * GAS_MARGIN_PERCENT) / 100n;
  const gasLimit = padded > MOST_GAS && gas <= MOST_GAS ? MOST_GAS : padded;
  let hash = "";
  try {
    const sent = await signer.sendTransaction({ to: step.to, data: step.data, gasLimit });
    ({ hash } = sent);
    session.tell(`${step.label}: sent as ${hash}`);
    session.progress("waiting for its block");
    const receipt = await sent.wait(session.config.confirmations, session.config.timeout * 1_000);
    if (receipt !== null) return receipt;
  } catch (error) {
    if (hash === "") throw toFailure(error, session.lexicon(step.token));
    if (isError(error, "CALL_EXCEPTION")) throw await refused(session, provider, step, hash, error);
    if (!isError(error, "TIMEOUT")) throw toFailure(error, session.lexicon(step.token));
  }
  const waited = formatDuration(session.config.timeout);
  const message = `${step.label}: sent as ${hash}, and not in a block after ${waited}. It may still be: look it up before you run this again`;
  throw new Failure("network", message);
}

/** What a transaction was refused with that had been fine when it was simulated: asked of its block, where it can be. */
async function refused(
  session: Session,
  provider: Provider,
  step: Step,
  hash: string,
  error: unknown,
): Promise<Failure> {
  const receipt = await provider.getTransactionReceipt(hash);
  const from = await session.account();
  const cause: unknown = await provider
    .call({ from, to: step.to, data: step.data, blockTag: receipt?.blockNumber ?? "latest" })
    .then(() => error)
    .catch((reason: unknown) => reason);
  const { message, revert } = toFailure(cause, session.lexicon(step.token));
  return new Failure("refused", `${step.label}: refused in transaction ${hash}: ${message}`, revert);
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
  const outcomes: Outcome[] = [];
  for (const [index, step] of steps.entries()) {
    session.progress(`${step.label}: simulating`);
    if (dryRun && index > 0) {
      // It stands on a step that was not sent, so its simulation proves nothing if it fails.
      const result = await simulate(session, provider, step).catch(() => ({ skipped: true }));
      outcomes.push({ step, events: [], ...result });
      continue;
    }
    const { returned, gas = 0n } = await simulate(session, provider, step);
    if (dryRun) {
      outcomes.push({ step, returned, gas, events: [] });
      continue;
    }
    const receipt = await send(session, provider, step, gas);
    outcomes.push({ step, returned, gas: receipt.gasUsed, receipt, events: await eventsOf(session, receipt) });
  }
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

// ---------------------------------------------------------------------------------------------------- reports

/** Arguments whose numbers have a spelling of their own. */
const SPELLINGS: Readonly<Record<string, (value: bigint) => string>> = {
  leaseId: formatLeaseId,
  leaseIds: formatLeaseId,
  disputeId: formatDisputeId,
  disputeIds: formatDisputeId,
  resources: (word) => formatResources(unpackResources(word)),
  requirement: (word) => formatResources(unpackResources(word)),
};

/** A value of the ABI as people read it; structs with the names of their fields. */
function readable(value: unknown, name = ""): string {
  if (Array.isArray(value)) return `[${value.map((item) => readable(item, name)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([field, inner]) => `${field}: ${readable(inner, field)}`);
    return `{${fields.join(", ")}}`;
  }
  const spell = typeof value === "bigint" && Object.hasOwn(SPELLINGS, name) ? SPELLINGS[name] : undefined;
  return spell === undefined ? String(value) : spell(value as bigint);
}

function outcomeText({ step, returned, gas, receipt, skipped }: Outcome): string {
  const sent = [
    ["transaction", receipt?.hash ?? ""],
    ["block", String(receipt?.blockNumber ?? "")],
    ["gas", receipt === undefined ? "" : `${count(receipt.gasUsed)}, ${coin(receipt.fee)} of native coin`],
  ] as const;
  const simulated = [
    ["would call", `${step.fragment.name} of ${step.to}`],
    ...step.fragment.inputs.map(({ name }, index) => [`  ${name}`, readable(step.args[index], name)] as const),
    ["returns", returned === undefined ? "" : readable(returned, step.fragment.outputs[0]?.name)],
    ["gas", skipped === true ? "not simulated: it builds on the step before" : count(gas ?? 0n)],
  ] as const;
  return `${step.label}\n${pairs(receipt === undefined ? simulated : sent).replace(/^/gm, "  ")}`;
}

/** Steps as people read them. */
export function executionText({ dryRun, batch, outcomes }: Execution): string {
  const written = `For the Safe, in ${batch}: nothing was sent. Load it in the Safe's Transaction Builder.`;
  const title = dryRun ? (batch === undefined ? "Dry run: nothing was sent." : written) : "";
  return sections(title, ...outcomes.map(outcomeText));
}

/** Steps as machines read them. */
export function executionData({ dryRun, batch, outcomes }: Execution): Record<string, unknown> {
  return {
    dryRun,
    ...(batch === undefined ? {} : { safeBatch: batch }),
    transactions: outcomes.map(({ step, returned, gas, receipt, events, skipped }) => ({
      label: step.label,
      to: step.to,
      data: step.data,
      function: step.fragment.format("sighash"),
      simulated: skipped !== true,
      returned: returned ?? null,
      gas: gas ?? null,
      hash: receipt?.hash ?? null,
      block: receipt?.blockNumber ?? null,
      fee: receipt?.fee ?? null,
      events: events.map(({ name, args }) => ({ name, args: args.toObject(true) })),
    })),
  };
}
