import type { Logger } from "pino";

import type { Executor } from "../chain/executor";
import type { FeeReader } from "../chain/feeReader";
import type { L1FeeReader } from "../chain/l1FeeReader";
import type { TransactionQueue } from "../chain/queue";
import type { Duty } from "../core/duties";
import type { Head } from "../core/events";
import type { Policy } from "../core/worth";
import type { Backoff } from "../store/backoff";
import type { ChainState } from "../store/chainState";
import type { Work } from "../store/work";
import type { Meter } from "./meter";

/** What a keeper only looks with. */
export interface Eyes {
  /** Brings the state to the newest block and returns that. */
  readonly sync: () => Promise<Head>;
  /** Has recent blocks read again: what is known does not fit what the contracts say. */
  readonly suspect: () => void;
  /** Has the contracts asked how the leases or disputes of these duties stand: simulations did not do what the logs promise. */
  readonly doubt: (duties: readonly Pick<Duty, "kind" | "id">[]) => void;
  readonly state: ChainState;
  readonly fees: FeeReader;
  /** On a rollup. */
  readonly l1Fees: Pick<L1FeeReader, "at"> | undefined;
  readonly policy: Policy;
  /** Most gas that the node simulates. */
  readonly nodeGasLimit: bigint;
  /** Transactions that may be on their way at once. */
  readonly maxInFlight: number;
}

/** What it acts with. */
export interface Hands {
  readonly queue: TransactionQueue;
  readonly executor: Pick<Executor, "simulate">;
  readonly work: Work;
  readonly backoff: Backoff;
  /** Under which it claims duties: unique among the keepers of one database, the same after a restart. */
  readonly name: string;
  /** Chain seconds for which a duty is claimed. */
  readonly claimSeconds: number;
  /** Of its account, wei. */
  readonly balance: () => Promise<bigint>;
  readonly meter: Meter;
  readonly log: Logger;
  /** Stops a pass between two steps. */
  readonly signal: AbortSignal;
}
