import { formatLeaseId, leaseIdOf } from "../../sdk/ids";
import type { OfferFacts } from "../../sdk/find";
import { END_REASONS, LEASE_STATUSES } from "../../sdk/market";
import { unpackResources } from "../../sdk/resources";
import type { IMarketLens } from "../../typechain-types/contracts/lens/MarketLens";
import type { Session } from "./session";

/** Offers or leases that one question to the node asks for: enough to be quick, few enough for its gas limit. */
const OFFERS_PAGE = 100;
const LEASES_PAGE = 50;
const SCAN_PAGE = 250;

/** An offer as commands show it. */
export interface Offer extends OfferFacts {
  readonly capacity: number;
  readonly used: number;
  readonly leaseCount: number;
  readonly slasher: string;
  readonly contentHash: string;
}

/** A lease as commands show it; instants in Unix seconds, amounts in base units, collateral in wei of HOLD. */
export interface Lease {
  readonly id: bigint;
  readonly name: string;
  readonly status: (typeof LEASE_STATUSES)[number];
  readonly reason: (typeof END_REASONS)[number];
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
  readonly billedSeconds: number;
  readonly earned: bigint;
  readonly collectable: bigint;
  readonly locked: bigint;
  readonly bounty: bigint;
  readonly collateral: bigint;
  readonly releasableAt: number;
  readonly settled: boolean;
}

function toLease(view: IMarketLens.LeaseViewStructOutput): Lease {
  return {
    id: view.leaseId,
    name: formatLeaseId(view.leaseId),
    status: LEASE_STATUSES[Number(view.status)] ?? "None",
    reason: END_REASONS[Number(view.reason)] ?? "None",
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
    billedSeconds: Number(view.billedSeconds),
    earned: view.earned,
    collectable: view.collectable,
    locked: view.locked,
    bounty: view.bounty,
    collateral: view.collateral,
    releasableAt: Number(view.releasableAt),
    settled: view.settled,
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

async function toOffer(
  view: IMarketLens.OfferViewStructOutput,
  clockOf: (provider: string) => Promise<Clock>,
): Promise<Offer> {
  const { darkSeconds, outages, lastSeen } = await clockOf(view.provider);
  return {
    id: view.offerId,
    provider: view.provider,
    token: view.token,
    priceX32: view.pricePerSecondX32,
    resources: unpackResources(view.resources),
    unitsLeft: Number(view.unitsLeft),
    minDuration: Number(view.minDuration),
    maxDuration: Number(view.maxDuration),
    retired: view.retired,
    live: view.live,
    freeBond: view.freeBond,
    collateralPerUnit: view.collateralPerUnit,
    record: { darkSeconds, outages, lastSeen },
    capacity: Number(view.capacity),
    used: Number(view.used),
    leaseCount: Number(view.leaseCount),
    slasher: view.slasher,
    contentHash: view.contentHash,
  };
}

/** All offers, read in pages; each provider's clock is asked for once. `wanted`: of these only. */
export async function readOffers(
  session: Session,
  wanted: (view: IMarketLens.OfferViewStructOutput) => boolean = () => true,
): Promise<Offer[]> {
  const { lens } = await session.handles();
  const clocks = new Map<string, Promise<Clock>>();
  const clockOf = (provider: string): Promise<Clock> => {
    const found = clocks.get(provider) ?? readClock(session, provider);
    clocks.set(provider, found);
    return found;
  };
  const offers: Offer[] = [];
  for (let from = 1n; ; from += BigInt(OFFERS_PAGE)) {
    const page = await lens.offerViews(from, OFFERS_PAGE);
    offers.push(...(await Promise.all(page.filter(wanted).map((view) => toOffer(view, clockOf)))));
    if (page.length < OFFERS_PAGE) return offers;
    session.progress(`read ${from + BigInt(page.length) - 1n} offers`);
  }
}

/** Some offers by their numbers; those that do not exist are left out. */
export async function readOffersById(session: Session, ids: readonly bigint[]): Promise<Offer[]> {
  const { lens } = await session.handles();
  const views = (await Promise.all(ids.map((id) => lens.offerViews(id, 1)))).flat();
  return Promise.all(views.map((view) => toOffer(view, (provider) => readClock(session, provider))));
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
