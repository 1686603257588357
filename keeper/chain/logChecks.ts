/** What lines of a log must look like, whatever the chain is. */
import { getBytes, keccak256, type LogParams } from "ethers";

import type { Header, LogFilter } from "./api";
import { VoidAnswerError } from "./rpcErrors";

/**
 * Fails with a VoidAnswerError unless these are, in order, lines of blocks `from` to `to` that the filter asks for, none of
 * them taken back, and all of a block of the same hash.
 */
export function checkLogs(logs: readonly LogParams[], from: number, to: number, filter: LogFilter): void {
  const addresses = new Set(filter.addresses);
  const topics = new Set(filter.topics);
  let last: LogParams | undefined;
  for (const log of logs) {
    const where = `line ${log.index} of block ${log.blockNumber}`;
    if (log.removed) throw new VoidAnswerError(`${where} was taken back by a fork`);
    if (log.blockNumber < from || log.blockNumber > to) throw new VoidAnswerError(`${where} is of no block asked for`);
    if (!addresses.has(log.address)) throw new VoidAnswerError(`${where} is of ${log.address}, not asked for`);
    if (!topics.has(log.topics[0] ?? "")) throw new VoidAnswerError(`${where} has a topic not asked for`);
    if (last !== undefined) {
      const sameBlock = last.blockNumber === log.blockNumber;
      if (last.blockNumber > log.blockNumber || (sameBlock && last.index >= log.index)) {
        throw new VoidAnswerError(`${where} comes after line ${last.index} of block ${last.blockNumber}`);
      }
      if (sameBlock && last.blockHash !== log.blockHash) throw new VoidAnswerError(`${where} is of another block`);
    }
    last = log;
  }
}

/** As `checkLogs`, for the lines of one block; its header must admit every one of them. */
export function checkLogsOf(block: Header, logs: readonly LogParams[], filter: LogFilter): void {
  checkLogs(logs, block.number, block.number, filter);
  for (const log of logs) {
    if (log.blockHash !== block.hash) throw new VoidAnswerError(`line ${log.index} is of block ${log.blockHash}`);
    for (const value of [log.address, ...log.topics]) {
      if (!EMPTY.test(block.logsBloom) && !mayHold(block.logsBloom, value)) {
        throw new VoidAnswerError(`line ${log.index} cannot be in the block: its header says that ${value} is not`);
      }
    }
  }
}

export function isEmptyBloom(logsBloom: string): boolean {
  return EMPTY.test(logsBloom);
}

/** Whether the header leaves it open that logs of the filter are in the block; if not, none are. */
export function mayHoldLogs(block: Header, filter: LogFilter): boolean {
  const { logsBloom } = block;
  const some = (values: readonly string[]): boolean => values.some((value) => mayHold(logsBloom, value));
  return some(filter.addresses) && some(filter.topics);
}

/** Some chains leave blooms empty: such a one says nothing. */
const EMPTY = /^0x0*$/;

/** Three bits for every address and topic: the low 11 bits of the first three pairs of bytes of its hash. */
function mayHold(bloom: string, value: string): boolean {
  return bitsOf(value).every((bit) => {
    const digit = bloom.charAt(2 + 511 - Math.floor(bit / 4));
    return (Number.parseInt(digit, 16) & (1 << (bit % 4))) !== 0;
  });
}

const bits = new Map<string, readonly number[]>();
const MOST_BITS = 1_000;

function bitsOf(value: string): readonly number[] {
  const known = bits.get(value);
  if (known !== undefined) return known;
  const hash = getBytes(keccak256(value));
  const found = [0, 2, 4].map((at) => (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 2_047);
  if (bits.size >= MOST_BITS) bits.clear();
  bits.set(value, found);
  return found;
}
