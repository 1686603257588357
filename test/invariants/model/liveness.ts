import { ZeroAddress } from "ethers";

import { least, most, refuse } from "./plain";
import type { Touch } from "./tokens";

/** Every heartbeat of every provider, in full: what was dark follows by looking at each gap. */
export class LivenessModel {
  readonly #operators = new Map<string, string>();
  readonly #heartbeats = new Map<string, bigint[]>();

  constructor(
    readonly grace: bigint,
    private readonly touch: Touch,
  ) {}

  operatorOf(provider: string): string {
    const operator = this.namedOperatorOf(provider);
    return operator === ZeroAddress ? provider : operator;
  }

  namedOperatorOf(provider: string): string {
    return this.#operators.get(provider) ?? ZeroAddress;
  }

  heartbeatsOf(provider: string): readonly bigint[] {
    return this.#heartbeats.get(provider) ?? [];
  }

  isLive(provider: string, now: bigint): boolean {
    const last = this.heartbeatsOf(provider).at(-1);
    return last !== undefined && now < last + this.grace;
  }

  /** Seen within half the grace. */
  isFresh(provider: string, now: bigint): boolean {
    const last = this.heartbeatsOf(provider).at(-1);
    return last !== undefined && now < last + this.grace / 2n;
  }

  /** Seconds in [from, to) in which the provider was dark. */
  darkBetween(provider: string, from: bigint, to: bigint): bigint {
    return darkSeconds(this.heartbeatsOf(provider), this.grace, from, to);
  }

  setOperator(provider: string, operator: string): void {
    this.#operators.set(provider, operator);
    this.touch("clock", provider);
  }

  heartbeat(by: string, provider: string, now: bigint): void {
    const operator = this.operatorOf(provider);
    if (by !== operator) refuse("LivenessNotOperator", provider, operator, by);
    this.#heartbeats.set(provider, [...this.heartbeatsOf(provider), now]);
    this.touch("clock", provider);
  }

  /** What the clock of a provider shows: nothing of an outage that goes on. */
  clockOf(provider: string): { operator: string; lastSeen: bigint; darkSeconds: bigint; outages: bigint } {
    const heartbeats = this.heartbeatsOf(provider);
    const gaps = heartbeats.slice(1).map((seen, index) => seen - heartbeats[index]!);
    const [first = 0n, last = 0n] = [heartbeats[0], heartbeats.at(-1)];
    return {
      operator: this.namedOperatorOf(provider),
      lastSeen: last,
      darkSeconds: this.darkBetween(provider, first, last),
      outages: BigInt(gaps.filter((gap) => gap > this.grace).length),
    };
  }
}

/** Seconds in [from, to), after the first heartbeat, that are more than `grace` after the heartbeat before them. */
export function darkSeconds(heartbeats: readonly bigint[], grace: bigint, from: bigint, to: bigint): bigint {
  return heartbeats.reduce((sum, seen, index) => {
    const next = heartbeats[index + 1] ?? to;
    return sum + most(0n, least(next, to) - most(seen + grace, from));
  }, 0n);
}
