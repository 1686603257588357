import type { Head } from "../core/events";
import type { FeeMarket } from "../core/fees";
import type { ChainApi } from "./api";

/** What gas costs at a block; asked for once for each. */
export class FeeReader {
  private last: { readonly block: string; readonly fees: FeeMarket } | undefined;

  constructor(private readonly network: Pick<ChainApi, "maxPriorityFeePerGas" | "gasPrice">) {}

  async at({ hash, baseFeePerGas }: Head): Promise<FeeMarket> {
    if (this.last?.block === hash) return this.last.fees;
    const { network } = this;
    const tip = await (baseFeePerGas === undefined ? network.gasPrice() : network.maxPriorityFeePerGas());
    const fees = { baseFeePerGas, tip };
    this.last = { block: hash, fees };
    return fees;
  }
}
