import type { LogParams } from "ethers";

import type { DutyKind } from "../core/duties";
import type { Head } from "../core/events";
import type { Fees, L1Fee } from "../core/fees";
import type { Batch, Bounds } from "../core/parts";
import type { Attempt, Slot } from "../core/slots";
import type { ChainApi, Receipt, Verdict } from "./api";
import type { Call } from "./signer";

/** What the queue asks of the chain. */
export type Network = Pick<ChainApi, "transactionCount" | "receipt" | "broadcast" | "balance">;

/** One transaction to send. */
export type Submission = Batch;

/** How duties become transactions, and transactions tell what they did. */
export interface Codec {
  /** The call that does the duties of one kind with these keys. */
  encode(kind: DutyKind, keys: readonly string[]): Call;
  /** Whether that call would now do all of them with so much gas; false where the nodes do not tell. */
  works(kind: DutyKind, keys: readonly string[], gasLimit: bigint): Promise<boolean>;
  /** What a mined transaction of this account did, from its logs. */
  doneBy(logs: readonly LogParams[]): readonly Done[];
}

export interface QueuePolicy extends Bounds {
  /** What publishing costs on a rollup: `maxTransactionCost` bounds it together with the gas. */
  readonly l1Fee?: ((head: Head) => Promise<L1Fee>) | undefined;
  /** Blocks on top of a mined transaction after which no fork is expected to take it back. */
  readonly confirmations: number;
  /** Blocks without being mined after which more is offered. */
  readonly bumpBlocks: number;
}

/** A duty that a mined transaction did, and what for, base units of its token. */
export interface Done {
  readonly key: string;
  readonly bounty: bigint;
}

/** A nonce is used up: by `attempt`, which did what `done` says; or by a transaction that nobody here signed. */
export type Settled =
  | {
      readonly type: "mined";
      readonly attempt: Attempt;
      readonly receipt: Receipt;
      readonly done: readonly Done[];
      /** Base units by token. */
      readonly earned: Readonly<Record<string, string>>;
    }
  | { readonly type: "foreign"; readonly slot: Slot };

/** A duty that every node refuses, alone in a transaction. */
export interface RefusedDuty {
  readonly kind: DutyKind;
  readonly key: string;
  /** What a node said. */
  readonly reason: string;
}

/** What there is to tell while transactions are on their way. */
export type QueueEvent =
  | { readonly type: "signed" | "sent"; readonly attempt: Attempt }
  | { readonly type: "raised"; readonly attempt: Attempt; readonly before: Fees }
  | { readonly type: "refused"; readonly attempt: Attempt; readonly verdict: Verdict; readonly reason: string }
  | { readonly type: "strangers"; readonly nonce: number; readonly pending: number };
