import {
  AbiCoder,
  type BaseContract,
  ErrorFragment,
  type EventFragment,
  type Interface,
  type Log,
  type ParamType,
} from "ethers";
import { network } from "hardhat";

import type { Reader } from "../../../typechain-types";

import type { Plain } from "../model/plain";
import { decode, decodeAnswers, encode, encodeQuestions, fieldsOf } from "./abi";

/** More than any call here takes, and below what one transaction may ask for. */
const GAS = 15_000_000;
/** What calls that share a block may take together. */
const BLOCK_GAS = 28_000_000;
const GWEI = 10n ** 9n;
/** In one call to the node. */
const MOST_QUESTIONS = 120;

const quantity = (value: number | bigint): string => `0x${value.toString(16)}`;

export interface Call {
  by: string;
  to: string;
  fn: string;
  args: readonly Plain[];
}

/** What became of a call. */
export type Outcome = { ok: true; logs: ParsedLog[] } | { ok: false; error: string; args: readonly Plain[] };

export interface ParsedLog {
  address: string;
  name: string;
  args: Record<string, Plain>;
}

interface RawReceipt {
  status: string;
  logs: Log[];
}

/** What is looked up about the contracts of a test, worked out once: ethers hashes names whenever it is asked. */
interface Known {
  address: string;
  functions: Map<string, { selector: string; inputs: readonly ParamType[]; outputs: readonly ParamType[] }>;
  events: Map<string, EventFragment>;
  contract: Interface;
}

/** A question to a contract: where, which view, of what. */
export type Question = readonly [contract: string, fn: string, ...args: Plain[]];

const coder = AbiCoder.defaultAbiCoder();

function known(address: string, contract: Interface): Known {
  const functions: Known["functions"] = new Map();
  const events: Known["events"] = new Map();
  contract.forEachFunction(({ name, selector, inputs, outputs }) => functions.set(name, { selector, inputs, outputs }));
  contract.forEachEvent((event) => events.set(event.topicHash, event));
  return { address, functions, events, contract };
}

/**
 * Sends calls and reads answers over the node's own interface, with no estimates and no polling in between, and asks all
 * questions of a step at once; a step costs a few milliseconds.
 */
export class Chain {
  /** By address, in lower case. */
  readonly #contracts = new Map<string, Known>();
  readonly #errors = new Map<string, ErrorFragment>();

  private constructor(private readonly reader: string) {}

