import type { Duty, DutyKind } from "./duties";
import { batchGasLimit, type GasModel, needOf, type Size } from "./gas";

const compare = <T extends bigint | number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** Kinds that the contracts do many of in one call. */
const MANY: ReadonlySet<DutyKind> = new Set<DutyKind>(["expire", "cancelNoShow", "renew", "collect"]);

/** Most gas that transactions may take. */
export interface GasBounds {
  readonly gas: GasModel;
  /** Of one transaction. */
  readonly gasLimit: bigint;
  /** Of one about several duties, where that is less. */
  readonly batchLimit?: bigint | undefined;
  readonly blockGasLimit: bigint;
}

/** What fills blocks best, within what a batch may take. */
function batchMost(kind: DutyKind, { gas, gasLimit, batchLimit = gasLimit, blockGasLimit }: GasBounds): bigint {
  return batchGasLimit(gas, kind, blockGasLimit, batchLimit < gasLimit ? batchLimit : gasLimit);
}

/** Whom the funds belong to that a duty settles. */
type Account = { readonly token?: string | undefined; readonly tenant?: string | undefined };
const accountOf = ({ token, tenant }: Account): string => `${token ?? ""} ${tenant ?? ""}`;

/** How large a batch is. */
export function sizeOf(duties: readonly Account[]): Size {
  return { items: duties.length, accounts: new Set(duties.map(accountOf)).size };
}

/** A batch in the order in which the market settles it best: neighbours of one token and tenant are settled together. */
export function bySettlement(duties: readonly Duty[]): readonly Duty[] {
  return [...duties].sort(
    (a, b) => compare(a.token ?? "", b.token ?? "") || compare(a.tenant ?? "", b.tenant ?? "") || compare(a.id, b.id),
  );
}

/**
 * Cuts duties of one kind, in their order, into batches that need at most what fills blocks best. What has failed before
 * stands alone, after all others; so does what the contracts do one by one.
 */
export function cut(
  kind: DutyKind,
  duties: readonly Duty[],
  failedBefore: ReadonlySet<string>,
  bounds: GasBounds,
): readonly (readonly Duty[])[] {
  const alone = duties.filter(({ key }) => !MANY.has(kind) || failedBefore.has(key));
  const together = duties.filter(({ key }) => MANY.has(kind) && !failedBefore.has(key));
  const most = batchMost(kind, bounds);
  const batches: Duty[][] = [];
  for (let rest = together; rest.length > 0;) {
    const fits = Math.max(fitting(kind, rest, bounds.gas, most), 1); // one cannot be split
    batches.push(rest.slice(0, fits));
    rest = rest.slice(fits);
  }
  return [...batches, ...alone.map((duty) => [duty])];
}

/** How many of the first duties need at most so much gas together. */
export function fitting(kind: DutyKind, duties: readonly Duty[], gas: GasModel, most: bigint): number {
  const accounts = new Set<string>();
  let items = 0;
  for (const duty of duties) {
    accounts.add(accountOf(duty));
    if (needOf(gas, kind, { items: items + 1, accounts: accounts.size }) > most) break;
    items += 1;
  }
  return items;
}

/**
 * The gas limit of a batch: a quarter more than it needs, for what happens until it is mined, within what fills blocks best;
 * never less than it needs, never more than a transaction may take.
 */
export function gasLimitOf(kind: DutyKind, duties: readonly Duty[], bounds: GasBounds): bigint {
  const need = needOf(bounds.gas, kind, sizeOf(duties));
  const ample = (need * 5n) / 4n;
  const share = duties.length > 1 ? batchMost(kind, bounds) : ample;
  const wanted = ample < share ? ample : share > need ? share : need;
  return wanted < bounds.gasLimit ? wanted : bounds.gasLimit;
}
