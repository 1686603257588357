import { penaltyParts } from "../../helpers/money";

/** What one provider bonded with one module; wei of HOLD. */
interface Pool {
  free: bigint;
  reserved: bigint;
  opened: boolean;
}

export const PAYEES = ["tenant", "challenger", "treasury"] as const;
export type Payee = (typeof PAYEES)[number];

interface Penalty {
  maturesAt: number;
  unpaid: Map<Payee, bigint>;
}

/** What staking and a locker of one's own hold locked of everybody, to tell what can be moved. */
export class Bonds {
  readonly #pools = new Map<string, Pool>();
  readonly #unbonding = new Map<string, { amount: bigint; readyAt: number }>();
  readonly #locks = new Map<string, bigint>();
  readonly #opened = new Set<string>();
  readonly penalties: Penalty[] = [];

  /** The pool of a module, to be changed by what fits. */
  pool(module: string, provider: string): Pool {
    const key = `${module}/${provider}`;
    const pool = this.#pools.get(key) ?? { free: 0n, reserved: 0n, opened: false };
    this.#pools.set(key, pool);
    return pool;
  }

  bond(module: string, provider: string, amount: bigint): void {
    const pool = this.pool(module, provider);
    pool.free += amount;
    pool.opened = true;
  }

  unbonding(provider: string): { amount: bigint; readyAt: number } {
    return this.#unbonding.get(provider) ?? { amount: 0n, readyAt: 0 };
  }

  setUnbonding(provider: string, amount: bigint, readyAt: number): void {
    this.#unbonding.set(provider, { amount, readyAt });
  }

  /** What the locker locked of an owner. */
  lockOf(owner: string): bigint {
    return this.#locks.get(owner) ?? 0n;
  }

  addLock(owner: string, amount: bigint): void {
    this.#locks.set(owner, this.lockOf(owner) + amount);
  }

  /** Whether an owner itself once locked some with the locker, so that others may lock for it there. */
  isOpened(owner: string): boolean {
    return this.#opened.has(owner);
  }

  open(owner: string): void {
    this.#opened.add(owner);
  }

  penalise(amount: bigint, maturesAt: number): void {
    const parts = penaltyParts(amount, true);
    this.penalties.push({ maturesAt, unpaid: new Map(PAYEES.map((payee) => [payee, parts[payee]])) });
  }

  /** All that is locked of an owner. */
  lockedOf(owner: string): bigint {
    let locked = this.lockOf(owner) + this.unbonding(owner).amount;
    for (const [key, { free, reserved }] of this.#pools) if (key.endsWith(`/${owner}`)) locked += free + reserved;
    return locked;
  }

  /** When the next bond is free to leave, or the next penalty to be paid, after a second. */
  nextReady(after: number): number | undefined {
    const ready = [
      ...[...this.#unbonding.values()].map(({ readyAt }) => readyAt),
      ...this.penalties.map((penalty) => penalty.maturesAt),
    ].filter((second) => second > after);
    return ready.length === 0 ? undefined : Math.min(...ready);
  }
}
