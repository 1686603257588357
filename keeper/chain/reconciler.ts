import { type Duty, isOfDispute } from "../core/duties";
import type { Head } from "../core/events";
import { keyOfSeen, type Seen } from "../core/views";
import type { Adopter } from "../store/chainState";
import type { ChainApi } from "./api";
import { disputeSeen, duePage, leasesSeen, type ViewSources } from "./lensPages";
import { ViewRound } from "./viewRound";

/** Leases that one call looks at, at most: each costs the node up to 35,000 gas, and a call may have 10,000,000. */
export const MOST_SCANNED = 256n;
const LEAST_SCANNED = 8n;
export const MOST_VIEWED = 64;
/** Blocks between two pages of one round, and from the end of a round to the next one. */
const PAGE_EVERY = 8;
const ROUND_EVERY = 16;
/** Blocks until the same lease or dispute is looked at again. */
const VIEW_EVERY = 64;
/** The same where logs are known to be left out, and no node answered. */
const RETRY_EVERY = 8;
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
 * once in 64 blocks; and so, again and again, how leases stand in which logs are known to be left out.
 *
 * Besides, in rounds, how all leases stand of which more than the end matters: those in which a served provider has something,
 * those with an order, and those that no log introduced. Which these are, the store knows: a restart forgets none. A call in
 * two blocks at most, a round in 64 blocks or as many as it takes. It never fails: what it does not learn now, a later look
 * tells.
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
  /** Leases in which logs are left out: a gap named them, or the contracts told of them what no log did. */
  private readonly gappy = new Set<bigint>();
  private mostViewed = MOST_VIEWED;
  private readonly round: ViewRound;

  constructor(
    private readonly network: Pick<ChainApi, "call">,
    private readonly sources: ViewSources,
    private readonly state: Adopter,
    private readonly tell: (items: readonly string[]) => void = () => undefined,
  ) {
    this.round = new ViewRound(state);
  }

  /** Something was left out, in these leases: a whole round, a page with every block, from now on. */
  hurry(leases: readonly bigint[] = []): void {
    this.isUrgent = true;
    this.nextAt = 0;
    for (const id of leases) this.suspect(id);
    this.again();
  }

  /** Blocks were taken back, or all is read anew: what the contracts told may be gone with it. */
  again(): void {
    this.viewedAt.clear();
    this.round.restart();
    for (const id of this.gappy) this.doubts.set(id, { id, isDispute: false });
  }

  /** Simulations say that these are not due, which the logs say they are. */
  doubt(duties: readonly Pick<Duty, "kind" | "id">[]): void {
    for (const { kind, id } of duties) {
      if (this.doubts.size < MOST_DOUBTS) this.doubts.set(id, { id, isDispute: isOfDispute(kind) });
    }
  }

  async look(head: Pick<Head, "number" | "timestamp">): Promise<void> {
    if (head.number === this.lookedAt) return;
    this.lookedAt = head.number;
    if (isAhead(this.quietUntil, head.number)) return;
    const { isUrgent } = this;
    const isTimeForPage = !isAhead(this.nextAt, head.number);
    if (isTimeForPage) await this.lookAtPage(head);
    if (isAhead(this.quietUntil, head.number)) return;
    if (isUrgent || !isTimeForPage) await this.lookAtDoubts(head);
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
    const added = await this.adopt(page.due);
    for (const one of page.due) if (added.includes(keyOfSeen(one))) this.suspect(one.id);
    this.cursor = page.next;
    const isOver = page.next === 0n;
    this.nextAt = number + (isOver ? ROUND_EVERY : this.isUrgent ? 1 : PAGE_EVERY);
    if (isOver) this.isUrgent = false;
    if (this.scan < MOST_SCANNED) this.scan *= 2n;
  }

  private async lookAtDoubts({ number }: Pick<Head, "number">): Promise<void> {
    for (const [id, at] of this.viewedAt) {
      if (number < at + VIEW_EVERY && number >= at) continue;
      this.viewedAt.delete(id);
      if (this.gappy.has(id)) this.doubts.set(id, { id, isDispute: false });
    }
    const open = [...this.doubts.values()].filter(({ id }) => !this.viewedAt.has(id));
    const leases = open.flatMap(({ id, isDispute }) => (isDispute ? [] : [id])).slice(0, this.mostViewed);
    const isTimeForRound = this.round.isTime(number);
    const listed = isTimeForRound ? await this.round.next(this.mostViewed - leases.length) : [];
    const next = listed.filter((id) => !this.viewedAt.has(id) && !leases.includes(id));
    const [first] = open;
    // A dispute is a call of its own: in a block in which the round needs none.
    const isDispute = first?.isDispute === true && next.length === 0;
    const doubted = isDispute ? [first.id] : leases;
    const ids = [...doubted, ...next];
    const seen = ids.length === 0 ? [] : await this.view(isDispute, ids).catch(() => undefined);
    if (seen === undefined && ids.length > 1) {
      this.mostViewed = Math.ceil(ids.length / 2);
      return;
    }
    this.mostViewed = Math.min(MOST_VIEWED, this.mostViewed * 2);
    if (isTimeForRound) this.round.step(number);
    for (const id of doubted) {
      this.doubts.delete(id);
      const isToRetry = seen === undefined && this.gappy.has(id);
      this.viewedAt.set(id, isToRetry ? number - VIEW_EVERY + RETRY_EVERY : number);
    }
    if (seen === undefined) return this.failed(number);
    this.failures = 0;
    const changed = new Set(await this.adopt(seen));
    // What was told of these may be taken back by a fork.
    for (const one of seen) if (doubted.includes(one.id) && changed.has(keyOfSeen(one))) this.gappy.add(one.id);
  }

  private failed(number: number): void {
    this.failures += 1;
    this.quietUntil = number + Math.min(2 ** this.failures, LONGEST_QUIET);
  }

  private async view(isDispute: boolean, ids: readonly bigint[]): Promise<readonly Seen[]> {
    if (!isDispute) return leasesSeen(this.network, this.sources, ids);
    return Promise.all(ids.map((id) => disputeSeen(this.network, this.sources, id)));
  }

  private async adopt(seen: readonly Seen[]): Promise<readonly string[]> {
    const changed = await this.state.adopt(seen);
    if (changed.length > 0) this.tell(changed);
    return changed;
  }

  private suspect(id: bigint): void {
    if (this.gappy.size >= MOST_DOUBTS) return;
    this.gappy.add(id);
    this.viewedAt.delete(id);
    this.doubts.set(id, { id, isDispute: false });
  }
}

/** Whether block `until` is still to come. It was never set further ahead: then it was by a head that is void by now. */
function isAhead(until: number, number: number): boolean {
  return number < until && until <= number + LONGEST_QUIET;
}
