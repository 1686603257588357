import type { Outcome } from "../driver/chain";
import type { Cast } from "../driver/cast";
import type { Command } from "../driver/commands";
import type { PromiseId } from "./broken";
import type { History } from "./history";
import type { Mirror } from "./mirror";

/** What a promise is checked against after a step. Nothing here comes from the model. */
export interface Scene {
  readonly mirror: Mirror;
  readonly history: History;
  readonly cast: Cast;
  /** Second of the block. */
  readonly now: bigint;
  readonly grace: bigint;
  /** The calls of the block, and what became of them. */
  readonly calls: readonly { command: Command; outcome: Outcome }[];
  /** What was read after this step, and what had been there before. */
  readonly changed: ReadonlyMap<string, { before: bigint; after: bigint }>;
  /** Keys of leases that were read after this step. */
  readonly leases: readonly string[];
  /** Ids of disputes whose view was read after this step. */
  readonly disputes: readonly string[];
  /** Notes that a promise was put to the test so many times. */
  count(promise: PromiseId, times?: number): void;
}
