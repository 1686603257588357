import { formatLeaseId } from "../../sdk/ids";
import type { BlockRef, Duty, MarketEvent } from "./leases";

type Opened = Extract<MarketEvent, { type: "LeaseOpened" }>;
type Listed = Extract<MarketEvent, { type: "TokenListed" }>;

/** A lease that has not ended. */
interface OpenLease {
  readonly opened: Opened;
  readonly startedAt?: number;
  /** Present ones: both may have changed since it was opened. */
  readonly duration: number;
  readonly tenant: string;
}

/** The market said something that does not follow from what it said before: events are missing. */
export class GapError extends Error {
  override readonly name = "GapError";
}

/** One stretch of events, up to its tip, and how to take it back. */
interface Chapter {
  readonly tip: BlockRef;
  readonly undo: (() => void)[];
}

/**
 * All leases that have not ended, from the market's events alone. It keeps the last chapters apart, so that a fork of the
 * chain is taken back and not only noticed.
 */
export class LeaseIndex {
  private readonly windows = new Map<bigint, number>();
  private readonly listings = new Map<bigint, Listed>();
  private readonly leases = new Map<bigint, OpenLease>();
  /** When blocks were made, by hash: only those in which pending leases were opened. */
  private readonly times = new Map<string, number>();
  private readonly chapters: Chapter[] = [];

  /**
   * @param outageAllowance the market's, seconds.
   * @param depth how many blocks below the newest tip can be taken back.
   */
  constructor(
    private readonly outageAllowance: number,
    private readonly depth: number,
  ) {}

  /** Leases that have not ended. */
  get size(): number {
    return this.leases.size;
  }

  /** Up to where events were applied; undefined before the first. */
  get tip(): BlockRef | undefined {
    return this.chapters.at(-1)?.tip;
  }

  /** Where one can go back to, newest first. */
  tips(): BlockRef[] {
    return this.chapters.map(({ tip }) => tip).reverse();
  }

  /** Applies the events after the present tip, in their order, and moves the tip. Fails with a GapError, changed. */
  apply(tip: BlockRef, events: Iterable<MarketEvent>): void {
    const chapter: Chapter = { tip, undo: [] };
    this.chapters.push(chapter);
    for (const event of events) this.applyOne(event, chapter.undo);
    // What is too deep to be taken back needs no undoing, but one tip below stays to go back to.
    while (this.chapters.length > 1 && (this.chapters[1]?.tip.number ?? tip.number) <= tip.number - this.depth) {
      this.chapters.shift();
    }
    const oldest = this.chapters[0];
    if (oldest !== undefined) oldest.undo.length = 0; // going back further starts over
  }

  /** Takes back what came after one of `tips()`. */
  revertTo(tip: BlockRef): void {
    for (
      let last = this.chapters.at(-1);
      last !== undefined && last.tip.hash !== tip.hash;
      last = this.chapters.at(-1)
    ) {
      for (const undo of last.undo.reverse()) undo();
      this.chapters.pop();
    }
    if (this.tip === undefined) this.clear();
  }

  /** Forgets everything, to start over. */
  clear(): void {
    for (const map of [this.windows, this.listings, this.leases, this.times]) map.clear();
    this.chapters.length = 0;
  }

  /** Hashes of blocks whose times are needed to know when pending leases are due. */
  untimedBlocks(): string[] {
    const hashes = new Set<string>();
    for (const { opened, startedAt } of this.leases.values()) {
      if (startedAt === undefined && !this.times.has(opened.block.hash)) hashes.add(opened.block.hash);
    }
    return [...hashes];
  }

  /** Tells when a block was made. */
  setBlockTime(hash: string, timestamp: number): void {
    this.times.set(hash, timestamp);
  }

  /** What the leases will need, in no order. A pending lease whose block's time was not told yet is left out. */
  *duties(): Generator<Duty> {
    for (const { opened, startedAt, duration, tenant } of this.leases.values()) {
      const { leaseId } = opened;
      const { token, bounty } = this.known(this.listings.get(opened.listing), `listing ${opened.listing}`);
      if (startedAt !== undefined) {
        yield { kind: "expire", leaseId, dueAt: startedAt + duration, tenant, token, bounty };
        continue;
      }
      const openedAt = this.times.get(opened.block.hash);
      if (openedAt === undefined) continue;
      const window = this.known(this.windows.get(opened.termsVersion), `terms ${opened.termsVersion}`);
      yield { kind: "cancelNoShow", leaseId, dueAt: openedAt + window + this.outageAllowance, tenant, token, bounty };
    }
  }

  private applyOne(event: MarketEvent, undo: (() => void)[]): void {
    switch (event.type) {
      case "TermsPublished":
        return this.set(this.windows, event.version, event.activationWindow, undo);
      case "TokenListed":
        return this.set(this.listings, event.listing, event, undo);
      case "LeaseOpened": {
        const { leaseId, duration, tenant } = event;
        this.known(this.windows.get(event.termsVersion), `terms ${event.termsVersion}`);
        this.known(this.listings.get(event.listing), `listing ${event.listing}`);
        return this.set(this.leases, leaseId, { opened: event, duration, tenant }, undo);
      }
      case "LeaseActivated":
        return this.change(event.leaseId, { startedAt: event.startedAt }, undo);
      case "LeaseEndMoved":
        return this.change(event.leaseId, { duration: event.duration }, undo);
      case "LeaseTransferred":
        return this.change(event.leaseId, { tenant: event.tenant }, undo);
      case "LeaseEnded": {
        const lease = this.lease(event.leaseId);
        this.leases.delete(event.leaseId);
        undo.push(() => this.leases.set(event.leaseId, lease));
        this.times.delete(lease.opened.block.hash);
      }
    }
  }

  private lease(leaseId: bigint): OpenLease {
    return this.known(this.leases.get(leaseId), `lease ${formatLeaseId(leaseId)}`);
  }

  private change(leaseId: bigint, changes: Partial<OpenLease>, undo: (() => void)[]): void {
    this.set(this.leases, leaseId, { ...this.lease(leaseId), ...changes }, undo);
  }

  private set<K, V>(map: Map<K, V>, key: K, value: V, undo: (() => void)[]): void {
    const before = map.get(key);
    map.set(key, value);
    undo.push(before === undefined ? () => map.delete(key) : () => map.set(key, before));
  }

  private known<T>(value: T | undefined, what: string): T {
    if (value === undefined) throw new GapError(`the market's events mention ${what}, which no event introduced`);
    return value;
  }
}
