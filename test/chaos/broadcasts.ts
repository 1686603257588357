import { Transaction } from "ethers";

/** When a transaction came by. */
export interface Moment {
  /** Which store the keeper had then: each loss of the store begins another one. */
  readonly store: number;
  /** Time of the chain's head then. */
  readonly headTime: number;
  /** Forks that the keeper knew of. */
  readonly forks: number;
}

/** A raw transaction that came by. */
export interface Broadcast extends Moment {
  readonly hash: string;
  readonly raw: string;
  readonly nonce: number;
  /** Wei: the most that it can pay per gas. */
  readonly maxFee: bigint;
  readonly priorityFee: bigint;
  readonly gasLimit: bigint;
  /** Whether the journal held it before; undefined: the store could not be read. */
  readonly journalled: boolean | undefined;
}

/** Every transaction that the keeper ever showed to anybody. */
export class Broadcasts {
  readonly all = new Map<string, Broadcast>();

  /** Notes one; only the first time counts. Returns whether it was new. */
  note(raw: string, moment: Moment, isJournalled: (hash: string) => boolean | undefined): boolean {
    const { hash, nonce, maxFeePerGas, gasPrice, maxPriorityFeePerGas, gasLimit } = Transaction.from(raw);
    if (hash === null || this.all.has(hash)) return false;
    const maxFee = maxFeePerGas ?? gasPrice ?? 0n;
    const journalled = isJournalled(hash);
    this.all.set(hash, {
      hash,
      raw,
      nonce,
      maxFee,
      priorityFee: maxPriorityFeePerGas ?? 0n,
      gasLimit,
      journalled,
      ...moment,
    });
    return true;
  }
}
