import { ZeroAddress } from "ethers";

import { formatLeaseId, leaseIdOf, splitLeaseId } from "../../sdk/ids";
import { END_REASONS, LEASE_STATUSES } from "../../sdk/market";
import { type Offer, offerPages, offersById, type RecordedOffer, withRecords } from "../../sdk/offers";
import type { IMarketLens } from "../../typechain-types/contracts/lens/MarketLens";
import { Failure } from "./failure";
import type { Session } from "./session";

/** Leases that one question to the node asks for: enough to be quick, few enough for its gas limit. */
const LEASES_PAGE = 50;
const SCAN_PAGE = 250;

/** A lease as commands show it; instants in Unix seconds, amounts in base units, collateral in wei of HOLD. */
export interface Lease {
  readonly id: bigint;
  readonly name: string;
  readonly status: (typeof LEASE_STATUSES)[number];
  readonly reason: (typeof END_REASONS)[number];
  readonly termsVersion: bigint;
  readonly tenant: string;
  readonly provider: string;
  readonly token: string;
  readonly units: number;
  readonly duration: number;
  readonly rateX32: bigint;
  readonly openedAt: number;
  readonly startedAt: number;
  readonly deadline: number;
  readonly cutoff: number;
  readonly end: number;
  readonly remaining: number;
  /** When its present rate began; `billedSeconds` and `earned` count from then on: what was earned before was paid. */
  readonly anchor: number;
  readonly billedSeconds: number;
  /** Of a base unit that was earned before the anchor and not paid then, times 2^32; part of `earned`. */
  readonly fraction: bigint;
  /** Of a base unit of fee on what was paid before the anchor, in ten-thousandths. */
  readonly feeRemainder: number;
  readonly earned: bigint;
  readonly collectable: bigint;
  readonly locked: bigint;
  readonly bounty: bigint;
  /** Still reserved for it. */
  readonly collateral: bigint;
  /** When its collateral grew last; 0: never, or too long ago to matter. */
  readonly grownAt: number;
  /** What a fault that began before that counts on at the most. */
  readonly grownFrom: bigint;
  /** A shrink left more reserved than its units need, until no claim is open. */
  readonly lagging: boolean;
  /** What upheld claims and the service credit took of its collateral. */
  readonly penalised: bigint;
  readonly openClaims: number;
  /** What was taken for the last punished fault, and for claims on it that overlap; wei of HOLD. */
  readonly punished: bigint;
  /** When the last claim that was punished in full was filed; 0: none was. */
  readonly coveredUntil: number;
  readonly releasableAt: number;
  readonly settled: boolean;
  readonly noticed: boolean;
  /** How often it changed hands. */
  readonly transfers: number;
  /** To whom it is offered; zero: to nobody. */
  readonly recipient: string;
  /** Of its provider, since its start. */
  readonly darkSeconds: number;
  /** What the first collect after the end takes as service credit. */
  readonly creditDue: bigint;
}

function toLease(view: IMarketLens.LeaseViewStructOutput): Lease {
  return {
    id: view.leaseId,
    name: formatLeaseId(view.leaseId),
    status: LEASE_STATUSES[Number(view.status)] ?? "None",
    reason: END_REASONS[Number(view.reason)] ?? "None",
    termsVersion: view.termsVersion,
    tenant: view.tenant,
    provider: view.provider,
    token: view.token,
    units: Number(view.units),
    duration: Number(view.duration),
    rateX32: view.ratePerSecondX32,
    openedAt: Number(view.openedAt),
    startedAt: Number(view.startedAt),
    deadline: Number(view.deadline),
    cutoff: Number(view.cutoff),
    end: Number(view.end),
    remaining: Number(view.remaining),
    anchor: Number(view.anchor),
    billedSeconds: Number(view.billedSeconds),
    fraction: view.fraction,
    feeRemainder: Number(view.feeRemainder),
    earned: view.earned,
    collectable: view.collectable,
    locked: view.locked,
    bounty: view.bounty,
    collateral: view.collateral,
    grownAt: Number(view.grownAt),
    grownFrom: view.grownFrom,
    lagging: view.lagging,
    penalised: view.penalised,
    openClaims: Number(view.openClaims),
    punished: view.punished,
    coveredUntil: Number(view.coveredUntil),
    releasableAt: Number(view.releasableAt),
    settled: view.settled,
    noticed: view.noticed,
    transfers: Number(view.transfers),
    recipient: view.recipient,
    darkSeconds: Number(view.darkSeconds),
    creditDue: view.creditDue,
  };
}

