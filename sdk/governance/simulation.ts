import { AbiCoder, id, keccak256, toBeHex, type Log, toQuantity, ZeroHash, zeroPadValue } from "ethers";
import { z } from "zod";

import { lacksMethod, reasonOfNode } from "../nodeErrors";
import type { Call } from "./calls";
import { INTERFACES } from "./contracts";

/** A node that can be asked anything. */
export interface Rpc {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** The node has no eth_simulateV1, or not all of it: what a proposal would change is not known. */
export class CannotSimulate extends Error {
  override readonly name = "CannotSimulate";
}

/** A question to a contract. */
export interface Question {
  readonly target: string;
  readonly data: string;
}

/** What becomes of a proposal's calls if they are carried out. */
export interface Simulated {
  /** Answers to the questions, in their order; undefined: refused. */
  readonly before: readonly (string | undefined)[];
  /** The same afterwards; what it was, where the calls are refused. */
  readonly after: readonly (string | undefined)[];
  /** Why they are refused: the data of the revert, and which call of them it is, if it can be told. */
  readonly refusal?: { readonly data: string; readonly call: number | undefined };
  /** Gas of the whole execution. */
  readonly gas: bigint;
  readonly logs: readonly Pick<Log, "address" | "topics" | "data">[];
}

export interface Simulation {
  readonly timelock: string;
  readonly governor: string;
  readonly calls: readonly Call[];
  readonly questions: readonly Question[];
  /** Timestamp of the latest block. */
  readonly now: number;
  /** Seconds that the timelock waits. */
  readonly delay: number;
  /** When it is carried out, Unix seconds, or as soon after as the timelock lets it. */
  readonly at: number;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const callResult = z.object({
  status: hex,
  returnData: hex.default("0x"),
  gasUsed: hex,
  logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex })).default([]),
  error: z.object({ message: z.string().optional(), data: z.unknown().optional() }).nullish(),
});
type CallResult = z.output<typeof callResult>;
const blocks = z.array(z.object({ calls: z.array(callResult) }));

/** EIP-7825: no transaction may take more. */
const MOST_GAS = 2 ** 24;
const QUESTION_GAS = 1_000_000;

/**
 * Where OpenZeppelin's Governor 5 keeps the queue of calls to itself that an execution announces: a call to the governor
 * that no `execute` announced is refused, so the simulation announces them. Ends of the queue in one slot, entries by index.
 */
const QUEUE_ENDS_SLOT = 5n;
const QUEUE_ENTRIES_SLOT = 6n;

const slot = (number: bigint): string => zeroPadValue(toBeHex(number), 32);
const entrySlot = (index: number): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [index, QUEUE_ENTRIES_SLOT]));

function announced({ calls, governor }: Simulation): Record<string, string> {
  const own = calls.filter(({ target }) => target === governor);
  return {
    [slot(QUEUE_ENDS_SLOT)]: slot(BigInt(own.length) << 128n),
    ...Object.fromEntries(own.map(({ data }, index) => [entrySlot(index), keccak256(data)])),
  };
}

interface Request {
  readonly from: string;
  readonly to: string;
  readonly input: string;
  readonly gas: string;
}

const request = (from: string, to: string, data: string, gas: number): Request => ({
  from,
  to,
  input: data,
  gas: toQuantity(gas),
});

async function ask(rpc: Rpc, blockStateCalls: unknown[]): Promise<CallResult[][]> {
  let answer: unknown;
  try {
    answer = await rpc.send("eth_simulateV1", [
      { blockStateCalls, validation: false, traceTransfers: false },
      "latest",
    ]);
  } catch (error) {
    // A node that is busy, or behind, may well be able to: what the proposal would change can be known.
    if (!lacksMethod(error)) throw error;
    const message = reasonOfNode(error);
    throw new CannotSimulate(`the node cannot simulate (eth_simulateV1: ${message.split("\n")[0]})`, { cause: error });
  }
  const parsed = blocks.safeParse(answer);
  if (!parsed.success) throw new CannotSimulate("the node's answer to eth_simulateV1 is not what it should be");
  return parsed.data.map(({ calls }) => calls);
}

