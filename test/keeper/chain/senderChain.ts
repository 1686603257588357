import { id, Transaction } from "ethers";

import type { Broadcast, Receipt } from "../../../keeper/chain/api";
import type { Network } from "../../../keeper/chain/queueApi";
import { UnansweredError, WaitError } from "../../../keeper/chain/rpcErrors";
import type { Head } from "../../../keeper/core/events";

interface Block {
  readonly head: Head;
  readonly transactions: readonly Transaction[];
}

export const GWEI = 10n ** 9n;
const SECONDS = 12;
const GAS_LIMIT = 30_000_000n;

/** A chain of blocks, a pool of transactions, and one node that knows both: for one sender, without contracts. */
export class SenderChain implements Network {
  readonly blocks: Block[] = [];
  /** Waiting transactions by nonce. */
  readonly pool = new Map<number, Transaction>();
  baseFee = 10n * GWEI;
  /** Every raw transaction that was ever offered. */
  readonly offered = new Set<string>();
  /** What the node answers is lost, or it is not asked at all; or only what it is sent: lost, or not answered to. */
  fault: "none" | "unheard" | "unanswered" | "deaf" | "mute" = "none";
  isEmpty = false;
  /** Says that it knows of no receipt. */
  hidesReceipts = false;
  /** Says that nodes contradict each other about receipts. */
  disputesReceipts = false;
  /** Whether the node refuses what offers less than the base fee, instead of keeping it. */
  isStrict = false;
  /** What a transaction may cost at most, gas limit times fee, wei. */
  feeCap: bigint | undefined;
  /** Most gas that a transaction may take. */
  gasCap: bigint | undefined;
  /** Least gas that a transaction needs. */
  leastGas = 21_000n;
  /** What so many duties need. */
  needs: (duties: number) => bigint = (duties) => 71_000n + 12_500n * BigInt(duties);
  /** Most bytes of data. */
  sizeCap: number | undefined;
  /** Coin of the sender, wei; undefined: any amount. */
  funds: bigint | undefined;
  /** What every transaction is refused with. */
  refusesAll: "rejected" | "notNow" | undefined;
  /** Every answer to a broadcast. */
  readonly answers: Broadcast["verdict"][] = [];
  private forks = 0;

  constructor(readonly sender: string) {
    this.mine();
  }

  get head(): Head {
    const block = this.blocks.at(-1);
    if (block === undefined) throw new Error("the chain has no block");
    return block.head;
  }

  /** Hashes of all transactions in the chain. */
  mined(): Transaction[] {
    return this.blocks.flatMap(({ transactions }) => [...transactions]);
  }

  get nextNonce(): number {
    return this.mined().length;
  }

  /** One more block, with what waits and pays enough. */
  mine(): Head {
    const transactions: Transaction[] = [];
    for (let nonce = this.nextNonce; ; nonce++) {
      const transaction = this.pool.get(nonce);
      if (transaction === undefined || (transaction.maxFeePerGas ?? 0n) < this.baseFee || this.isEmpty) break;
      transactions.push(transaction);
      this.pool.delete(nonce);
    }
    const before = this.blocks.at(-1)?.head;
    const number = (before?.number ?? 99) + 1;
    const head: Head = {
      number,
      hash: id(`${number} ${this.forks} ${transactions.map(({ hash }) => hash).join()}`),
      parentHash: before?.hash ?? id("before"),
      timestamp: (before?.timestamp ?? 1_000_000) + SECONDS,
      gasLimit: GAS_LIMIT,
      baseFeePerGas: this.baseFee,
    };
    this.blocks.push({ head, transactions });
    return head;
  }

  /** Takes back `depth` blocks; their transactions wait again, or are forgotten. */
  fork(depth: number, forgets: boolean): void {
    this.forks++;
    const taken = this.blocks.splice(Math.max(1, this.blocks.length - depth));
    for (const transaction of taken.flatMap(({ transactions }) => transactions)) {
      if (forgets || this.pool.has(transaction.nonce)) continue;
      this.pool.set(transaction.nonce, transaction);
    }
    if (forgets) this.pool.clear();
  }

