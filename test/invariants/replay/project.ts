import type { Event } from "./event";
import { OrdersReplay, RecordsReplay } from "./above";
import { CouncilReplay, DisputesReplay } from "./disputes";
import { MarketReplay } from "./market";
import { EscrowReplay, HoldReplay, LivenessReplay, StakingReplay } from "./vaults";

/** Where the contracts are whose events are replayed. */
export interface Addresses {
  hold: string;
  escrow: string;
  staking: string;
  liveness: string;
  records: string;
  market: string;
  orders: string;
  council: string;
  disputes: string;
}

/** All state of the protocol, as its events tell it. */
export interface Replayed {
  hold: HoldReplay;
  escrow: EscrowReplay;
  staking: StakingReplay;
  liveness: LivenessReplay;
  records: RecordsReplay;
  market: MarketReplay;
  orders: OrdersReplay;
  council: CouncilReplay;
  disputes: DisputesReplay;
}

/** Rebuilds all state from events, in the order of the chain, and from nothing else. */
export function project(events: readonly Event[], addresses: Addresses): Replayed {
  const council = new CouncilReplay();
  const state: Replayed = {
    hold: new HoldReplay(),
    escrow: new EscrowReplay(),
    staking: new StakingReplay(),
    liveness: new LivenessReplay(),
    records: new RecordsReplay(),
    market: new MarketReplay(),
    orders: new OrdersReplay(),
    council,
    disputes: new DisputesReplay(council),
  };
  const parts = Object.keys(state) as (keyof Replayed)[];
  for (const event of events) {
    const part = parts.find((name) => addresses[name] === event.address);
    if (part !== undefined) state[part].apply(event);
    if (part === "market") state.orders.apply(event);
  }
  return state;
}
