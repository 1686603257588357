import { MaxUint256, ZeroAddress } from "ethers";

import { refuse, Tally } from "./plain";

/** Notes that the chain's value behind a key may have changed. */
export type Touch = (...key: string[]) => void;

/** An ERC-20, as its standard says; a taxed one burns a hundredth of each transfer. */
export class Token {
  readonly #balances = new Tally();
  readonly #allowances = new Tally();

  constructor(
    readonly address: string,
    protected readonly touch: Touch,
    readonly taxed = false,
  ) {}

  balanceOf(account: string): bigint {
    return this.#balances.of(account);
  }

  /** What there is of it. */
  get supply(): bigint {
    return this.#balances.entries().reduce((sum, [, amount]) => sum + amount, 0n);
  }

  allowance(owner: string, spender: string): bigint {
    return this.#allowances.of(owner, spender);
  }

  mint(to: string, amount: bigint): void {
    this.#balances.add(amount, to);
    this.touch("wallet", this.address, to);
  }

  /** What arrives of a transfer. */
  arrives(amount: bigint): bigint {
    return this.taxed ? amount - amount / 100n : amount;
  }

  approve(owner: string, spender: string, amount: bigint): void {
    if (spender === ZeroAddress) refuse("ERC20InvalidSpender", spender);
    this.#allowances.set(amount, owner, spender);
    this.touch("allowance", this.address, owner, spender);
  }

  transfer(from: string, to: string, amount: bigint): void {
    this.requireMovable(from, to, amount);
    this.move(from, to, amount);
  }

  transferFrom(spender: string, from: string, to: string, amount: bigint): void {
    this.requireAllowance(from, spender, amount);
    this.requireMovable(from, to, amount);
    this.spend(from, spender, amount);
    this.move(from, to, amount);
  }

  protected requireAllowance(owner: string, spender: string, amount: bigint): void {
    const allowance = this.allowance(owner, spender);
    if (amount > allowance) refuse("ERC20InsufficientAllowance", spender, allowance, amount);
  }

  protected requireMovable(from: string, to: string, amount: bigint): void {
    if (to === ZeroAddress) refuse("ERC20InvalidReceiver", to);
    const balance = this.balanceOf(from);
    const arriving = this.arrives(amount);
    if (arriving > balance) refuse("ERC20InsufficientBalance", from, balance, arriving);
    // Seen only by the second of two movements; a transfer to oneself has put the first one back by then.
    const left = from === to ? balance : balance - arriving;
    if (amount - arriving > left) refuse("ERC20InsufficientBalance", from, left, amount - arriving);
  }

  protected spend(owner: string, spender: string, amount: bigint): void {
    if (this.allowance(owner, spender) === MaxUint256) return;
    this.#allowances.add(-amount, owner, spender);
    this.touch("allowance", this.address, owner, spender);
  }

  protected move(from: string, to: string, amount: bigint): void {
    this.#balances.add(-amount, from);
    this.#balances.add(this.arrives(amount), to);
    this.touch("wallet", this.address, from);
    this.touch("wallet", this.address, to);
  }

  /** Everybody who ever had some. */
  protected holders(): [string, bigint][] {
    return this.#balances.entries().map(([[account = ""], amount]) => [account, amount]);
  }
}

/** HOLD: locks that stay in their owner's balance, and votes that follow balances. */
export class HoldToken extends Token {
  readonly #locks = new Tally();
  readonly #opened = new Set<string>();
  readonly #delegates = new Map<string, string>();

  lockOf(locker: string, owner: string): bigint {
    return this.#locks.of(locker, owner);
  }

  /** Whether an account once locked some with a locker out of its own balance. */
  isOpened(locker: string, owner: string): boolean {
    return this.#opened.has(`${locker}/${owner}`);
  }

  lockedOf(owner: string): bigint {
    return this.#locks.entries().reduce((sum, [[, held], amount]) => (held === owner ? sum + amount : sum), 0n);
  }

  votesOf(account: string): bigint {
    return this.holders().reduce(
      (sum, [holder, amount]) => (this.#delegates.get(holder) === account ? sum + amount : sum),
      0n,
    );
  }

  delegateOf(account: string): string {
    return this.#delegates.get(account) ?? ZeroAddress;
  }

  delegate(account: string, to: string): void {
    this.#touchVotes(account);
    this.#delegates.set(account, to);
    this.#touchVotes(account);
    this.touch("delegate", account);
  }

  lock(locker: string, payer: string, owner: string, amount: bigint): void {
    this.requireAllowance(payer, locker, amount);
    if (payer === owner) {
      const unlocked = this.balanceOf(owner) - this.lockedOf(owner);
      if (amount > unlocked) refuse("ERC20LocksInsufficientUnlocked", owner, unlocked, amount);
    } else {
      if (!this.isOpened(locker, owner)) refuse("ERC20LocksNotOpened", locker, owner);
      this.requireMovable(payer, owner, amount);
    }
    this.spend(payer, locker, amount);
    if (payer !== owner) this.move(payer, owner, amount);
    else if (amount > 0n) this.#open(locker, owner);
    this.#addLock(locker, owner, amount);
  }

  unlock(locker: string, owner: string, amount: bigint): void {
    this.#requireLock(locker, owner, amount);
    this.#addLock(locker, owner, -amount);
  }

  seize(locker: string, owner: string, to: string, amount: bigint): void {
    this.#requireLock(locker, owner, amount);
    if (to === ZeroAddress) refuse("ERC20InvalidReceiver", to);
    this.#addLock(locker, owner, -amount);
    this.move(owner, to, amount);
  }

  protected override requireMovable(from: string, to: string, amount: bigint): void {
    if (to === ZeroAddress) refuse("ERC20InvalidReceiver", to);
    const locked = this.lockedOf(from);
    const unlocked = this.balanceOf(from) - locked;
    if (locked > 0n && amount > unlocked) refuse("ERC20LocksInsufficientUnlocked", from, unlocked, amount);
    super.requireMovable(from, to, amount);
  }

  protected override move(from: string, to: string, amount: bigint): void {
    super.move(from, to, amount);
    this.#touchVotes(from);
    this.#touchVotes(to);
  }

  #open(locker: string, owner: string): void {
    this.#opened.add(`${locker}/${owner}`);
    this.touch("opened", locker, owner);
  }

  #requireLock(locker: string, owner: string, amount: bigint): void {
    const held = this.lockOf(locker, owner);
    if (amount > held) refuse("ERC20LocksInsufficientLock", locker, owner, held, amount);
  }

  #addLock(locker: string, owner: string, amount: bigint): void {
    this.#locks.add(amount, locker, owner);
    this.touch("lock", locker, owner);
    this.touch("locked", owner);
  }

  #touchVotes(account: string): void {
    const delegate = this.delegateOf(account);
    if (delegate !== ZeroAddress) this.touch("votes", delegate);
  }
}
