import { ZeroAddress } from "ethers";

import { refuse, Tally } from "./plain";
import type { HoldToken, Touch } from "./tokens";

const DAY = 86_400n;
const LEAST_DELAY = 10n * DAY;
const MOST_DELAY = 60n * DAY;

export interface Penalty {
  readonly tenant: string;
  readonly challenger: string;
  readonly amount: bigint;
  readonly maturesAt: bigint;
  readonly treasury: string;
  /** Parts that were paid. */
  readonly paid: Set<Part>;
}

export type Part = "tenant" | "challenger" | "treasury";
const PARTS: readonly Part[] = ["tenant", "challenger", "treasury"];

export interface Unbonding {
  amount: bigint;
  readyAt: bigint;
}

/** Pools, buckets of unbonding, penalties. */
export class StakingModel {
  readonly #free = new Tally();
  readonly #reserved = new Tally();
  readonly #opened = new Set<string>();
  readonly #unbondings = new Map<string, Unbonding>();
  /** From number 1 on, in order. */
  readonly penalties: Penalty[] = [];

  constructor(
    readonly address: string,
    private readonly hold: HoldToken,
    public delay: bigint,
    private readonly touch: Touch,
  ) {}

  poolOf(module: string, provider: string): { free: bigint; reserved: bigint; opened: boolean } {
    return {
      free: this.#free.of(module, provider),
      reserved: this.#reserved.of(module, provider),
      opened: this.#opened.has(`${module}/${provider}`),
    };
  }

  unbondingOf(provider: string): Unbonding {
    return this.#unbondings.get(provider) ?? { amount: 0n, readyAt: 0n };
  }

  /** Penalties that somebody still waits for, by number. */
  unpaid(): { id: bigint; penalty: Penalty; payees: string[] }[] {
    return this.penalties
      .map((penalty, index) => ({
        id: BigInt(index + 1),
        penalty,
        payees: unpaidParts(penalty).map(([, payee]) => payee),
      }))
      .filter(({ payees }) => payees.length > 0);
  }

  bond(provider: string, module: string, amount: bigint): void {
    requirePositive(amount);
    this.hold.lock(this.address, provider, provider, amount);
    this.#open(module, provider);
    this.#addFree(module, provider, amount);
  }

  bondFor(payer: string, module: string, provider: string, amount: bigint): void {
    if (!this.poolOf(module, provider).opened) refuse("StakingPoolNotOpened", module, provider);
    requirePositive(amount);
    this.hold.lock(this.address, payer, provider, amount);
    this.#addFree(module, provider, amount);
  }

  moveBond(provider: string, from: string, to: string, amount: bigint): void {
    requirePositive(amount);
    this.#requireFree(from, provider, amount);
    this.#addFree(from, provider, -amount);
    this.#open(to, provider);
    this.#addFree(to, provider, amount);
  }