  async transactionCount(_account: string, at: "latest" | "pending"): Promise<number> {
    this.answer();
    let count = this.nextNonce;
    while (at === "pending" && this.pool.has(count)) count++;
    return count;
  }

  async receipt(hash: string): Promise<Receipt | undefined | "disputed"> {
    this.answer();
    if (this.disputesReceipts) return "disputed";
    if (this.hidesReceipts) return undefined;
    for (const { head, transactions } of this.blocks) {
      if (transactions.every((transaction) => transaction.hash !== hash)) continue;
      const cost = { gasUsed: 50_000n, feePaid: 50_000n * this.baseFee };
      return { hash, blockNumber: head.number, blockHash: head.hash, reverted: false, ...cost, logs: [] };
    }
    return undefined;
  }

  async broadcast(raw: string): Promise<Broadcast> {
    const transaction = Transaction.from(raw);
    const { hash } = transaction;
    if (hash === null) throw new Error("not signed");
    if (this.fault === "unheard" || this.fault === "deaf") throw new UnansweredError("no endpoint answers");
    this.offered.add(hash);
    const verdict = this.take(transaction, hash);
    if (this.fault !== "none") throw new UnansweredError("no endpoint answers");
    this.answers.push(verdict);
    const refusedByAll = !["accepted", "known", "nonceUsed", "notNow"].includes(verdict);
    return { hash, verdict, reason: verdict === "accepted" ? "" : verdict, refusedByAll };
  }

  async balance(): Promise<bigint> {
    this.answer();
    return this.isEmpty ? 0n : (this.funds ?? 10n ** 24n);
  }

  async maxPriorityFeePerGas(): Promise<bigint> {
    this.answer();
    return GWEI;
  }

  async paidTip(): Promise<bigint | undefined> {
    this.answer();
    return GWEI;
  }

  async gasPrice(): Promise<bigint> {
    throw new Error("this chain has a base fee");
  }

  private take(transaction: Transaction, hash: string): Broadcast["verdict"] {
    const { nonce } = transaction;
    if (nonce < this.nextNonce) return "nonceUsed";
    if (this.refusesAll !== undefined) return this.refusesAll;
    if (this.isAtFault(transaction)) return "rejected";
    const rival = this.pool.get(nonce);
    if (rival?.hash === hash) return "known";
    const others = [...this.pool.values()].filter((other) => other.nonce !== nonce);
    const cost = [...others, transaction].reduce((sum, each) => sum + costOf(each), 0n);
    if (this.isEmpty || cost > (this.funds ?? cost)) return "insufficientFunds";
    if (this.isStrict && (transaction.maxFeePerGas ?? 0n) < this.baseFee) return "feeTooLow";
    const replaces = (fee: bigint | null | undefined, before: bigint | null | undefined): boolean =>
      (fee ?? 0n) * 10n >= (before ?? 0n) * 11n;
    if (
      rival !== undefined &&
      !(
        replaces(transaction.maxFeePerGas, rival.maxFeePerGas) &&
        replaces(transaction.maxPriorityFeePerGas, rival.maxPriorityFeePerGas)
      )
    ) {
      return "underpriced";
    }
    this.pool.set(nonce, transaction);
    return "accepted";
  }

  private isAtFault(transaction: Transaction): boolean {
    const { data, gasLimit } = transaction;
    return (
      costOf(transaction) > (this.feeCap ?? costOf(transaction)) ||
      gasLimit > (this.gasCap ?? gasLimit) ||
      gasLimit < this.leastGas ||
      data.length / 2 - 1 > (this.sizeCap ?? data.length)
    );
  }

  private answer(): void {
    if (this.fault === "unheard" || this.fault === "unanswered") throw new WaitError("no endpoint answers");
  }
}

/** What a transaction may cost at most. */
function costOf({ gasLimit, maxFeePerGas }: Transaction): bigint {
  return gasLimit * (maxFeePerGas ?? 0n);
}
