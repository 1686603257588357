import type { Provider, TransactionReceipt, TransactionResponse } from "ethers";
import { setTimeout as sleep } from "node:timers/promises";

import type { Session } from "../session";
import { broadcast, lostBecause } from "./broadcast";

/** One signed transaction of a nonce. */
export interface Attempt {
  readonly hash: string;
  readonly raw: string;
}

/** What is waited for: one nonce of an account, and everything that was signed for it here. */
export interface Tracked {
  readonly account: string;
  readonly nonce: number;
  /** Newest last. */
  readonly attempts: readonly Attempt[];
  /** Whether somebody else's transaction with the nonce, such as a wallet's, does the same. */
  readonly isSame: (other: TransactionResponse) => boolean;
  /** Offers more after a while, where it may: what it broadcasts is among the attempts then. */
  readonly replace?: () => Promise<void>;
}

/** What became of a nonce. */
export type Fate =
  /** One of the attempts, or the same thing in a transaction of somebody else's, such as a wallet's, is in a block. */
  | { readonly kind: "mined"; readonly receipt: TransactionReceipt; readonly isForeign: boolean }
  /** Another transaction used the nonce up. Its hash, where it was found. */
  | { readonly kind: "cancelled"; readonly by: string | undefined }
  /** The time is over. `inBlock`: it is in a block, and lacks confirmations. */
  | { readonly kind: "late"; readonly inBlock?: { readonly block: number; readonly confirmations: number } }
  | { readonly kind: "stopped" };

const DEFAULT_POLL_MS = 50;
/** Looks after which what the node does not know is offered to it again. */
const OFFER_EVERY = 5;
/** Blocks after which what is not mined is replaced. */
const REPLACE_AFTER = 3;
/** Looks at a nonce that is used up before a receipt that does not come counts as none: replicas lag. */
const PATIENCE = 10;

function pollingOf(provider: Provider): number {
  const { pollingInterval } = provider as { pollingInterval?: unknown };
  return typeof pollingInterval === "number" ? pollingInterval : DEFAULT_POLL_MS;
}

/** Looks for a nonce until it is used up for good, the time is over, or the user stops it. Lost answers are no end. */
export class Tracker {
  private looks = 0;
  private usedLooks = 0;
  private replacedAt: number | undefined;
  private readonly provider: Promise<Provider>;

  constructor(
    private readonly session: Session,
    private readonly tracked: Tracked,
  ) {
    this.provider = session.provider();
  }

  async follow(): Promise<Fate> {
    const { config } = this.session;
    const provider = await this.provider;
    const pause = pollingOf(provider);
    const until = performance.now() + config.timeout * 1_000;
    let seen: TransactionReceipt | undefined;
    let confirmations = 0;
    for (;;) {
      const { stopped } = this.session;
      try {
        const fate = await this.look(provider);
        if (fate?.kind === "cancelled") return fate;
        seen = fate?.receipt;
        if (fate !== undefined && seen !== undefined) {
          const head = config.confirmations === 1 ? seen.blockNumber : await provider.getBlockNumber();
          confirmations = Math.max(1, head - seen.blockNumber + 1);
          if (confirmations >= config.confirmations) return fate;
          this.session.progress(
            `in block ${seen.blockNumber}: confirmation ${confirmations} of ${config.confirmations}`,
          );
        }
      } catch (error) {
        // The node has no answer now: the transaction may be mined all the same.
        this.session.progress(`the node does not answer, looking again (${lostBecause(error)})`);
      }
      if (stopped.aborted) return { kind: "stopped" };
      if (performance.now() >= until) {
        return seen === undefined
          ? { kind: "late" }
          : { kind: "late", inBlock: { block: seen.blockNumber, confirmations } };
      }
      await sleep(pause, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  /** One look: undefined while nothing is in a block. */
  private async look(provider: Provider): Promise<Exclude<Fate, { kind: "late" | "stopped" }> | undefined> {
    const { attempts, account, nonce } = this.tracked;
    this.looks += 1;
    for (const { hash } of [...attempts].reverse()) {
      const receipt = await provider.getTransactionReceipt(hash);
      if (receipt !== null) return { kind: "mined", receipt, isForeign: false };
    }
    const used = (await provider.getTransactionCount(account, "latest")) > nonce;
    if (!used) {
      this.usedLooks = 0;
      await this.push(provider);
      return undefined;
    }
    this.usedLooks += 1;
    const other = await findByNonce(provider, account, nonce);
    // It may be one of ours, whose receipt the node has not come to.
    if (other !== undefined && attempts.some(({ hash }) => hash === other.hash)) return undefined;
    if (other === undefined) return this.usedLooks < PATIENCE ? undefined : { kind: "cancelled", by: undefined };
    if (!this.tracked.isSame(other)) return { kind: "cancelled", by: other.hash };
    const receipt = await provider.getTransactionReceipt(other.hash);
    return receipt === null ? undefined : { kind: "mined", receipt, isForeign: true };
  }

  /** What is not mined: offered again where the node does not know it, replaced where it waits for too long. */
  private async push(provider: Provider): Promise<void> {
    const { attempts, replace } = this.tracked;
    const newest = attempts.at(-1);
    if (newest === undefined) return;
    if (this.looks % OFFER_EVERY === 0 && (await provider.getTransaction(newest.hash)) === null) {
      await broadcast(provider, newest.raw, newest.hash);
    }
    if (replace === undefined) return;
    const head = await provider.getBlockNumber();
    this.replacedAt ??= head;
    if (head - this.replacedAt < REPLACE_AFTER) return;
    this.replacedAt = head;
    await replace();
  }
}

/** The transaction of an account that used a nonce up: in the first block after which the count is above it. */
export async function findByNonce(
  provider: Provider,
  account: string,
  nonce: number,
): Promise<TransactionResponse | undefined> {
  const isUsedAt = async (block: number): Promise<boolean> =>
    (await provider.getTransactionCount(account, block)) > nonce;
  let high = await provider.getBlockNumber();
  let low = high;
  for (let step = 1; low > 0 && (await isUsedAt(low)); step *= 2) {
    high = low;
    low = Math.max(0, low - step);
  }
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2);
    if (await isUsedAt(middle)) high = middle;
    else low = middle;
  }
  const block = await provider.getBlock(high, true);
  return block?.prefetchedTransactions.find((each) => each.from === account && each.nonce === nonce);
}
