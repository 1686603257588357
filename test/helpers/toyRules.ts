import { keyOf } from "../../keeper/core/duties";
import type { BlockRef, ChainEvent, MarketEvent } from "../../keeper/core/events";
import { known } from "../../keeper/core/gap";
import type { Item, Rules } from "../../keeper/core/rules";

export const TOKEN = "0x00000000000000000000000000000000000000f0";
export const PATIENCE = 3_600;

/** Fewer things than the market says, and simpler ones: a lease is due an hour after its block, or at its end. */
export const toyRules: Rules = {
  keysOf: (event) => ("leaseId" in event ? [keyOfLease(event.leaseId)] : []),
  reduce(event, state) {
    if (!("leaseId" in event)) return;
    const key = keyOfLease(event.leaseId);
    if (event.type === "LeaseOpened") {
      const { tenant, duration, block } = event;
      return state.set(key, { id: String(event.leaseId), tenant, duration, openedIn: block });
    }
    const lease = known(state.get(key), key);
    if (event.type === "LeaseActivated") state.set(key, { ...lease, startedAt: event.startedAt });
    if (event.type === "LeaseExtended") state.set(key, { ...lease, duration: event.duration });
    if (event.type === "LeaseTransferred") state.set(key, { ...lease, tenant: event.tenant });
    if (event.type === "LeaseClosed") state.set(key, { ...lease, endedAt: event.endedAt });
    if (event.type === "CollateralReleased") state.delete(key);
  },
  untimed: (item) => item["openedIn"] as BlockRef | undefined,
  timed: ({ openedIn: _, ...item }, timestamp): Item => ({ ...item, openedAt: timestamp }),
  dutiesOf(item) {
    const { id, tenant, duration, openedAt, startedAt, endedAt } = item as Partial<Toy>;
    if (id === undefined || tenant === undefined || duration === undefined || openedAt === undefined) return [];
    if (endedAt !== undefined) return [];
    const about = { id: BigInt(id), tenant, token: TOKEN, bounty: 10n ** 30n };
    if (startedAt === undefined) {
      return [{ ...about, kind: "cancelNoShow", key: keyOf("cancelNoShow", about.id), dueAt: openedAt + PATIENCE }];
    }
    const dueAt = startedAt + duration;
    return [
      { ...about, kind: "expire", key: keyOf("expire", about.id), dueAt },
      { ...about, kind: "renew", key: keyOf("renew", about.id), dueAt: dueAt - 3_600, goneAt: dueAt },
    ];
  },
  leaseToView: (item) => (item["endedAt"] === undefined ? BigInt(String(item["id"])) : undefined),
  countsAs: (item) => (item["endedAt"] === undefined ? "lease" : undefined),
};

interface Toy {
  readonly id: string;
  readonly tenant: string;
  readonly duration: number;
  readonly openedAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

const keyOfLease = (id: bigint): string => `lease ${id}`;

/** What the market would say about lease `index` of offer 1. */
export type Said = { readonly lease: number } & (
  | { readonly type: "LeaseOpened"; readonly duration: number }
  | { readonly type: "LeaseActivated"; readonly startedAt: number }
  | { readonly type: "LeaseExtended"; readonly duration: number }
  | { readonly type: "LeaseTransferred"; readonly tenant: string }
  | { readonly type: "LeaseClosed"; readonly endedAt: number }
  | { readonly type: "CollateralReleased" }
);

/** The event of what was said in `block`. */
export function eventOf({ lease, ...said }: Said, { number, hash }: BlockRef): ChainEvent {
  const block = { number, hash };
  const leaseId = (1n << 32n) | BigInt(lease);
  const event: MarketEvent =
    said.type === "LeaseOpened"
      ? { ...said, block, leaseId, tenant: "0xaa", provider: "0xbb", termsVersion: 1n, listing: 1n }
      : { ...said, block, leaseId };
  return event;
}
