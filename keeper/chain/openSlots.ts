import type { Head } from "../core/events";
import { max } from "../core/extremes";
import { mostCost } from "../core/parts";
import { type Attempt, freeNonce, newest, type Slot } from "../core/slots";
import type { Refused } from "./refused";

/** Times `bumpBlocks` for which a duty is worth a claim: not mined by then, it is left to others. */
const CLAIMED_BUMPS = 8;

/** The nonces of one account that are not known to be used up, as the journal has them, and which duties they take. */
export class OpenSlots {
  /** The account's next nonce in the chain. */
  next = 0;
  private open: readonly Slot[] = [];
  /** Slots whose nonce is free for other duties: the highest ones, since no later nonce may wait for them. */
  private idle: readonly Slot[] = [];

  constructor(private readonly refused: Pick<Refused, "heard" | "keep">) {}

  /** All of them, lowest nonce first. */
  get all(): readonly Slot[] {
    return this.open;
  }

  /** Those of them that are not used up in the chain: what became of the others is asked, and they take no place. */
  get waiting(): readonly Slot[] {
    return this.open.filter(({ nonce }) => nonce >= this.next);
  }

  /** The lowest nonce that none of them has. */
  get free(): number {
    return freeNonce(this.next, this.open);
  }

  /** Begins with what the journal has: none is idle. */
  begin(slots: readonly Slot[]): void {
    this.open = slots;
    this.idle = [];
    this.refused.keep(slots);
  }

  /** Drops one that is settled. */
  drop(slot: Slot): void {
    this.open = this.open.filter((other) => other !== slot);
  }

  /** Notes that the nonce of a slot, lower than all that are idle, is free for other duties. */
  rest(slot: Slot): void {
    this.idle = [slot, ...this.idle];
  }

  /** Takes the lowest idle one; undefined where there is none. */
  takeIdle(): Slot | undefined {
    const [first, ...others] = this.idle;
    this.idle = others;
    return first;
  }

  /** Keys of all duties that a transaction is on its way for, or may be: what no node can have is none. */
  outstanding(): ReadonlySet<string> {
    const keys = this.busy().flatMap((slot) => this.mayBeMined(slot).flatMap(({ duties }) => duties));
    return new Set(keys.map(({ key }) => key));
  }

  /** Those of them that are worth a claim at block `head`: what was signed for so long ago is left to other keepers. */
  worthClaiming(head: Head, bumpBlocks: number): ReadonlySet<string> {
    const since = head.number - CLAIMED_BUMPS * bumpBlocks;
    // Signed after this block: that block is void.
    const isOld = ({ signedBlock }: Attempt): boolean =>
      signedBlock <= since || signedBlock > head.number + CLAIMED_BUMPS * bumpBlocks;
    const stuck = this.open.flatMap(({ attempts }) => attempts.filter(isOld));
    const old = new Set(stuck.flatMap(({ duties }) => duties.map(({ key }) => key)));
    return new Set([...this.outstanding()].filter((key) => !old.has(key)));
  }

  /** What all that is on its way can cost at most, wei. */
  promised(): bigint {
    return this.waiting.reduce((sum, slot) => sum + this.promisedBy(slot), 0n);
  }

  /** Slots whose nonce is not free for other duties. */
  private busy(): readonly Slot[] {
    const idle = new Set(this.idle);
    return this.open.filter((slot) => !idle.has(slot));
  }

  /** The attempts of a slot that may still be mined: its newest, and what nodes may have. */
  mayBeMined(slot: Slot): readonly Attempt[] {
    const last = newest(slot);
    return [...this.refused.heard(slot).filter((attempt) => attempt !== last), last];
  }

  /** What one of them can cost at most, wei. */
  promisedBy(slot: Slot): bigint {
    return max(0n, ...this.mayBeMined(slot).map((attempt) => mostCost(attempt, attempt.fees)));
  }

  /** A nonce, and all that was signed with it; for one that is not open, nothing was. */
  slotOf(nonce: number): Slot {
    return this.open.find((slot) => slot.nonce === nonce) ?? { nonce, attempts: [] };
  }

  /** Keeps what was signed with a nonce, or what is known of it now. */
  keep(attempt: Attempt): void {
    const { nonce } = attempt;
    const slot = this.open.find((other) => other.nonce === nonce);
    const attempts = [...(slot?.attempts ?? []).filter((other) => other.attempt !== attempt.attempt), attempt];
    const others = this.open.filter((other) => other !== slot);
    this.open = [...others, { nonce, attempts }].sort((a, b) => a.nonce - b.nonce);
  }
}
