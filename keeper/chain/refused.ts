import type { Attempt, Slot } from "../core/slots";
import type { Broadcast } from "./api";
import type { RefusedDuty } from "./queueApi";

/** Blocks for which nodes are believed to take no more gas than they were seen to take. */
const BELIEVED_BLOCKS = 100;
/** Whatever was refused, one transaction is planned with as much: single duties need less. */
const LEAST_GAS = 2_000_000n;
/** Duties refused alone, one after the other, from which on the account waits before it tries another. */
const MOST_ALONE = 3;
/** The longest pause of an account of which nodes do not take a transfer to itself, in blocks. */
const LONGEST_PAUSE = 64;

/**
 * What the nodes refused, and what follows from it. All of it is in memory: after a restart every transaction may be with
 * some node, until its nonce is used up.
 */
export class Refused {
  /** Hashes of what was signed by this process and, whenever it was offered, refused by all: no node has it. */
  private readonly unheard = new Set<string>();
  private most: { readonly gas: bigint; readonly at: number } | undefined;
  private singles: RefusedDuty[] = [];
  private aloneInARow = 0;
  private pause = 0;
  private closedUntil = 0;

  /** Notes what was signed and not offered yet. */
  signed({ hash }: Attempt): void {
    this.unheard.add(hash);
  }

  /** Offers an attempt at block `number`, and notes what comes of it. A lost answer may have been that it was taken. */
  async note(attempt: Attempt, number: number, offer: () => Promise<Broadcast>): Promise<Broadcast> {
    const wasUnheard = this.unheard.delete(attempt.hash);
    const answer = await offer();
    if (wasUnheard && answer.refusedByAll) this.unheard.add(attempt.hash);
    if (answer.verdict === "notNow") this.closedUntil = this.isClosed(number) ? this.closedUntil : number + 1;
    else if (answer.verdict === "accepted" && attempt.kind !== "fill") {
      this.pause = 0;
      this.aloneInARow = 0;
    }
    return answer;
  }

  /** Notes at block `number` that not even a transfer of nothing is taken: the account waits, twice as long each time. */
  close(number: number): void {
    this.pause = Math.min(Math.max(1, this.pause * 2), LONGEST_PAUSE);
    this.closedUntil = number + this.pause;
  }

  /** Whether nodes take nothing of this account at block `number`, as far as is known. */
  isClosed(number: number): boolean {
    // Never longer than the longest pause: then a head was far ahead that is void by now.
    return number < this.closedUntil && this.closedUntil <= number + LONGEST_PAUSE;
  }

  /** The attempts of a slot that a node may have. */
  heard({ attempts }: Slot): readonly Attempt[] {
    return attempts.filter(({ hash }) => !this.unheard.has(hash));
  }

  /** Forgets what is in none of these slots. */
  keep(slots: readonly Slot[]): void {
    if (this.unheard.size === 0) return;
    const open = new Set(slots.flatMap(({ attempts }) => attempts.map(({ hash }) => hash)));
    for (const hash of this.unheard) if (!open.has(hash)) this.unheard.delete(hash);
  }

  /** Notes at block `number` that more gas than this is refused. */
  tooMuch(gas: bigint, number: number): void {
    this.most = { gas: gas < LEAST_GAS ? LEAST_GAS : gas, at: number };
  }

  /** Most gas that nodes take at block `number`, as far as is known. */
  mostGas(number: number): bigint | undefined {
    return this.most !== undefined && Math.abs(number - this.most.at) < BELIEVED_BLOCKS ? this.most.gas : undefined;
  }

  /**
   * Notes at block `number` duties that are refused although each is alone. Each costs a transfer to itself: after a few without
   * any that is taken it is not the duties, and the account waits.
   */
  alone(duties: readonly RefusedDuty[], number: number): void {
    if (duties.length === 0) return;
    this.singles.push(...duties);
    this.aloneInARow += 1;
    if (this.aloneInARow >= MOST_ALONE) this.close(number);
  }

  takeAlone(): readonly RefusedDuty[] {
    const taken = this.singles;
    this.singles = [];
    return taken;
  }
}
