import { formatDisputeId } from "../../sdk/ids";
import type { Changes } from "./changes";
import { type OpenPhase, ripeAt } from "./disputes";
import type { DisputeDuty } from "./duties";
import type { DisputeEvent } from "./events";
import { known } from "./gap";

/** A dispute that is not settled: its phase, and the block that it entered it in. */
interface OpenDispute {
  readonly phase: OpenPhase;
  readonly blockHash: string;
}

/** All disputes that are not settled, from events alone. */
export class DisputeIndex {
  private readonly disputes = new Map<bigint, OpenDispute>();

  /** Disputes that are not settled. */
  get size(): number {
    return this.disputes.size;
  }

  /** Applies the next event. Fails with a GapError, unchanged. */
  apply({ disputeId, phase, block }: DisputeEvent, changes: Changes): void {
    if (phase !== "Filed") known(this.disputes.get(disputeId), `dispute ${formatDisputeId(disputeId)}`);
    if (phase === "Settled") changes.delete(this.disputes, disputeId);
    else changes.set(this.disputes, disputeId, { phase, blockHash: block.hash });
  }

  /** Forgets everything. */
  clear(): void {
    this.disputes.clear();
  }

  /** Hashes of the blocks whose times `duties` asks for. */
  *blocks(): Generator<string> {
    for (const { blockHash } of this.disputes.values()) yield blockHash;
  }

  /** What the disputes will need if everybody stays silent, in no order. One whose block's time is not known is left out. */
  *duties(timeOf: (blockHash: string) => number | undefined): Generator<DisputeDuty> {
    for (const [disputeId, { phase, blockHash }] of this.disputes) {
      const since = timeOf(blockHash);
      if (since === undefined) continue;
      yield { kind: phase === "Executed" ? "settle" : "execute", disputeId, dueAt: ripeAt(phase, since) };
    }
  }
}
