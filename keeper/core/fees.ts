import { max, min } from "./extremes";

/** What a transaction offers, wei per gas. On a chain without EIP-1559 both are its gas price. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What blocks cost now, wei per gas. */
export interface FeeMarket {
  /** Undefined on a chain without EIP-1559, where `tip` is the whole gas price. */
  readonly baseFeePerGas: bigint | undefined;
  /** What the node suggests on top. */
  readonly tip: bigint;
}

/** What a rollup takes besides gas for publishing a transaction on another chain, wei. */
export interface L1Fee {
  readonly base: bigint;
  /** For each lease or dispute that it is about. */
  readonly perItem: bigint;
}

/** Of a transaction about so many items; nothing on a chain that publishes nowhere. */
export function l1FeeOf(fee: L1Fee | undefined, items: number): bigint {
  return fee === undefined ? 0n : fee.base + fee.perItem * BigInt(items);
}

/**
 * What gas costs at present, wei: base fee and tip, as much of it as `cap` leaves room for. Above the cap only where the
 * base fee alone is.
 */
export function costPerGas({ baseFeePerGas, tip }: FeeMarket, cap: bigint | undefined): bigint {
  if (baseFeePerGas === undefined) return tip;
  const whole = baseFeePerGas + tip;
  return cap === undefined ? whole : max(baseFeePerGas, min(whole, cap));
}

/** What to offer: room for the base fee to double, which takes six full blocks, but never above `cap`. */
export function firstFees({ baseFeePerGas, tip }: FeeMarket, cap: bigint | undefined): Fees {
  if (baseFeePerGas === undefined) return within({ maxFeePerGas: tip, maxPriorityFeePerGas: tip }, cap);
  return within({ maxFeePerGas: 2n * baseFeePerGas + tip, maxPriorityFeePerGas: tip }, cap);
}

/** However often it is raised, a transaction never offers more than so many times what a new one would. */
const MOST_RAISED = 10n;
/** Of the base fee: what a tip is raised to at once, and may be raised to whatever is suggested: it may be a lie downwards. */
const FIRST_TIP = { part: 10n, most: 500_000_000n };

/**
 * What to offer instead of `before`, which is not mined: a quarter more of both, or what would be offered now, if that is
 * more; but neither more than the cap, nor than ten times what would be offered now: what is not mined at that price waits
 * for something else. However little is suggested, which may be a lie, a tip may come to the base fee, and a price without a
 * base fee to the cap; it doubles while it is next to nothing. Undefined where that leaves no room: nodes take a replacement
 * only if both parts offer a tenth more.
 */
export function raisedFees(before: Fees, market: FeeMarket, cap: bigint | undefined): Fees | undefined {
  const now = firstFees(market, cap);
  const isLegacy = market.baseFeePerGas === undefined;
  const baseFee = market.baseFeePerGas ?? 0n;
  const always = isLegacy ? (cap ?? 1n) : 1n;
  const leastTip = min(baseFee / FIRST_TIP.part, FIRST_TIP.most);
  const raised = within(
    {
      maxFeePerGas: raisedTo(before.maxFeePerGas, now.maxFeePerGas, always, isLegacy),
      maxPriorityFeePerGas: raisedTo(
        before.maxPriorityFeePerGas,
        max(now.maxPriorityFeePerGas, leastTip),
        max(baseFee, always),
        isLegacy,
      ),
    },
    cap,
  );
  const replaces =
    raised.maxFeePerGas * 10n >= before.maxFeePerGas * 11n &&
    raised.maxPriorityFeePerGas * 10n >= before.maxPriorityFeePerGas * 11n;
  return replaces ? raised : undefined;
}

/** Wei per gas, below which a price is next to nothing. */
const NEXT_TO_NOTHING = 100_000_000n;

function raisedTo(before: bigint, now: bigint, always: bigint, mayDouble: boolean): bigint {
  const more = mayDouble && before < NEXT_TO_NOTHING ? 2n * before + 1n : (before * 5n) / 4n + 1n;
  return min(max(more, now), max(max(now, 1n) * MOST_RAISED, always));
}

function within({ maxFeePerGas, maxPriorityFeePerGas }: Fees, cap: bigint | undefined): Fees {
  const most = cap === undefined ? maxFeePerGas : min(maxFeePerGas, cap);
  return { maxFeePerGas: most, maxPriorityFeePerGas: min(maxPriorityFeePerGas, most) };
}
