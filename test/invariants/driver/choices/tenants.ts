import { LeaseStatus } from "../../../helpers/leases";
import { collateralOf, lockOf } from "../../../helpers/money";
import { ANY_RESOURCES, MOST_LOCK, MOST_PRICE } from "../../../helpers/orders";
import type { Order } from "../../model/matching";
import { type Offer, priceOf, unitsLeft } from "../../model/offers";
import { least } from "../../model/plain";
import { bond } from "./bonds";
import { approveModule, deposit } from "./money";
import { activate, anyPrice, createOffer, heartbeat, setCapacity } from "./providers";
import { batchOf, type Choice, idOf, type Table } from "./table";

const HOUR = 3_600n;

/** An order of one to three candidates: mostly one that fits, often among some that do not. */
export const open: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.chance(70) ? dice.pick(cast.tenants) : dice.rather(cast.providers, cast.everybody, 85);
  const order = orderFor(table, by);
  return order === undefined ? whatIsMissing(table) : commands.open(by, order);
};

/** Of a lease that ends within the hour. */
export const openShort: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.pick(cast.tenants);
  const order = orderFor(table, by);
  if (order === undefined) return whatIsMissing(table);
  return commands.open(by, { ...order, duration: dice.between(HOUR / 2n, HOUR), replicas: 1n });
};

/** At a price that a provider signed, for whoever took it. */
export const openQuoted: Choice = (table) => {
  const { cast, commands, dice } = table;
  const tenant = dice.pick(cast.tenants);
  const order = orderFor(table, tenant);
  if (order === undefined) return whatIsMissing(table);
  const maxPrice = anyPrice(table, order.token);
  const candidates = order.candidates.map((candidate) => ({ ...candidate, maxPrice }));
  return commands.openQuoted(dice.rather([cast.quotes], cast.everybody, 92), tenant, { ...order, candidates });
};

/** An order that something could serve; nothing, mostly, where nothing could. */
function orderFor(table: Table, by: string): Order | undefined {
  const { world, cast, dice } = table;
  const fitting = world.offers.all.filter((offer) => couldServe(table, offer, by));
  if (fitting.length === 0 && dice.chance(92)) return undefined;
  const lead = dice.oneOf(dice.listOf(fitting, world.offers.all, 94));
  const token = dice.chance(97) ? (lead?.token ?? cast.tokens[0]) : dice.pick([...cast.tokens, cast.hold]);
  const others = fitting.filter((offer) => offer.token === token);
  const providers = BigInt(new Set(others.map(({ provider }) => provider)).size);
  const many = dice.chance(98) ? dice.between(2n, providers) : dice.pick([0n, 4n, 255n]);
  const replicas = providers > 1n && dice.chance(25) ? many : 1n;
  const most = lead === undefined ? 1n : unitsLeft(lead);
  const units = dice.chance(2) ? 0n : dice.pick([1n, 1n, 2n, replicas > 1n ? 1n : dice.between(1n, most)]);
  const duration = durationOf(table, lead);
  const price = lead === undefined ? 0n : priceOf(lead);
  const exact = lockOf(price * units, duration, world.parameters.tokenTerms(token).bounty);
  return {
    token,
    units,
    duration,
    maxLock: dice.chance(92) || exact > MOST_LOCK ? MOST_LOCK : dice.pick([exact, exact > 0n ? exact - 1n : 0n]),
    requirement: requirementOf(table, lead),
    candidates: candidatesOf(table, lead, replicas > 1n ? others : []).map((offer) => ({
      offer,
      provider: dice.chance(96) ? world.offers.providerOf(offer) : dice.pick(cast.everybody),
      maxPrice: dice.chance(94) ? MOST_PRICE : dice.pick([price, price > 0n ? price - 1n : 0n]),
    })),
    replicas,
    distinctRegions: dice.chance(replicas > 1n ? 30 : 10),
  };
}

/** Nothing can be leased: mostly because providers are dark, else for want of offers, bonds or money. */
function whatIsMissing(table: Table): ReturnType<Choice> {
  const { world, cast, dice } = table;
  const dark = cast.providers.some((provider) => !world.liveness.isFresh(provider, world.now));
  if (dark && dice.chance(60)) return heartbeat(table);
  return dice.pick([createOffer, setCapacity, bond, deposit, approveModule])(table);
}

/** Whether one unit of an offer could be leased now, as far as that is known before the order is. */
function couldServe({ world, cast, dice }: Table, offer: Offer, tenant: string): boolean {
  const { token, provider, retired, resources, maxDuration } = offer;
  const { free } = world.staking.poolOf(cast.market, provider);
  const money = least(world.escrow.freeOf(token, tenant), world.escrow.headroom(cast.market, token, tenant));
  return (
    !retired &&
    unitsLeft(offer) > 0n &&
    (maxDuration > HOUR || dice.chance(20)) &&
    world.parameters.tokenTerms(token).listed &&
    (world.liveness.isFresh(provider, world.now) || (world.liveness.isLive(provider, world.now) && dice.chance(12))) &&
    (dice.chance(30) || collateralOf(world.parameters.current.weights, resources, 1n) <= free) &&
    lockOf(priceOf(offer), HOUR, 0n) < money
  );
}

