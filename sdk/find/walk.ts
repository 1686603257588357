import type { MisfitReason } from "../market";

/** A candidate as a quote shows it: by itself, as if it were the only one. */
export interface Standing {
  readonly provider: string;
  readonly region: number;
  /** What a lease on it locks, base units. */
  readonly locked: bigint;
  /** Why it does not fit by itself; undefined where it does. */
  readonly misfit?: Misfit | undefined;
}

/** Why a candidate is passed over; see MisfitReason for the amounts. */
export interface Misfit {
  readonly reason: MisfitReason;
  readonly available: bigint;
  readonly required: bigint;
}

/** What becomes of a candidate: taken, passed over, or left as a spare since there are enough. */
export type Turn = { readonly taken: true } | { readonly taken: false; readonly misfit?: Misfit | undefined };

/** Goes through candidates as the market does when it opens an order, and tells what becomes of each. */
export function turnsOf(
  candidates: readonly Standing[],
  order: { readonly replicas: number; readonly distinctRegions: boolean; readonly maxLock: bigint },
): Turn[] {
  const taken: Standing[] = [];
  let left = order.maxLock;
  return candidates.map((candidate): Turn => {
    if (taken.length === order.replicas) return { taken: false };
    const misfit = candidate.misfit ?? besides(candidate, taken, order, left);
    if (misfit !== undefined) return { taken: false, misfit };
    taken.push(candidate);
    left -= candidate.locked;
    return { taken: true };
  });
}

/** Why a candidate that fits by itself cannot stand beside those that were taken. */
function besides(
  { provider, region, locked }: Standing,
  taken: readonly Standing[],
  { replicas, distinctRegions }: { readonly replicas: number; readonly distinctRegions: boolean },
  left: bigint,
): Misfit | undefined {
  if (locked > left) return { reason: "LockTooLarge", available: left, required: locked };
  if (taken.some((other) => other.provider === provider))
    return { reason: "SameProvider", available: 0n, required: 0n };
  if (!distinctRegions || replicas === 1) return undefined;
  const isTaken = region === 0 || taken.some((other) => other.region === region);
  return isTaken ? { reason: "SameRegion", available: BigInt(region), required: 0n } : undefined;
}
