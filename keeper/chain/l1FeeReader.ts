import { Interface, Transaction, ZeroAddress } from "ethers";

import { leaseIdOf } from "../../sdk/ids";
import { Market__factory } from "../../typechain-types";
import type { Head } from "../core/events";
import type { L1Fee } from "../core/fees";
import type { ChainApi } from "./api";
import { DisagreementError } from "./ask";
import { CallRefusedError, WaitError } from "./rpcErrors";

/** Chain seconds after which it is asked anew. */
const FRESH = 60;
/** Leases of the larger one of two transactions whose fees tell what one more of them costs. */
const MANY = 101;
/** Spreads the numbers of the samples' leases: what repeats itself would be compressed, and cheaper than what is sent. */
const SPREAD = 2_654_435_761;
const MOST_INDEX = 2 ** 20;

/** Times in a row that no node answers, after which a guess stands for the answer. */
const MOST_SILENCES = 2;
/** Of the last figure, while the contract does not tell another. */
const SCALE = 2n;
/** What calldata costs on Ethereum at 50 gwei: of a transaction's own bytes, and of one more lease id. */
const L1_GAS_PRICE = 50n * 10n ** 9n;
export const CONSERVATIVE: L1Fee = { base: 6_000n * L1_GAS_PRICE, perItem: 600n * L1_GAS_PRICE };

const oracles = new Interface(["function getL1Fee(bytes data) view returns (uint256)"]);
const market = Market__factory.createInterface();

/** What a rollup takes for publishing transactions, from a contract that knows: GasPriceOracle on chains of the OP stack. */
export class L1FeeReader {
  private last: { readonly at: number; readonly fee: L1Fee } | undefined;
  private good: L1Fee | undefined;
  private silences = 0;

  constructor(
    private readonly network: Pick<ChainApi, "call">,
    private readonly oracle: string,
    /** The market: its batches are what is published. */
    private readonly to: string,
    private readonly chainId: number,
    /** Hears why a guess stands for what the contract did not tell. */
    private readonly onGuess: (reason: string, fee: L1Fee) => void = () => undefined,
  ) {}

  /**
   * Asked once for some blocks: it follows another chain, and that one slowly. Where the contract does not tell, twice the
   * last figure, or else `CONSERVATIVE`. Fails with a WaitError where too few nodes answer for the first time.
   */
  async at({ timestamp }: Pick<Head, "timestamp">): Promise<L1Fee> {
    if (this.last !== undefined && Math.abs(timestamp - this.last.at) < FRESH) return this.last.fee;
    const fee = await this.orGuess(this.ask());
    this.last = { at: timestamp, fee };
    return fee;
  }

  private async orGuess(asked: Promise<L1Fee>): Promise<L1Fee> {
    try {
      this.good = await asked;
      this.silences = 0;
      return this.good;
    } catch (error) {
      const isNodes = error instanceof WaitError;
      const isSilence = isNodes && !(error instanceof CallRefusedError) && !(error instanceof DisagreementError);
      // No answer to this call, again and again: it is not asked for a while, so that it does not end every pass.
      if (isSilence && ++this.silences < MOST_SILENCES) throw error;
      const { good } = this;
      const guess = good === undefined ? CONSERVATIVE : { base: SCALE * good.base, perItem: SCALE * good.perItem };
      this.onGuess(error instanceof Error ? error.message : String(error), guess);
      return guess;
    }
  }

  /** Fails where the contract does not tell. */
  async ask(): Promise<L1Fee> {
    const one = await this.feeOf(1);
    const many = await this.feeOf(MANY);
    const perItem = many > one ? (many - one + BigInt(MANY) - 2n) / BigInt(MANY - 1) : 0n;
    return { base: one > perItem ? one - perItem : 0n, perItem };
  }

  /** What publishing a batch that ends so many leases costs, wei. */
  private async feeOf(leases: number): Promise<bigint> {
    const ids = Array.from({ length: leases }, (_, i) =>
      leaseIdOf(1_000n + BigInt(i), ((i * SPREAD) % MOST_INDEX) + 1),
    );
    const { unsignedSerialized } = Transaction.from({
      type: 2,
      chainId: this.chainId,
      to: this.to,
      nonce: 1_000,
      gasLimit: 15_000_000n,
      maxFeePerGas: 1_000_000_007n,
      maxPriorityFeePerGas: 1_000_003n,
      data: market.encodeFunctionData("expire", [ids]),
    });
    const data = oracles.encodeFunctionData("getL1Fee", [unsignedSerialized]);
    const answer = await this.network.call({ from: ZeroAddress, to: this.oracle, data });
    const [fee] = oracles.decodeFunctionResult("getL1Fee", answer);
    return BigInt(fee as bigint);
  }
}
