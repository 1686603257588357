import { type Duty, isOfDispute } from "../core/duties";
import type { Head } from "../core/events";
import type { Seen } from "../core/views";
import type { Adopter } from "../store/chainState";
import type { ChainApi } from "./api";
import { disputeSeen, duePage, leasesSeen, type ViewSources } from "./lensPages";

/** Leases that one call looks at, at most: each costs the node up to 35,000 gas, and a call may have 10,000,000. */
export const MOST_SCANNED = 256n;
const LEAST_SCANNED = 8n;
export const MOST_VIEWED = 64;
/** Blocks between two pages of one round, and from the end of a round to the next one. */
const PAGE_EVERY = 8;
const ROUND_EVERY = 16;
/** Blocks until the same lease or dispute is looked at again. */
const VIEW_EVERY = 64;
const MOST_DOUBTS = 1_000;
/** Blocks for which nothing is asked at most, where nothing is told. */
const LONGEST_QUIET = 64;

/** A lease or a dispute of which the contracts contradict what the logs say. */
interface Doubt {
  readonly id: bigint;
  readonly isDispute: boolean;
}

/**
 * Asks the contracts themselves where logs may have been left out, so that a node which leaves one out for good hides no duty.
 * Which leases are due: page by page, one call in eight blocks; in each block after a gap was found. And how a lease or a
 * dispute stands of which a simulation did not do what the logs promise: one call in a block at most, about one and the same
 * once in 64 blocks. It never fails: what it does not learn now, a later look tells.
 */
export class Reconciler {
  private nextAt = 0;
  private cursor = 0n;
  private scan = MOST_SCANNED;
  private isUrgent = false;
  /** Smallest pages and single views in a row that nobody told. A call that hangs holds up the pass: it is made less and less. */
  private failures = 0;
  private quietUntil = 0;
  private lookedAt = -1;
  private readonly doubts = new Map<bigint, Doubt>();
  /** The block at which each was looked at last. */
  private readonly viewedAt = new Map<bigint, number>();
  private mostViewed = MOST_VIEWED;

  constructor(
    private readonly network: Pick<ChainApi, "call">,
    private readonly sources: ViewSources,
    private readonly state: Adopter,
    private readonly tell: (items: readonly string[]) => void = () => undefined,
  ) {}

  /** Something was left out: a whole round, a page with every block, from now on. */
  hurry(): void {
    this.isUrgent = true;
    this.nextAt = 0;
  }

  /** Simulations say that these are not due, which the logs say they are. */
  doubt(duties: readonly Pick<Duty, "kind" | "id">[]): void {
    for (const { kind, id } of duties) {
      if (kind === "collect") continue; // of what is paid out, these views say nothing
      if (this.doubts.size < MOST_DOUBTS) this.doubts.set(id, { id, isDispute: isOfDispute(kind) });
    }
  }

  async look(head: Pick<Head, "number" | "timestamp">): Promise<void> {
    if (head.number === this.lookedAt) return;
    this.lookedAt = head.number;
    if (isAhead(this.quietUntil, head.number)) return;
    if (!isAhead(this.nextAt, head.number)) await this.lookAtPage(head);
    else await this.lookAtDoubts(head);
  }

  private async lookAtPage({ number, timestamp }: Pick<Head, "number" | "timestamp">): Promise<void> {
    const asked = { from: this.cursor, scan: this.scan, now: timestamp };
    const page = await duePage(this.network, this.sources, asked).catch(() => undefined);
    if (page === undefined) {
      // Refused, too large, or no list at all: it is asked again, and the logs are followed meanwhile.
      if (this.scan > LEAST_SCANNED) this.scan /= 2n;
      else this.failed(number);
      this.nextAt = number + 1;
      return;
    }
    this.failures = 0;
    await this.adopt(page.due);
    this.cursor = page.next;
    const isOver = page.next === 0n;
    this.nextAt = number + (isOver ? ROUND_EVERY : this.isUrgent ? 1 : PAGE_EVERY);
    if (isOver) this.isUrgent = false;
    if (this.scan < MOST_SCANNED) this.scan *= 2n;
  }

  private async lookAtDoubts({ number }: Pick<Head, "number">): Promise<void> {
    for (const [id, at] of this.viewedAt) if (number >= at + VIEW_EVERY || number < at) this.viewedAt.delete(id);
    const open = [...this.doubts.values()].filter(({ id }) => !this.viewedAt.has(id));
    const [first] = open;
    if (first === undefined) return;
    const those = first.isDispute ? [first] : open.filter(({ isDispute }) => !isDispute).slice(0, this.mostViewed);
    const ids = those.map(({ id }) => id);
    const seen = await this.view(first.isDispute, ids).catch(() => undefined);
    if (seen === undefined && ids.length > 1) {
      this.mostViewed = Math.ceil(ids.length / 2);
      return;
    }
    this.mostViewed = Math.min(MOST_VIEWED, this.mostViewed * 2);
    for (const id of ids) {
      this.doubts.delete(id);
      this.viewedAt.set(id, number);
    }
    if (seen === undefined) return this.failed(number);
    this.failures = 0;
    await this.adopt(seen);
  }

  private failed(number: number): void {
    this.failures += 1;
    this.quietUntil = number + Math.min(2 ** this.failures, LONGEST_QUIET);
  }

  private async view(isDispute: boolean, ids: readonly bigint[]): Promise<readonly Seen[]> {
    if (!isDispute) return leasesSeen(this.network, this.sources, ids);
    return Promise.all(ids.map((id) => disputeSeen(this.network, this.sources, id)));
  }

  private async adopt(seen: readonly Seen[]): Promise<void> {
    const changed = await this.state.adopt(seen);
    if (changed.length > 0) this.tell(changed);
  }
}

/** Whether block `until` is still to come. It was never set further ahead: then it was by a head that is void by now. */
function isAhead(until: number, number: number): boolean {
  return number < until && until <= number + LONGEST_QUIET;
}