function candidatesOf({ world, dice }: Table, lead: Offer | undefined, fitting: readonly Offer[]): bigint[] {
  if (dice.chance(1)) return [];
  const others = dice.chance(40) ? dice.some(world.offers.all, 2) : [];
  const ids = [...(lead === undefined ? [] : [lead]), ...fitting, ...others].map(({ id }) => id);
  if (dice.chance(3)) ids.push(dice.pick([0n, 1_000n]));
  return dice.chance(50) ? ids : ids.reverse();
}

function durationOf({ dice }: Table, offer: Offer | undefined): bigint {
  const { minDuration = 0n, maxDuration = HOUR } = offer ?? {};
  if (dice.chance(1)) return 0n;
  if (dice.chance(6))
    return dice.pick([minDuration - 1n, minDuration, maxDuration, maxDuration + 1n].filter((d) => d >= 0n));
  return minDuration + dice.between(1n, dice.pick([HOUR / 2n, HOUR, 3n * HOUR, 12n * HOUR, 96n * HOUR]));
}

function requirementOf({ dice }: Table, offer: Offer | undefined): typeof ANY_RESOURCES {
  if (dice.chance(92) || offer === undefined) return ANY_RESOURCES;
  const { resources } = offer;
  return dice.pick([
    resources,
    { ...ANY_RESOURCES, cpu: resources.cpu + dice.between(0n, 1n) },
    { ...ANY_RESOURCES, diskGiB: resources.diskGiB, attributes: dice.pick([1n, 2n, 4n]) },
    { ...ANY_RESOURCES, gpuClass: resources.gpuClass, gpuCount: resources.gpuCount + dice.between(0n, 1n) },
    { ...ANY_RESOURCES, region: dice.between(1n, 2n) },
  ]);
}

/** Of what runs: often what was dark for long, or what has notice and would have a minimum, where there is such a lease. */
export const close: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const running = world.leases.withStatus(LeaseStatus.Active).filter(({ end }) => end >= world.now);
  if (running.length === 0 && dice.chance(80)) return activate(table);
  const dark = running.filter((lease) => world.leases.dark(lease, world.now) > HOUR / 2n);
  const young = running.filter((lease) => lease.noticed && world.now < lease.startedAt + lease.minimum);
  const wanted = dice.listOf(young, dice.listOf(dark, running, 50), 60);
  const id = idOf(
    table,
    wanted.map((lease) => lease.id),
  );
  return commands.close(tenantOr(table, id, cast.everybody, dice.chance(95)), id);
};

export const cancel: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const pending = world.leases.withStatus(LeaseStatus.Pending);
  const due = pending.filter(({ deadline }) => deadline <= world.now + 1n);
  // Before anybody could.
  const late = dice.listOf(
    due.filter(({ cutoff }) => world.now < cutoff),
    due,
  );
  if (pending.length === 0 && dice.chance(80)) return undefined;
  const id = idOf(
    table,
    dice.listOf(late, pending, 85).map((lease) => lease.id),
  );
  return commands.cancel(tenantOr(table, id, cast.everybody, dice.chance(95)), id);
};

function tenantOr({ world, dice }: Table, id: bigint, others: readonly string[], own: boolean): string {
  const tenant = world.leases.all.get(id)?.tenant;
  return own && tenant !== undefined ? tenant : dice.pick(others);
}

export const cancelNoShows: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const due = world.leases.withStatus(LeaseStatus.Pending).filter(({ cutoff }) => cutoff <= world.now + 1n);
  const ids = batchOf(
    table,
    due.map(({ id }) => id),
    4,
  );
  return commands.cancelNoShows(dice.pick(cast.everybody), ids);
};

export const expire: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const due = world.leases.withStatus(LeaseStatus.Active).filter(({ end }) => end <= world.now + 1n);
  const ids = batchOf(
    table,
    due.map(({ id }) => id),
    4,
  );
  return commands.expire(dice.pick(cast.everybody), ids);
};

/** Mostly of one token, in any order: whose money comes first and last in a batch must not matter. */
export const collect: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const paying = world.leases.withStatus(LeaseStatus.Active, LeaseStatus.Closed);
  const token = dice.oneOf(paying)?.token;
  const ids = batchOf(
    table,
    dice
      .listOf(
        paying.filter((lease) => lease.token === token),
        paying,
      )
      .map(({ id }) => id),
    12,
  );
  return commands.collect(dice.rather(cast.providers, cast.everybody, 50), ids);
};
