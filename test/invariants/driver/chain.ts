import type { BaseContract, Interface, Log, ParamType, Result } from "ethers";
import { network } from "hardhat";

import type { Plain } from "../model/plain";

/** More than any call here takes, and below what one transaction may ask for. */
const GAS = 15_000_000;
/** What calls that share a block may take together. */
const BLOCK_GAS = 28_000_000;
const GWEI = 10n ** 9n;

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

/**
 * Sends calls and reads answers over the node's own interface, with no estimates and no polling in between; a step costs
 * a few milliseconds.
 */
export class Chain {
  readonly #interfaces = new Map<string, Interface>();

  private constructor() {}

  static async of(contracts: readonly BaseContract[]): Promise<Chain> {
    const chain = new Chain();
    for (const contract of contracts) chain.#interfaces.set(await contract.getAddress(), contract.interface);
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
    const contract = this.#interfaceOf(to);
    const fragment = contract.getFunction(fn);
    if (fragment === null) throw new Error(`The contract at ${to} has no function ${fn}`);
    const data = contract.encodeFunctionData(fragment, args);
    const answer = (await network.provider.send("eth_call", [{ to, data }, "latest"])) as string;
    const values = contract.decodeFunctionResult(fragment, answer);
    const [only, ...others] = fragment.outputs;
    return only !== undefined && others.length === 0 ? plainOf(only, values[0]) : fieldsOf(fragment.outputs, values);
  }

  /** An empty block of that second. */
  async mineAt(second: bigint): Promise<void> {
    await network.provider.send("evm_setNextBlockTimestamp", [Number(second)]);
    await network.provider.send("evm_mine", []);
  }

  /** Every event of these contracts since a block, each with the second of its block. */
  async eventsSince(block: number): Promise<(ParsedLog & { second: bigint })[]> {
    const filter = { fromBlock: quantity(block), toBlock: "latest", address: [...this.#interfaces.keys()] };
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

  #interfaceOf(to: string): Interface {
    const found = this.#interfaces.get(to);
    if (found === undefined) throw new Error(`No contract of this test is at ${to}: add it to Chain.of`);
    return found;
  }

  #transaction({ by, to, fn, args }: Call, gas = GAS): Record<string, string> {
    return { from: by, to, data: this.#interfaceOf(to).encodeFunctionData(fn, args), gas: quantity(gas) };
  }

  #parsed(logs: readonly Log[]): ParsedLog[] {
    return logs.flatMap((log) => {
      for (const [address, contract] of this.#interfaces) {
        if (address.toLowerCase() !== log.address.toLowerCase()) continue;
        const parsed = contract.parseLog(log);
        if (parsed !== null)
          return [{ address, name: parsed.name, args: fieldsOf(parsed.fragment.inputs, parsed.args) }];
      }
      return [];
    });
  }

  #errorIn(error: unknown): { error: string; args: readonly Plain[] } {
    const data = typeof error === "object" && error !== null && "data" in error ? error.data : undefined;
    if (typeof data !== "string") throw error;
    for (const contract of this.#interfaces.values()) {
      const parsed = data === "0x" ? null : contract.parseError(data);
      if (parsed !== null)
        return { error: parsed.name, args: Object.values(fieldsOf(parsed.fragment.inputs, parsed.args)) };
    }
    return { error: `revert ${data}`, args: [] };
  }
}

const receiptOf = (hash: string): Promise<RawReceipt> =>
  network.provider.send("eth_getTransactionReceipt", [hash]) as Promise<RawReceipt>;

/** A decoded value as its ABI type says: structs become records, arrays lists. */
function plainOf(type: ParamType, value: unknown): Plain {
  if (type.isArray()) return (value as Result).map((item: unknown) => plainOf(type.arrayChildren, item));
  if (type.isTuple()) return fieldsOf(type.components, value as Result);
  return value as bigint | string | boolean;
}

const fieldsOf = (types: readonly ParamType[], values: Result): Record<string, Plain> =>
  Object.fromEntries(types.map((type, index) => [type.name || String(index), plainOf(type, values[index])]));
