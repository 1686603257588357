import { ZeroAddress } from "ethers";

import { least, most, refuse, Tally } from "./plain";
import type { Token, Touch } from "./tokens";

/** The ceiling that never moves. */
export const UNLIMITED = 2n ** 120n - 1n;

export interface Funding {
  account: string;
  token: string;
  module: string;
  ceiling: bigint;
  deposit: bigint;
  nonce: bigint;
  deadline: bigint;
  /** Of the message that is signed. */
  digest: string;
}

/** The digest where nothing was funded by signature. */
const NO_DIGEST = `0x${"00".repeat(32)}`;

export interface Line {
  account: string;
  fromLock: bigint;
  toFree: bigint;
}

/** Free balances, and what modules hold and may hold. */
export class EscrowModel {
  readonly #free = new Tally();
  readonly #locked = new Tally();
  readonly #ceilings = new Tally();
  readonly #nonces = new Tally();
  readonly #fundings = new Map<string, string>();
  /** Arrived and left so far, per token. */
  readonly deposits = new Tally();
  readonly withdrawals = new Tally();

  constructor(
    readonly address: string,
    private readonly tokens: ReadonlyMap<string, Token>,
    private readonly touch: Touch,
  ) {}

  freeOf(token: string, account: string): bigint {
    return this.#free.of(token, account);
  }

  held(module: string, token: string, account: string): { locked: bigint; ceiling: bigint; nonce: bigint } {
    return {
      locked: this.#locked.of(module, token, account),
      ceiling: this.#ceilings.of(module, token, account),
      nonce: this.#nonces.of(module, token, account),
    };
  }

  /** Digest of the last funding by signature. */
  lastFunding(module: string, token: string, account: string): string {
    return this.#fundings.get(`${module}/${token}/${account}`) ?? NO_DIGEST;
  }

  headroom(module: string, token: string, account: string): bigint {
    const { locked, ceiling } = this.held(module, token, account);
    return most(0n, ceiling - locked);
  }

  deposit(payer: string, token: string, account: string, amount: bigint): void {
    if ([ZeroAddress, this.address, token].includes(account)) refuse("EscrowInvalidAccount", account);
    const erc20 = this.tokens.get(token)!;
    erc20.transferFrom(this.address, payer, this.address, amount);
    const arrived = erc20.arrives(amount);
    this.deposits.add(arrived, token);
    this.#credit(token, account, arrived);
  }

  withdraw(account: string, token: string, to: string, amount: bigint): void {
    if (to === this.address || to === token) refuse("EscrowInvalidAccount", to);
    this.#requireFree(token, account, amount);
    this.tokens.get(token)!.transfer(this.address, to, amount);
    this.withdrawals.add(amount, token);
    this.#credit(token, account, -amount);
  }

  /** Each approval revokes what was signed before. */
  approveModule(account: string, token: string, module: string, ceiling: bigint): void {
    this.#nonces.add(1n, module, token, account);
    this.#ceilings.set(ceiling, module, token, account);
    this.touch("held", module, token, account);
  }

  /** A funding that is signed by `signer`, submitted at `now`. */
  fund(funding: Funding, signer: string, now: bigint): void {
    const { account, token, module } = funding;
    if (now >= funding.deadline) refuse("EscrowSignatureExpired", funding.deadline, now);
    if (signer !== account) refuse("EscrowInvalidSignature", account);
    const { nonce } = this.held(module, token, account);
    const isDone = this.lastFunding(module, token, account) === funding.digest;
    if (isDone && nonce === funding.nonce + 1n) return;
    if (nonce !== funding.nonce) refuse("EscrowInvalidNonce", account, nonce, funding.nonce);
    if (funding.deposit > 0n) this.deposit(account, token, account, funding.deposit);
    this.#fundings.set(`${module}/${token}/${account}`, funding.digest);
    this.touch("funding", module, token, account);
    this.approveModule(account, token, module, funding.ceiling);
  }

  requireLockable(module: string, token: string, account: string, amount: bigint): void {
    this.#requireFree(token, account, amount);
    const headroom = this.headroom(module, token, account);
    if (amount > headroom) refuse("EscrowCeilingExceeded", module, token, account, headroom, amount);
  }

  lock(module: string, token: string, account: string, amount: bigint): void {
    this.requireLockable(module, token, account, amount);
    this.#credit(token, account, -amount);
    this.#hold(module, token, account, amount);
  }