/** How a provider lives, read of the liveness contract. */
export interface Clock {
  readonly operator: string;
  readonly lastSeen: number;
  readonly live: boolean;
  /** The present outage included. */
  readonly darkSeconds: number;
  readonly outages: number;
}

export async function readClock(session: Session, provider: string): Promise<Clock> {
  const { liveness } = await session.handles();
  const [clock, { operator, live, darkSeconds }] = await Promise.all([
    liveness.clockOf(provider),
    liveness.statusOf(provider),
  ]);
  return {
    operator,
    lastSeen: Number(clock.lastSeen),
    live,
    darkSeconds: Number(darkSeconds),
    outages: Number(clock.outages),
  };
}

/** Offers that are wanted, out of all, read in pages. */
export async function readOffers(session: Session, wanted: (offer: Offer) => boolean = () => true): Promise<Offer[]> {
  const offers: Offer[] = [];
  let read = 0;
  for await (const page of offerPages(await session.handles())) {
    offers.push(...page.filter(wanted));
    read += page.length;
    session.progress(`read ${read} offers`);
  }
  return offers;
}

/** Some offers by their numbers; those that do not exist are left out. */
export async function readOffersById(session: Session, ids: readonly bigint[]): Promise<Offer[]> {
  return offersById(await session.handles(), ids);
}

/** The same with how their providers lived. */
export async function readRecords(session: Session, offers: readonly Offer[]): Promise<RecordedOffer[]> {
  const { liveness, records, market } = await session.handles();
  return withRecords({ liveness, records, modules: [await market.getAddress()] }, offers);
}

/** The slashing module that the offer of a lease names; zero: none. */
export async function readSlasher(session: Session, { id }: Lease): Promise<string> {
  const [offer] = await readOffersById(session, [splitLeaseId(id).offer]);
  return offer?.slasher ?? ZeroAddress;
}

/** Leases by their ids, in that order; those that do not exist are left out. */
export async function readLeases(session: Session, ids: readonly bigint[]): Promise<Lease[]> {
  const { lens } = await session.handles();
  const leases: Lease[] = [];
  for (let from = 0; from < ids.length; from += LEASES_PAGE) {
    const views = await lens.leaseViews(ids.slice(from, from + LEASES_PAGE));
    leases.push(...views.filter(({ leaseId }) => leaseId !== 0n).map(toLease));
    if (ids.length > LEASES_PAGE)
      session.progress(`read ${Math.min(ids.length, from + LEASES_PAGE)} of ${ids.length} leases`);
  }
  return leases;
}

/** What a transaction of this run did is in its block; a node that shows nothing of it has not come that far. */
export function notShown(what: string): Failure {
  const message = `your transaction is mined, and the node does not show ${what} yet: look again, and do not send it twice`;
  return new Failure("network", message);
}

/** Leases that a transaction of this run made or changed: a node that does not show them is behind. */
export async function readOwnLeases(session: Session, ids: readonly bigint[]): Promise<Lease[]> {
  const leases = await readLeases(session, ids);
  const missing = ids.find((id) => leases.every((lease) => lease.id !== id));
  if (missing !== undefined) throw notShown(`lease ${formatLeaseId(missing)}`);
  return leases;
}

/** All leases on the offers of a provider, oldest offer first. */
export async function readProviderLeases(session: Session, offers: readonly Offer[]): Promise<Lease[]> {
  const ids = offers.flatMap(({ id, leaseCount }) =>
    Array.from({ length: leaseCount }, (_, index) => leaseIdOf(id, index + 1)),
  );
  return readLeases(session, ids);
}

/** All leases of a tenant: every lease of the market is looked at, so this takes time where there are many. */
export async function readTenantLeases(session: Session, tenant: string): Promise<Lease[]> {
  const { lens } = await session.handles();
  const ids: bigint[] = [];
  let from = 0n;
  do {
    const { leaseIds, next } = await lens.leasesOfTenant(tenant, from, SCAN_PAGE);
    ids.push(...leaseIds);
    from = next;
    if (from !== 0n) session.progress(`looked at all leases before ${formatLeaseId(from)}, found ${ids.length}`);
  } while (from !== 0n);
  return readLeases(session, ids);
}