const succeeded = ({ status }: CallResult): boolean => BigInt(status) === 1n;
const answerOf = (result: CallResult): string | undefined => (succeeded(result) ? result.returnData : undefined);

function revertData({ error, returnData }: CallResult): string {
  const data = hex.safeParse(error?.data);
  return data.success && data.data !== "0x" ? data.data : returnData;
}

/** Ours alone: no proposal of the governor has it. */
const SALT = id("leasehold: what would it change");

/**
 * Has a node carry calls out as the timelock would, in the order and with the checks of a real execution: scheduled by the
 * governor, and executed when the delay is over. Questions are asked before and after. Nothing is sent. Throws
 * CannotSimulate where the node does not know how.
 */
export async function simulate(rpc: Rpc, simulation: Simulation): Promise<Simulated> {
  const { timelock, governor, calls, questions, now, delay } = simulation;
  const batch = [
    calls.map(({ target }) => target),
    calls.map(({ value }) => value),
    calls.map(({ data }) => data),
    ZeroHash,
    SALT,
  ] as const;
  const { timelock: abi } = INTERFACES;
  const schedule = abi.encodeFunctionData("scheduleBatch", [...batch, delay]);
  const execute = abi.encodeFunctionData("executeBatch", [...batch]);
  const asked = questions.map(({ target, data }) => request(timelock, target, data, QUESTION_GAS));
  const at = Math.max(simulation.at, now + 1 + delay);

  const [first = [], second = []] = await ask(rpc, [
    {
      blockOverrides: { time: toQuantity(now + 1) },
      calls: [...asked, request(governor, timelock, schedule, MOST_GAS)],
    },
    {
      blockOverrides: { time: toQuantity(at) },
      stateOverrides: { [governor]: { stateDiff: announced(simulation) } },
      calls: [request(governor, timelock, execute, MOST_GAS), ...asked],
    },
  ]);
  const [execution, ...answers] = second;
  const scheduled = first.at(-1);
  if (execution === undefined || scheduled === undefined || !succeeded(scheduled)) {
    throw new CannotSimulate("the node did not take what the simulation begins with");
  }
  const result: Simulated = {
    before: first.slice(0, -1).map(answerOf),
    after: answers.map(answerOf),
    gas: BigInt(execution.gasUsed),
    logs: execution.logs,
  };
  if (succeeded(execution)) return result;
  const data = revertData(execution);
  return { ...result, refusal: { data, call: await refusedCall(rpc, simulation, at) } };
}

/** Which call it is that is refused: the first one that is, when the timelock carries them out one by one. */
async function refusedCall(rpc: Rpc, simulation: Simulation, at: number): Promise<number | undefined> {
  const { timelock, governor, calls, now, delay } = simulation;
  const { timelock: abi } = INTERFACES;
  const single = calls.map(({ target, value, data }, index) => {
    return [target, value, data, ZeroHash, id(`${SALT} ${index}`)] as const;
  });
  const scheduled = single.map((one) => abi.encodeFunctionData("schedule", [...one, delay]));
  const executed = single.map((one) => abi.encodeFunctionData("execute", [...one]));
  const sent = (data: string): Request => request(governor, timelock, data, MOST_GAS);
  const [, results = []] = await ask(rpc, [
    { blockOverrides: { time: toQuantity(now + 1) }, calls: scheduled.map(sent) },
    {
      blockOverrides: { time: toQuantity(at) },
      stateOverrides: { [governor]: { stateDiff: announced(simulation) } },
      calls: executed.map(sent),
    },
  ]);
  const index = results.findIndex((result) => !succeeded(result));
  return index < 0 ? undefined : index;
}
