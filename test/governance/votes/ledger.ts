/** What every delegate has by the end of one second, and what is delegated to nobody; wei of HOLD. */
interface Moment {
  second: number;
  votes: ReadonlyMap<string, bigint>;
  undelegated: bigint;
}

/**
 * Who has how much HOLD and to whom it is delegated, second by second. It knows transfers and delegations alone: nothing of
 * checkpoints, and nothing of locks, which are to change no vote.
 */
export class VoteLedger {
  readonly #balances: Map<string, bigint>;
  readonly #delegates = new Map<string, string>();
  readonly #moments: Moment[] = [];

  constructor(balances: Readonly<Record<string, bigint>>) {
    this.#balances = new Map(Object.entries(balances));
  }

  balanceOf(owner: string): bigint {
    return this.#balances.get(owner) ?? 0n;
  }

  move(from: string, to: string, amount: bigint): void {
    this.#balances.set(from, this.balanceOf(from) - amount);
    this.#balances.set(to, this.balanceOf(to) + amount);
  }

  /** To undefined: to nobody any more. */
  delegate(owner: string, to: string | undefined): void {
    if (to === undefined) this.#delegates.delete(owner);
    else this.#delegates.set(owner, to);
  }

  /** Writes down how things are by the end of a second, later than those before; it is never changed. */
  endOf(second: number): void {
    const votes = new Map<string, bigint>();
    let undelegated = 0n;
    for (const [owner, balance] of this.#balances) {
      const to = this.#delegates.get(owner);
      if (to === undefined) undelegated += balance;
      else votes.set(to, (votes.get(to) ?? 0n) + balance);
    }
    this.#moments.push({ second, votes, undelegated });
  }

  /** Votes of an account by the end of a past second. */
  votesAt(account: string, second: number): bigint {
    return this.#at(second).votes.get(account) ?? 0n;
  }

  /** What was delegated to nobody by the end of a past second. */
  undelegatedAt(second: number): bigint {
    return this.#at(second).undelegated;
  }

  /** Every second in which something was written down, the one before and the one after, and one in the midst of each gap. */
  seconds(): number[] {
    const seconds = this.#moments.flatMap(({ second }, index) => {
      const next = this.#moments[index + 1]?.second ?? second;
      return [second - 1, second, second + 1, second + Math.floor((next - second) / 2)];
    });
    const first = this.#moments[0]!.second;
    return [...new Set(seconds)].filter((second) => second >= first).sort((a, b) => a - b);
  }

  #at(second: number): Moment {
    const moment = this.#moments.findLast((each) => each.second <= second);
    if (moment === undefined) throw new Error(`The ledger begins after second ${second}`);
    return moment;
  }
}