  static async of(contracts: readonly BaseContract[], reader: Reader): Promise<Chain> {
    const chain = new Chain(await reader.getAddress());
    for (const contract of [...contracts, reader]) {
      const address = await contract.getAddress();
      chain.#contracts.set(address.toLowerCase(), known(address, contract.interface));
      contract.interface.forEachError((error) => chain.#errors.set(error.selector, error));
    }
    for (const error of ["Panic(uint256)", "Error(string)"]) {
      const fragment = ErrorFragment.from(error);
      chain.#errors.set(fragment.selector, fragment);
    }
    return chain;
  }

  /** Carries out one call in a block of that second. */
  async send(call: Call, second: bigint): Promise<Outcome> {
    await network.provider.send("evm_setNextBlockTimestamp", [Number(second)]);
    try {
      const hash = (await network.provider.send("eth_sendTransaction", [this.#transaction(call)])) as string;
      return { ok: true, logs: this.#parsed((await receiptOf(hash)).logs) };
    } catch (error) {
      return { ok: false, ...this.#errorIn(error) };
    }
  }

  /** Carries out several calls in one block of that second, in their order; of those that fail, nothing more is known. */
  async sendTogether(calls: readonly Call[], second: bigint): Promise<Outcome[]> {
    const hashes: string[] = [];
    await network.provider.send("evm_setAutomine", [false]);
    try {
      for (const [index, call] of calls.entries()) {
        // Better paid transactions come first.
        const transaction = {
          ...this.#transaction(call, Math.floor(BLOCK_GAS / calls.length)),
          maxPriorityFeePerGas: quantity(GWEI * BigInt(calls.length - index)),
          maxFeePerGas: quantity(GWEI * 1_000n),
        };
        hashes.push((await network.provider.send("eth_sendTransaction", [transaction])) as string);
      }
      await network.provider.send("evm_setNextBlockTimestamp", [Number(second)]);
      await network.provider.send("evm_mine", []);
    } finally {
      await network.provider.send("evm_setAutomine", [true]);
    }
    const receipts = await Promise.all(hashes.map(receiptOf));
    return receipts.map(({ status, logs }) =>
      status === "0x1" ? { ok: true, logs: this.#parsed(logs) } : { ok: false, error: "", args: [] },
    );
  }

  /** The answer of a view, as of the latest block. */
  async read(to: string, fn: string, args: readonly Plain[]): Promise<Plain> {
    return decode(this.#functionOf(to, fn).outputs, await call(to, this.#dataOf(to, fn, args)));
  }

  /** The answers of views, all as of the latest block. */
  async readAll(questions: readonly Question[]): Promise<Plain[]> {
    const { selector } = this.#functionOf(this.reader, "ask");
    const answers: Plain[] = [];
    for (let start = 0; start < questions.length; start += MOST_QUESTIONS) {
      const part = questions.slice(start, start + MOST_QUESTIONS);
      const calls = part.map(([target, fn, ...args]) => ({ target, data: this.#dataOf(target, fn, args).slice(2) }));
      const list = decodeAnswers(await call(this.reader, `${selector}${encodeQuestions(calls)}`));
      for (const [index, answer] of list.entries()) {
        const [target, fn] = part[index]!;
        answers.push(decode(this.#functionOf(target, fn).outputs, answer));
      }
    }
    return answers;
  }

  /** An empty block of that second. */
  async mineAt(second: bigint): Promise<void> {
    await network.provider.send("evm_setNextBlockTimestamp", [Number(second)]);
    await network.provider.send("evm_mine", []);
  }

  /** Every event of these contracts since a block, each with the second of its block. */
  async eventsSince(block: number): Promise<(ParsedLog & { second: bigint })[]> {
    const filter = { fromBlock: quantity(block), toBlock: "latest", address: [...this.#contracts.keys()] };
    const logs = (await network.provider.send("eth_getLogs", [filter])) as (Log & { blockNumber: unknown })[];
    const seconds = new Map<unknown, bigint>();
    const events: (ParsedLog & { second: bigint })[] = [];
    for (const log of logs) {
      let second = seconds.get(log.blockNumber);
      if (second === undefined) {
        const header: unknown = await network.provider.send("eth_getBlockByNumber", [log.blockNumber, false]);
        second = BigInt((header as { timestamp: string }).timestamp);
        seconds.set(log.blockNumber, second);
      }
      for (const event of this.#parsed([log])) events.push({ ...event, second });
    }
    return events;
  }

  #at(to: string): Known {
    const found = this.#contracts.get(to.toLowerCase());
    if (found === undefined) throw new Error(`No contract of this test is at ${to}: add it to Chain.of`);
    return found;
  }

  #functionOf(to: string, fn: string) {
    const found = this.#at(to).functions.get(fn);
    if (found === undefined) throw new Error(`The contract at ${to} has no function ${fn}`);
    return found;
  }

  #dataOf(to: string, fn: string, args: readonly Plain[]): string {
    const { selector, inputs } = this.#functionOf(to, fn);
    return `${selector}${encode(inputs, args)}`;
  }

  #transaction({ by, to, fn, args }: Call, gas = GAS): Record<string, string> {
    return { from: by, to, data: this.#dataOf(to, fn, args), gas: quantity(gas) };
  }

  #parsed(logs: readonly Log[]): ParsedLog[] {
    return logs.flatMap((log) => {
      const { address, contract, events } = this.#contracts.get(log.address.toLowerCase()) ?? {};
      const event = events?.get(log.topics[0] ?? "");
      if (address === undefined || contract === undefined || event === undefined) return [];
      const args = contract.decodeEventLog(event, log.data, log.topics);
      return [{ address, name: event.name, args: fieldsOf(event.inputs, args) }];
    });
  }

  #errorIn(error: unknown): { error: string; args: readonly Plain[] } {
    const data = typeof error === "object" && error !== null && "data" in error ? error.data : undefined;
    if (typeof data !== "string") throw error;
    const fragment = this.#errors.get(data.slice(0, 10));
    if (fragment === undefined) return { error: `revert ${data}`, args: [] };
    const values = coder.decode(fragment.inputs, `0x${data.slice(10)}`);
    return { error: fragment.name, args: Object.values(fieldsOf(fragment.inputs, values)) };
  }
}

const receiptOf = (hash: string): Promise<RawReceipt> =>
  network.provider.send("eth_getTransactionReceipt", [hash]) as Promise<RawReceipt>;

/** The digits that a call is answered with. */
async function call(to: string, data: string): Promise<string> {
  const answer = (await network.provider.send("eth_call", [{ to, data }, "latest"])) as string;
  return answer.slice(2);
}
