import type { Broadcasts } from "./broadcasts";
import type { Block } from "./chain";
import type { LastingKind } from "./lasting";
import type { Reading } from "./oracle";
import type { FaultKind, KillPoint, Scenario, StoreFate } from "./scenario";
import type { StoreFile } from "./store";

/** What was seen of a run; the verdict follows from it. */
export interface Observed {
  readonly scenario: Scenario;
  readonly account: string;
  readonly broadcasts: Broadcasts;
  readonly foreign: ReadonlySet<string>;
  readonly reading: Reading;
  readonly head: Block;
  readonly cap: bigint;
  /** What could still be done at the end. */
  readonly left: readonly string[];
  /** The first block after the last fault. */
  readonly calmFrom: number;
  /** Transactions that a tenant made sure would do nothing. */
  readonly poisoned: ReadonlySet<string>;
  /** The longest that a lease which had ended waited, blocks. */
  readonly lag: number;
  readonly store: StoreFile;
  /** How many stores the keeper had before the last one. */
  readonly storesLost: number;
  readonly stop: { readonly code: number | string; readonly ms: number };
  /** Codes with which the keeper ended by itself. */
  readonly ends: readonly number[];
  readonly blocks: number;
  readonly starts: number;
  readonly forks: number;
  readonly deepestFork: number;
  /** Transactions that forks took back, by hash: the last of those forks, counted from 1. */
  readonly takenBack: ReadonlyMap<string, number>;
  /** What really happened, by kind. */
  readonly faults: ReadonlyMap<FaultKind | LastingKind, number>;
  readonly kills: ReadonlyMap<KillPoint, number>;
  readonly fates: ReadonlyMap<StoreFate, number>;
  readonly others: ReadonlyMap<string, number>;
  readonly calls: number;
  readonly lines: readonly string[];
  /** What the harness did, block by block. */
  readonly story: readonly string[];
  readonly ms: number;
}
