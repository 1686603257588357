/**
 * What a lease bills and pays by the design brief alone, as whole fractions, for property tests. Seconds are Unix seconds,
 * money is in base units, rates are base units per second times 2^32.
 */
import { costOf, Earnings } from "../helpers/money";
import { GRACE } from "../helpers/parameters";

/** Seconds of [from, until) that heartbeats in these seconds, in their order, make live. */
export function liveSeconds(beats: readonly number[], from: number, until: number): number {
  let live = 0;
  for (const [i, beat] of beats.entries()) {
    const next = beats[i + 1] ?? Number.POSITIVE_INFINITY;
    live += Math.max(0, Math.min(beat + GRACE, next, until) - Math.max(beat, from));
  }
  return live;
}

export class Bill {
  /** What the lease had come to when its present rate began. */
  before = Earnings.NONE;
  /** Seconds since then that the provider was paid for, or that claims hold. */
  paid = 0;
  /** Fee that went with what claims hold, since then. */
  aside = 0n;
  toProvider = 0n;
  toTreasury = 0n;

  constructor(
    readonly beats: number[],
    public anchor: number,
    public rate: bigint,
    public feeBps: bigint,
  ) {}

  /** What it has come to after so many live seconds at the present rate. */
  after(seconds: number): Earnings {
    return this.before.plus(this.rate, seconds, this.feeBps);
  }

  /** Live seconds at the present rate. */
  live(until: number): number {
    return liveSeconds(this.beats, this.anchor, until);
  }

  /** The provider is paid for everything until a second, net of the fee. */
  collect(until: number): void {
    this.payFor(this.live(until));
  }

  /** The provider is paid for the first `billed` seconds at the present rate, net of the fee. */
  payFor(billed: number): void {
    this.toProvider += this.after(billed).net - this.after(this.paid).net;
    this.paid = billed;
  }

  /** Everything is paid, the fee included; another rate, and maybe another fee, begins. */
  restart(second: number, rate: bigint, feeBps = this.feeBps): void {
    this.settle(this.live(second));
    this.before = this.after(this.paid);
    [this.anchor, this.rate, this.feeBps] = [second, rate, feeBps];
    [this.paid, this.aside] = [0, 0n];
  }

  /** Everything that `billed` seconds earned is paid, the fee included, but for what claims hold. */
  settle(billed: number): void {
    this.payFor(billed);
    this.toTreasury += this.after(billed).fee - this.before.fee - this.aside;
  }

  /** What is locked for it, its bounty and what claims hold aside, where it ends then. */
  lockedUntil(end: number): bigint {
    const paid = this.after(this.paid).net - this.before.net;
    return costOf(this.rate, end - this.anchor, this.before.carriedX32) - paid - this.aside;
  }

  /** Takes out what a claim of the tenant holds: what was earned since the fault and nobody was paid for. */
  hold(faultStart: number, until: number): { held: bigint; fee: bigint } {
    const billed = this.live(until);
    const sinceFault = liveSeconds(this.beats, Math.max(faultStart, this.anchor), until);
    const seconds = Math.max(0, Math.min(billed - this.paid, sinceFault));
    const [then, now] = [this.after(this.paid), this.after(this.paid + seconds)];
    this.paid += seconds;
    this.aside += now.fee - then.fee;
    return { held: now.whole - then.whole, fee: now.fee - then.fee };
  }
}
