import type { LogParams } from "ethers";

import type { Head } from "../core/events";

/** A block's header, as far as the keeper uses it. */
export interface Header extends Head {
  /** 256 bytes in hexadecimal digits: says which addresses and topics cannot be in the block's logs. */
  readonly logsBloom: string;
}

/** Which logs are asked for: of any of these addresses, with any of these first topics. Addresses are checksummed. */
export interface LogFilter {
  readonly addresses: readonly string[];
  readonly topics: readonly string[];
}

/** A call that is not sent. */
export interface CallRequest {
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly gas?: bigint;
}

/** What became of a transaction. */
export interface Receipt {
  readonly hash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly reverted: boolean;
  readonly gasUsed: bigint;
  /** Wei, with the L1 data fee of a rollup; undefined where the node does not tell the price of gas. */
  readonly feePaid: bigint | undefined;
  readonly logs: readonly LogParams[];
}

/**
 * What became of a broadcast. `accepted` and `known` (before, by this very hash): a node has it. `nonceUsed`: a mined transaction
 * has the nonce, perhaps this one. `underpriced`: another one with this nonce waits, and pays nearly as much.
 * `feeTooLow`: below what the node or the block takes. `notNow`: the node takes none for now, or none of this account.
 * `rejected`: it is at fault itself.
 */
export type Verdict =
  "accepted" | "known" | "nonceUsed" | "underpriced" | "insufficientFunds" | "feeTooLow" | "notNow" | "rejected";

export interface Broadcast {
  /** Computed from the bytes, whatever the nodes say. */
  readonly hash: string;
  readonly verdict: Verdict;
  /** What the node said; "" where it took the transaction. */
  readonly reason: string;
  /** Whether all that were asked answered, and found the transaction at fault: nobody has it. */
  readonly refusedByAll: boolean;
}

/**
 * The chain, as enough endpoints agree on it. Every method fails with a WaitError where they do not agree, or too few
 * answer: nothing is known then, and another look may tell.
 */
export interface ChainApi {
  /** The newest block that enough endpoints know. */
  head(): Promise<Header>;
  /** Undefined where the chain has no such block (any more). */
  block(numberOrHash: number | string): Promise<Header | undefined>;
  /** Blocks by hash, in the order of the hashes; `upTo` is the largest of their numbers. */
  blocks(hashes: readonly string[], upTo: number): Promise<readonly (Header | undefined)[]>;
  /** Logs of one block, in order; fails where the block is not known. */
  logsOf(block: Header, filter: LogFilter): Promise<readonly LogParams[]>;
  /** Logs of blocks `from` to `to`, both included, in order. Fails with a TooMuchError where they are too many, unless it is one block. */
  logsIn(from: number, to: number, filter: LogFilter): Promise<readonly LogParams[]>;
  /** Transactions of an account that are mined at the newest head that was agreed on; or with those that wait to be. */
  transactionCount(account: string, at: "latest" | "pending"): Promise<number>;
  /** Undefined: not mined, all agree. "disputed": some say that it is, too few to believe it; or not in the same block. */
  receipt(hash: string): Promise<Receipt | undefined | "disputed">;
  /** Wei, at the newest head that was agreed on. */
  balance(account: string): Promise<bigint>;
  /** What a call returns at the newest head that was agreed on; fails with a RevertError where it reverts, and with a CallRefusedError where nodes refuse this very call. */
  call(request: CallRequest): Promise<string>;
  /** What endpoints suggest, wei per gas: the middle one, of two the smaller. Undefined where none can tell. */
  maxPriorityFeePerGas(): Promise<bigint | undefined>;
  /** For chains without a base fee, likewise. */
  gasPrice(): Promise<bigint | undefined>;
  /** What transactions of recent blocks paid on top of the base fee, likewise; undefined, too, where there were none. */
  paidTip(): Promise<bigint | undefined>;
  /** Hands a signed transaction to every endpoint. Fails with a WaitError where none answers: it may be under way all the same. */
  broadcast(signed: string): Promise<Broadcast>;
}
