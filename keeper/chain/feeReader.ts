import type { Head } from "../core/events";
import type { FeeMarket } from "../core/fees";
import { gasPriceOf, tipOf } from "../core/tips";
import type { ChainApi } from "./api";
import { Optional } from "./optional";
import { WaitError } from "./rpcErrors";

/** What gas costs at a block; asked for once for each. */
export class FeeReader {
  private readonly suggestions = new Optional<bigint>();
  private readonly histories = new Optional<bigint>();
  private readonly prices = new Optional<bigint>();
  private last: { readonly block: string; readonly fees: FeeMarket } | undefined;

  constructor(private readonly network: Pick<ChainApi, "maxPriorityFeePerGas" | "gasPrice" | "paidTip">) {}

  /** The base fee is the agreed head's; what comes on top is bounded by what others paid. */
  async at({ hash, number, baseFeePerGas }: Head): Promise<FeeMarket> {
    if (this.last?.block === hash) return this.last.fees;
    const tip = await (baseFeePerGas === undefined ? this.gasPrice(number) : this.tip(baseFeePerGas, number));
    const fees = { baseFeePerGas, tip };
    this.last = { block: hash, fees };
    return fees;
  }

  private async tip(baseFeePerGas: bigint, number: number): Promise<bigint> {
    const { network } = this;
    const [suggested, paid] = await Promise.all([
      this.suggestions.ask(number, () => network.maxPriorityFeePerGas()),
      this.histories.ask(number, () => network.paidTip()),
    ]);
    const isUnknown = suggested === undefined && (paid ?? 0n) === 0n;
    const gasPrice = isUnknown ? await this.prices.ask(number, () => network.gasPrice()) : undefined;
    return tipOf({ baseFeePerGas, suggested, paid, gasPrice });
  }

  private async gasPrice(number: number): Promise<bigint> {
    const { network } = this;
    const [gasPrice, paid] = await Promise.all([
      network.gasPrice(),
      this.histories.ask(number, () => network.paidTip()),
    ]);
    const price = gasPriceOf({ baseFeePerGas: undefined, suggested: undefined, paid, gasPrice });
    if (price !== undefined) return price;
    throw new WaitError("No endpoint tells what gas costs (eth_gasPrice, eth_feeHistory). Use endpoints that do.");
  }
}
