import type { Provider } from "ethers";

import { Failure } from "../failure";

/** What a transaction offers, wei per gas. On a chain without EIP-1559 both are its gas price. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What blocks cost now, wei per gas. */
export interface FeeMarket {
  /** Undefined on a chain without EIP-1559, where `tip` is the whole gas price. */
  readonly baseFee: bigint | undefined;
  readonly tip: bigint;
}

/** What the user said about fees, wei per gas. */
export interface FeeLimits {
  /** Most that may be paid for a gas, all in all, whatever is replaced. */
  readonly maxFee?: bigint | undefined;
  readonly priorityFee?: bigint | undefined;
}

const GWEI = 10n ** 9n;

/** Wei -> "12.5 gwei". */
export function gwei(wei: bigint): string {
  const fraction = (wei % GWEI).toString().padStart(9, "0").replace(/0+$/, "");
  return `${wei / GWEI}${fraction === "" ? "" : `.${fraction}`} gwei`;
}

/** Asks the node what gas costs. */
export async function readMarket(provider: Provider): Promise<FeeMarket> {
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
  // ethers offers twice the base fee and the tip.
  if (maxFeePerGas !== null && maxPriorityFeePerGas !== null) {
    return { baseFee: (maxFeePerGas - maxPriorityFeePerGas) / 2n, tip: maxPriorityFeePerGas };
  }
  if (gasPrice !== null) return { baseFee: undefined, tip: gasPrice };
  throw new Failure("network", "the node does not say what gas costs (eth_gasPrice): use another one with --rpc");
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Room for the base fee to double, which takes six full blocks, but never above the limits. */
function offer({ baseFee, tip: suggested }: FeeMarket, { maxFee, priorityFee }: FeeLimits): Fees {
  const tip = baseFee === undefined ? suggested : (priorityFee ?? suggested);
  const whole = baseFee === undefined ? tip : 2n * baseFee + tip;
  const most = maxFee === undefined ? whole : min(whole, maxFee);
  return { maxFeePerGas: most, maxPriorityFeePerGas: min(tip, most) };
}

/** What to offer first. Fails where the limit is below what any transaction has to pay now. */
export function firstFees(market: FeeMarket, limits: FeeLimits): Fees {
  const least = market.baseFee ?? market.tip;
  if (limits.maxFee !== undefined && limits.maxFee < least) {
    const message = `gas costs ${gwei(least)} now, more than --max-fee allows (${gwei(limits.maxFee)}): nothing was sent. Allow more, or try again later`;
    throw new Failure("refused", message);
  }
  return offer(market, limits);
}

const raisedBy = (fee: bigint): bigint => (fee * 5n) / 4n + 1n;

/**
 * What to offer instead of `before`: a quarter more of both parts, or what would be offered now, if that is more. Undefined
 * where the limit leaves no room: nodes take a replacement only if both parts offer a tenth more.
 */
export function raisedFees(before: Fees, market: FeeMarket, limits: FeeLimits): Fees | undefined {
  const now = offer(market, limits);
  const wanted = max(raisedBy(before.maxFeePerGas), now.maxFeePerGas);
  const maxFeePerGas = limits.maxFee === undefined ? wanted : min(wanted, limits.maxFee);
  const tip = max(raisedBy(before.maxPriorityFeePerGas), now.maxPriorityFeePerGas);
  const maxPriorityFeePerGas = min(tip, maxFeePerGas);
  const replaces =
    maxFeePerGas * 10n >= before.maxFeePerGas * 11n && maxPriorityFeePerGas * 10n >= before.maxPriorityFeePerGas * 11n;
  return replaces ? { maxFeePerGas, maxPriorityFeePerGas } : undefined;
}
