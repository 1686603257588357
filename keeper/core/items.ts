import { disputeKey, dutyInPhase } from "./disputes";
import { type Duty, merged } from "./duties";
import type { BlockRef, ChainEvent, DisputeEvent } from "./events";
import { known } from "./gap";
import { type AnyItem, itemAs, type ItemOf, parseItem } from "./itemShapes";
import { dutiesOfLease, leaseKeysOf, reduceLease } from "./leaseRules";
import type { Item, Rules, State } from "./rules";
import { dutiesOfYield, reduceYield, yieldKeysOf } from "./yieldRules";

/** What the rules depend on, besides the events. */
export interface RulesOptions {
  /** The market's, seconds. */
  readonly outageAllowance: number;
  /** Providers to collect for. */
  readonly serve: readonly string[];
}

/** Changes whenever the same events lead to other items: a store that was filled by other rules starts over. */
const VERSION = 5;

/** What a store notes beside its items: items that were made under another name are of no use. */
export function nameOfRules({ outageAllowance, serve }: RulesOptions): string {
  return [VERSION, outageAllowance, ...serve.map((provider) => provider.toLowerCase()).sort()].join(" ");
}

/** How events become leases and disputes, and these duties. Items are `terms`, `listing`, `lease`, `yield` and `dispute`. */
export function rulesFor({ outageAllowance, serve }: RulesOptions): Rules {
  const served = new Set(serve.map((provider) => provider.toLowerCase()));
  const serves = (provider: string): boolean => served.has(provider.toLowerCase());
  return {
    keysOf: (event) => {
      if (event.type === "DisputeMoved") return [disputeKey(event.disputeId)];
      return served.size === 0 ? leaseKeysOf(event) : [...new Set([...leaseKeysOf(event), ...yieldKeysOf(event)])];
    },
    reduce: (event: ChainEvent, state: State): void => {
      if (event.type === "DisputeMoved") return reduceDispute(event, state);
      try {
        reduceLease(event, state, outageAllowance);
      } finally {
        // Where a gap is passed over, the event stands for what its provider has in it.
        if (served.size > 0) reduceYield(event, state, serves);
      }
    },
    untimed: (item) => untimedBlock(parseItem(item)),
    timed: (item, timestamp) => withTime(parseItem(item), timestamp),
    dutiesOf: (item) => dutiesOfItem(parseItem(item)),
    leaseToView: (item) => leaseToView(parseItem(item)),
    countsAs: ({ type }) => (type === "lease" || type === "dispute" ? type : undefined),
  };
}

function reduceDispute({ disputeId, phase, block }: DisputeEvent, state: State): void {
  const key = disputeKey(disputeId);
  const before = itemAs(state.get(key), "dispute");
  if (phase === "Settled") state.delete(key);
  else state.set(key, { type: "dispute", id: disputeId.toString(), phase, movedIn: block } satisfies ItemOf<"dispute">);
  // Where this gap is passed over, the event stands: it tells all that is needed.
  if (phase !== "Filed") known(before, key);
}

function untimedBlock(item: AnyItem): BlockRef | undefined {
  switch (item.type) {
    case "lease":
      return item.openedIn;
    case "yield":
      return item.paidIn;
    case "dispute":
      return item.movedIn;
    default:
      return undefined;
  }
}

function withTime(item: AnyItem, timestamp: number): Item {
  switch (item.type) {
    case "lease": {
      const { openedIn, ...lease } = item;
      return openedIn === undefined ? item : { ...lease, openedAt: timestamp };
    }
    case "yield": {
      const { paidIn, ...rest } = item;
      return paidIn === undefined ? item : { ...rest, paidAt: timestamp };
    }
    case "dispute": {
      const { movedIn, ...dispute } = item;
      return movedIn === undefined ? item : { ...dispute, since: timestamp };
    }
    default:
      return item;
  }
}

/** The list of due leases tells when each ends; it tells neither what orders have to be done before, nor what is to be collected. */
function leaseToView(item: AnyItem): bigint | undefined {
  if (item.type === "yield") return BigInt(item.id);
  if (item.type !== "lease") return undefined;
  return item.order !== undefined || item.isSeenOnly === true ? BigInt(item.id) : undefined;
}

function dutiesOfItem(item: AnyItem): readonly Duty[] {
  switch (item.type) {
    case "lease":
      return dutiesOfLease(item);
    case "yield":
      return dutiesOfYield(item);
    case "dispute":
      return dutiesOfDispute(item);
    default:
      return [];
  }
}

/** What a dispute will need if everybody stays silent; nothing while its block's time is not known. */
function dutiesOfDispute({ id, phase, since, seen }: ItemOf<"dispute">): Duty[] {
  const byLogs = since === undefined ? [] : [dutyInPhase(BigInt(id), phase, since)];
  return seen === undefined ? byLogs : merged([...byLogs, dutyInPhase(BigInt(id), seen.phase, seen.since)]);
}
