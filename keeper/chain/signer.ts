import { type BaseWallet, keccak256, Transaction } from "ethers";

import type { Fees } from "../core/fees";

/** What a transaction calls. */
export interface Call {
  readonly to: string;
  readonly data: string;
}

/** All that is signed. */
export interface Unsigned extends Call {
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly fees: Fees;
  /** On a chain without EIP-1559. */
  readonly isLegacy: boolean;
}

/** Signs for one account. */
export interface Signer {
  readonly account: string;
  /** Returns the signed bytes and the hash, hexadecimal. */
  sign(unsigned: Unsigned): Promise<{ readonly raw: string; readonly hash: string }>;
}

/** Signs with a key in memory; asks nobody. */
export class WalletSigner implements Signer {
  readonly account: string;

  constructor(
    private readonly wallet: BaseWallet,
    private readonly chainId: bigint,
  ) {
    this.account = wallet.address;
  }

  async sign({ to, data, nonce, gasLimit, fees, isLegacy }: Unsigned): Promise<{ raw: string; hash: string }> {
    const { maxFeePerGas, maxPriorityFeePerGas } = fees;
    const price = isLegacy ? { type: 0, gasPrice: maxFeePerGas } : { type: 2, maxFeePerGas, maxPriorityFeePerGas };
    const transaction = Transaction.from({ to, data, nonce, gasLimit, chainId: this.chainId, value: 0n, ...price });
    const raw = await this.wallet.signTransaction(transaction);
    return { raw, hash: keccak256(raw) };
  }
}