  startUnbonding(provider: string, module: string, amount: bigint, now: bigint): void {
    requirePositive(amount);
    this.#requireFree(module, provider, amount);
    this.#addFree(module, provider, -amount);
    const unbonding = this.unbondingOf(provider);
    // What is ready leaves first.
    const isReady = unbonding.amount > 0n && now >= unbonding.readyAt;
    if (isReady) this.hold.unlock(this.address, provider, unbonding.amount);
    this.#setUnbonding(provider, {
      amount: (isReady ? 0n : unbonding.amount) + amount,
      readyAt: now + this.delay,
    });
  }

  cancelUnbonding(provider: string, module: string, amount: bigint): void {
    requirePositive(amount);
    const unbonding = this.unbondingOf(provider);
    if (amount > unbonding.amount) refuse("StakingInsufficientUnbonding", provider, unbonding.amount, amount);
    this.#setUnbonding(provider, { ...unbonding, amount: unbonding.amount - amount });
    this.#open(module, provider);
    this.#addFree(module, provider, amount);
  }

  finishUnbonding(provider: string, now: bigint): void {
    const { amount, readyAt } = this.unbondingOf(provider);
    if (amount === 0n) refuse("StakingNothingUnbonding", provider);
    if (now < readyAt) refuse("StakingStillUnbonding", provider, readyAt, now);
    this.#setUnbonding(provider, { amount: 0n, readyAt: 0n });
    this.hold.unlock(this.address, provider, amount);
  }

  claimPenalties(by: string, ids: readonly bigint[], to: string, now: bigint): void {
    if (to === this.address || to === this.hold.address) refuse("StakingInvalidRecipient", to);
    const claimed = ids.map((id, index) => {
      const penalty = this.penalties[Number(id) - 1];
      const parts = penalty === undefined ? [] : unpaidParts(penalty).filter(([, payee]) => payee === by);
      if (penalty === undefined || parts.length === 0 || ids.indexOf(id) < index) {
        return refuse("StakingNothingToClaim", id, by);
      }
      if (now < penalty.maturesAt) refuse("StakingPenaltyNotMatured", id, penalty.maturesAt, now);
      return { id, penalty, parts: parts.map(([part]) => part) };
    });
    const amount = claimed.reduce((sum, { penalty, parts }) => {
      const amounts = partsOf(penalty);
      return parts.reduce((part, name) => part + amounts[name], sum);
    }, 0n);
    this.hold.transfer(this.address, to, amount);
    for (const { id, penalty, parts } of claimed) {
      for (const part of parts) penalty.paid.add(part);
      this.touch("penalty", id.toString());
    }
  }

  tryReserve(module: string, provider: string, amount: bigint): boolean {
    if (amount > this.poolOf(module, provider).free) return false;
    this.#addFree(module, provider, -amount);
    this.#reserved.add(amount, module, provider);
    return true;
  }

  release(module: string, provider: string, amount: bigint): void {
    this.#requireReserved(module, provider, amount);
    this.#reserved.add(-amount, module, provider);
    this.#addFree(module, provider, amount);
  }

  penalise(
    module: string,
    penalty: { provider: string; amount: bigint; tenant: string; challenger: string; treasury: string },
    now: bigint,
  ): void {
    const { provider, amount, tenant, challenger, treasury } = penalty;
    const [all, one] = [[tenant, treasury], [tenant, treasury].filter((payee) => payee !== ZeroAddress)];
    if (one.length === 0 || (one.length < all.length && challenger !== ZeroAddress)) {
      refuse("StakingInvalidPayees", tenant, challenger, treasury);
    }
    this.#requireReserved(module, provider, amount);
    this.#reserved.add(-amount, module, provider);
    this.touch("pool", module, provider);
    const maturesAt = now + this.delay;
    this.penalties.push({ tenant, challenger, treasury, amount, maturesAt, paid: new Set() });
    this.touch("penalty", this.penalties.length.toString());
    this.touch("penaltyCount");
    this.hold.seize(this.address, provider, this.address, amount);
  }

  setDelay(delay: bigint): void {
    if (delay < LEAST_DELAY || delay > MOST_DELAY) refuse("StakingDelayOutOfBounds", delay, LEAST_DELAY, MOST_DELAY);
    this.delay = delay;
    this.touch("unbondingDelay");
  }

  #open(module: string, provider: string): void {
    this.#opened.add(`${module}/${provider}`);
  }

  #addFree(module: string, provider: string, amount: bigint): void {
    this.#free.add(amount, module, provider);
    this.touch("pool", module, provider);
  }

  #setUnbonding(provider: string, unbonding: Unbonding): void {
    this.#unbondings.set(provider, unbonding);
    this.touch("unbonding", provider);
  }

  #requireFree(module: string, provider: string, amount: bigint): void {
    const { free } = this.poolOf(module, provider);
    if (amount > free) refuse("StakingInsufficientFree", module, provider, free, amount);
  }

  #requireReserved(module: string, provider: string, amount: bigint): void {
    const { reserved } = this.poolOf(module, provider);
    if (amount > reserved) refuse("StakingInsufficientReserved", module, provider, reserved, amount);
  }
}

function requirePositive(amount: bigint): void {
  if (amount === 0n) refuse("StakingZeroAmount");
}

/** A fifth for the challenger and for the treasury, where there are such, and the rest for the tenant; all for who is alone. */
export function partsOf({
  amount,
  tenant,
  challenger,
  treasury,
}: Pick<Penalty, "amount" | "tenant" | "challenger" | "treasury">): Record<Part, bigint> {
  if (tenant === ZeroAddress) return { tenant: 0n, challenger: 0n, treasury: amount };
  const fifth = amount / 5n;
  const parts = {
    challenger: challenger === ZeroAddress ? 0n : fifth,
    treasury: treasury === ZeroAddress ? 0n : fifth,
  };
  return { ...parts, tenant: amount - parts.challenger - parts.treasury };
}

/** Parts that wait for somebody, and for whom. */
function unpaidParts(penalty: Penalty): [Part, string][] {
  return PARTS.filter((part) => !penalty.paid.has(part) && penalty[part] !== ZeroAddress).map((part) => [
    part,
    penalty[part],
  ]);
}
