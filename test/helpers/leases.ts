import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";

import type { Liveness, Market } from "../../typechain-types";
import type { OfferDraft, OrderChoices } from "./orders";
import { anOrder } from "./orders";
import { storedLease } from "./words";

/** The states of a lease, as the contracts number them. */
export const LeaseStatus = { None: 0n, Pending: 1n, Active: 2n, Closed: 3n, Cancelled: 4n, Released: 5n } as const;

/** By whom and why a lease ended, as the contracts number it. */
export const EndReason = {
  None: 0n,
  ClosedByTenant: 1n,
  Expired: 2n,
  CancelledByTenant: 3n,
  NoShow: 4n,
  Declined: 5n,
  ClosedDark: 6n,
  ExpiredAfterNotice: 7n,
  ClosedAfterFault: 8n,
} as const;

/** Why an offer does not fit an order, as the contracts number it. */
export const MisfitReason = {
  None: 0n,
  OtherToken: 1n,
  Retired: 2n,
  PriceTooHigh: 3n,
  RequirementUnmet: 4n,
  DurationOutOfBounds: 5n,
  CapacityShort: 6n,
  LockTooSmall: 7n,
  LockTooLarge: 8n,
  ProviderStale: 9n,
  BondShort: 10n,
  QuotedOnly: 11n,
  SameProvider: 12n,
  SameRegion: 13n,
  OtherProvider: 14n,
  TokenNotListed: 15n,
} as const;

/** The id of lease `index` of an offer, both counted from 1: `leaseIdOf(7n, 12n)` is lease 7-12. */
export const leaseIdOf = (offer: bigint, index: bigint | number): bigint => offer * 2n ** 32n + BigInt(index);

/** Creates an offer; returns its id. */
export async function createOffer(market: Market, provider: HardhatEthersSigner, draft: OfferDraft): Promise<bigint> {
  await market.connect(provider).createOffer(draft.terms, draft.price, draft.capacity);
  return market.offerCount();
}

/** Opens a pending lease; returns its id. */
export async function openLease(market: Market, tenant: HardhatEthersSigner, choices: OrderChoices): Promise<bigint> {
  const [leaseId] = await openLeases(market, tenant, choices);
  if (leaseId === undefined) throw new Error("The order was for no lease");
  return leaseId;
}

/** Opens pending leases, as many as the choices have replicas; returns their ids. */
export async function openLeases(
  market: Market,
  tenant: HardhatEthersSigner,
  choices: OrderChoices,
): Promise<readonly bigint[]> {
  const order = await anOrder(market, choices);
  const leaseIds = await market.connect(tenant).open.staticCall(order);
  await market.connect(tenant).open(order);
  return leaseIds;
}

/** Sends the heartbeat of `provider` and starts the leases; all must be pending ones of that provider. */
export async function activate(
  contracts: { market: Market; liveness: Liveness },
  operator: HardhatEthersSigner,
  provider: HardhatEthersSigner,
  ...leaseIds: bigint[]
): Promise<void> {
  await contracts.liveness.connect(operator).heartbeat(provider);
  await contracts.market.connect(operator).activate(leaseIds);
  for (const leaseId of leaseIds) {
    const { status } = await storedLease(contracts.market, leaseId);
    if (status !== LeaseStatus.Active) {
      throw new Error(`Lease ${leaseId} is in state ${status} after activation: open it first, and before its cutoff`);
    }
  }
}