  /** Locks and pays a third party out of what was free; nothing happens where free balance or headroom do not suffice. */
  tryLockAndPay(module: string, token: string, account: string, locked: bigint, paid: bigint, payee: string): boolean {
    const room = least(this.freeOf(token, account), this.headroom(module, token, account));
    if (locked + paid > room) return false;
    this.lock(module, token, account, locked + paid);
    this.payOut(module, token, account, paid, payee);
    return true;
  }

  requireGiftable(module: string, token: string, payer: string, account: string, amount: bigint): void {
    this.requireLockable(module, token, payer, amount);
    if (payer !== account) this.#requireRoom(module, token, account, amount);
  }

  /** Somebody pays for a lock of somebody else: spent by the one, approved for the other. */
  lockFor(module: string, token: string, payer: string, account: string, amount: bigint): void {
    if (payer === account) return this.lock(module, token, account, amount);
    this.requireGiftable(module, token, payer, account, amount);
    this.#credit(token, payer, -amount);
    this.#useUp(module, token, payer, amount);
    this.#receive(module, token, account, amount);
  }

  /** A lock gets another owner: spent by the one, approved for the other. */
  moveLock(module: string, token: string, from: string, to: string, amount: bigint): void {
    const { locked } = this.held(module, token, from);
    if (amount > locked) refuse("EscrowInsufficientLocked", module, token, from, locked, amount);
    if (from === to) return;
    this.#requireRoom(module, token, to, amount);
    this.#hold(module, token, from, -amount);
    this.#useUp(module, token, from, amount);
    this.#receive(module, token, to, amount);
  }

  /** Returns a part of an account's lock to itself. */
  giveBack(module: string, token: string, account: string, amount: bigint): void {
    this.#hold(module, token, account, -amount);
    this.#credit(token, account, amount);
  }

  /** Pays a part of an account's lock to somebody: that part of what was approved is used up. */
  payOut(module: string, token: string, account: string, amount: bigint, to: string): void {
    this.#hold(module, token, account, -amount);
    this.#useUp(module, token, account, amount);
    this.#credit(token, to, amount);
  }

  settle(module: string, token: string, lines: readonly Line[]): void {
    const left = new Tally();
    for (const { account, fromLock } of lines) {
      const locked = this.held(module, token, account).locked + left.of(account);
      if (fromLock > locked) refuse("EscrowInsufficientLocked", module, token, account, locked, fromLock);
      left.add(-fromLock, account);
    }
    const taken = lines.reduce((sum, { fromLock }) => sum + fromLock, 0n);
    const given = lines.reduce((sum, { toFree }) => sum + toFree, 0n);
    if (taken !== given) refuse("EscrowUnbalanced", token, taken, given);

    for (const { account, fromLock, toFree } of lines) {
      this.#hold(module, token, account, -fromLock);
      this.#useUp(module, token, account, most(0n, fromLock - toFree));
      this.#credit(token, account, toFree);
    }
  }

  #requireFree(token: string, account: string, amount: bigint): void {
    const free = this.freeOf(token, account);
    if (amount > free) refuse("EscrowInsufficientFree", token, account, free, amount);
  }

  #credit(token: string, account: string, amount: bigint): void {
    this.#free.add(amount, token, account);
    this.touch("free", token, account);
  }

  #hold(module: string, token: string, account: string, amount: bigint): void {
    this.#locked.add(amount, module, token, account);
    this.touch("held", module, token, account);
  }

  #useUp(module: string, token: string, account: string, amount: bigint): void {
    const ceiling = this.#ceilings.of(module, token, account);
    if (ceiling !== UNLIMITED) this.#ceilings.set(most(0n, ceiling - amount), module, token, account);
    this.touch("held", module, token, account);
  }

  /** A lock grows by what was never this account's: as much more is approved, and never without limit. */
  #receive(module: string, token: string, account: string, amount: bigint): void {
    this.#hold(module, token, account, amount);
    const ceiling = this.#ceilings.of(module, token, account);
    if (ceiling !== UNLIMITED) this.#ceilings.set(least(UNLIMITED - 1n, ceiling + amount), module, token, account);
  }

  #requireRoom(module: string, token: string, account: string, amount: bigint): void {
    const { locked, nonce } = this.held(module, token, account);
    if (nonce === 0n) refuse("EscrowModuleNotApproved", module, token, account);
    const room = UNLIMITED - locked;
    if (amount > room) refuse("EscrowLockTooLarge", module, token, account, room, amount);
  }
}
