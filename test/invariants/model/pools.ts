import { refuse, Tally } from "./plain";
import type { HoldToken, Token, Touch } from "./tokens";

/** What an exchange's pool says when it has nothing to divide by, and what arithmetic that runs over reverts with. */
const DIVISION_BY_ZERO = 0x12n;

/** A pool of HOLD and money whose price is the ratio of what it has of both. */
export class PairModel {
  holdReserve = 0n;
  moneyReserve = 0n;

  constructor(
    readonly address: string,
    private readonly hold: HoldToken,
    private readonly money: Token,
    private readonly touch: Touch,
  ) {}

  sync(): void {
    this.holdReserve = this.hold.balanceOf(this.address);
    this.moneyReserve = this.money.balanceOf(this.address);
    this.touch("holdReserve");
    this.touch("moneyReserve");
  }

  swap(sellsHold: boolean, to: string): void {
    const sold = sellsHold ? this.hold : this.money;
    const bought = sellsHold ? this.money : this.hold;
    const [soldReserve, boughtReserve] = sellsHold
      ? [this.holdReserve, this.moneyReserve]
      : [this.moneyReserve, this.holdReserve];
    const arrived = sold.balanceOf(this.address) - soldReserve;
    if (soldReserve + arrived === 0n) refuse("Panic", DIVISION_BY_ZERO);
    bought.transfer(this.address, to, (boughtReserve * arrived) / (soldReserve + arrived));
    this.sync();
  }
}

/** An ERC-4626 vault over HOLD, as OpenZeppelin has it: one share and one wei more than there are stand against empty vaults. */
export class VaultModel {
  readonly #shares = new Tally();
  #supply = 0n;

  constructor(
    readonly address: string,
    private readonly hold: HoldToken,
    private readonly touch: Touch,
  ) {}

  get supply(): bigint {
    return this.#supply;
  }

  sharesOf(account: string): bigint {
    return this.#shares.of(account);
  }

  mint(account: string, shares: bigint): void {
    this.#shares.add(shares, account);
    this.#supply += shares;
    this.touch("shares", account);
    this.touch("vaultShares");
    this.touch("vaultAssets");
  }

  deposit(by: string, assets: bigint, receiver: string): void {
    const shares = (assets * (this.#supply + 1n)) / (this.hold.balanceOf(this.address) + 1n);
    this.hold.transferFrom(this.address, by, this.address, assets);
    this.mint(receiver, shares);
  }

  redeem(by: string, shares: bigint, receiver: string): void {
    const most = this.sharesOf(by);
    if (shares > most) refuse("ERC4626ExceededMaxRedeem", by, shares, most);
    const assets = (shares * (this.hold.balanceOf(this.address) + 1n)) / (this.#supply + 1n);
    this.hold.transfer(this.address, receiver, assets);
    this.mint(by, -shares);
  }
}

/** Sends on whatever it has. */
export class ForwarderModel {
  constructor(
    readonly address: string,
    private readonly beneficiary: string,
  ) {}

  sweep(token: Token): void {
    token.transfer(this.address, this.beneficiary, token.balanceOf(this.address));
  }
}
