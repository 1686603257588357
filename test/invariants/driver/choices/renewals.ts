import { LeaseStatus } from "../../../helpers/leases";
import { ANY_RESOURCES, MOST_LOCK, MOST_PRICE } from "../../../helpers/orders";
import type { Lease } from "../../model/lease";
import { type Offer, priceOf, renewalPriceOf, unitsLeft } from "../../model/offers";
import { least, most } from "../../model/plain";
import type { Renewal } from "../../model/renewals";
import { publishTerms } from "./governance";
import { activate, createOffer } from "./providers";
import { batchOf, type Choice, idOf, type Table } from "./table";
import { openShort } from "./tenants";

const HOUR = 3_600n;
const MOST_BOUNTY = 2n ** 88n - 1n;
/** Highest price of an order. */
const MOST_ORDERED = 2n ** 120n - 1n;

/** Offers in a token that nobody can pay: a provider that raises its price would stop a failover, were it not passed over. */
const dearest = ({ world }: Table, token: string | undefined): Offer[] =>
  world.offers.all.filter((offer) => {
    const richest = world.tokens.get(offer.token)!.supply;
    return offer.token === token && !offer.retired && (priceOf(offer) * HOUR) / 2n ** 32n > richest;
  });

/** Leases in the hour before their end, or about to come into it. */
const nearEnd = ({ world }: Table): Lease[] =>
  world.leases.withStatus(LeaseStatus.Active).filter(({ end }) => end >= world.now && world.now + HOUR >= end - 2n);

/** Those without notice. */
const ending = (table: Table): Lease[] => nearEnd(table).filter(({ noticed }) => !noticed);

/** Those of them that can be renewed unless something else stands against it. */
export const renewable = (table: Table): Lease[] => {
  const { world } = table;
  return ending(table).filter(
    (lease) => !world.offers.get(lease.offerId)!.retired && world.leases.darkBeyond(lease, world.now) === 0n,
  );
};

const periodOf = ({ dice }: Table): bigint =>
  dice.pick([HOUR, dice.between(HOUR, 3n * HOUR), dice.between(HOUR, 12n * HOUR)]);

/** Mostly whatever it costs; else exactly what it costs, or one less. */
function capOf({ dice }: Table, cost: bigint, highest: bigint): bigint {
  return dice.chance(88) || cost > highest ? highest : dice.pick([cost, most(0n, cost - 1n)]);
}

function capsOf(table: Table, lease: Lease | undefined): { maxPrice: bigint; maxBounty: bigint } {
  const { world } = table;
  const offer = lease === undefined ? undefined : world.offers.get(lease.offerId);
  const price = offer === undefined ? 0n : renewalPriceOf(offer, world.now);
  const { bounty } = world.parameters.tokenTerms(lease?.token ?? "");
  return { maxPrice: capOf(table, price, MOST_ORDERED), maxBounty: capOf(table, bounty, MOST_BOUNTY) };
}

/** Mostly for a lease without an order, soonest end first. */
export const setOrder: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const noticed = dice.chance(25);
  const open = world.leases
    .withStatus(LeaseStatus.Pending, LeaseStatus.Active)
    .filter((lease) => (lease.noticed === noticed || dice.chance(10)) && (lease.end === 0n || lease.end >= world.now));
  if (open.length === 0 && dice.chance(95)) return undefined;
  const isFree = ({ id }: Lease): boolean => world.orders.of(id) === undefined;
  const soon = renewable(table).filter(isFree);
  const without = dice.listOf(soon, open.filter(isFree), 60);
  const id = idOf(
    table,
    dice.listOf(without, open, 85).map((lease) => lease.id),
  );
  const lease = world.leases.all.get(id);
  const by = dice.rather(lease === undefined ? [] : [lease.tenant], cast.everybody, 95);
  const same = world.offers.all.filter(
    (offer) =>
      offer.token === lease?.token &&
      !offer.retired &&
      unitsLeft(offer) >= lease.units &&
      offer.maxDuration > HOUR &&
      (offer.provider !== lease.provider || dice.chance(20)),
  );
  const listed = noticed || dice.chance(70);
  const chosen = listed ? dice.some(dice.listOf(same, world.offers.all), dice.chance(5) ? 6 : 3) : [];
  const dear = dice.oneOf(dearest(table, lease?.token));
  if (dear !== undefined && chosen.length > 0 && dice.chance(40)) chosen.unshift(dear);
  const fallbacks = chosen.map(({ id: offer, provider: owner }) => ({
    offer,
    provider: dice.chance(97) ? owner : dice.pick(cast.everybody),
  }));
  if (dice.chance(3)) fallbacks.push({ offer: dice.pick([0n, 1_000n]), provider: by });
  return commands.setOrder(by, id, {
    period: dice.chance(94)
      ? dice.pick([periodOf(table), dice.between(4n * HOUR, 8n * HOUR)])
      : dice.pick([0n, HOUR - 1n, 2n ** 32n - 1n]),
    count: dice.pick([0n, 1n, 1n, 2n, 5n, 255n].slice(dice.chance(3) ? 0 : 1)),
    ...capsOf(table, lease),
    fallbacks,
  });
};

export const cancelOrder: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const ordered = [...world.leases.all.values()].filter((lease) => world.orders.of(lease.id) !== undefined);
  const id = idOf(
    table,
    ordered.map((lease) => lease.id),
  );
  const lease = world.leases.all.get(id);
  return commands.cancelOrder(dice.rather(lease === undefined ? [] : [lease.tenant], cast.everybody, 95), id);
};

/** Nothing can be renewed: leases start, and such are opened as end within the hour. */
function prepare(table: Table): ReturnType<Choice> {
  const { world, dice } = table;
  const { Pending } = LeaseStatus;
  const pending = world.leases.withStatus(Pending).some(({ cutoff }) => cutoff > world.now);
  return pending && dice.chance(60) ? activate(table) : openShort(table);
}

/** Something changes before a lease is renewed: the terms, or its offer's price, for less at once or for more in a day. */
function change(table: Table, leases: readonly Lease[]): ReturnType<Choice> {
  const { world, commands, dice } = table;
  const { version, offerId, provider } = dice.pick(leases);
  if (dice.chance(60) && version === world.parameters.currentVersion) return publishTerms(table);
  const price = priceOf(world.offers.get(offerId)!);
  return commands.setPrice(provider, offerId, dice.pick([(price * 9n) / 10n, price / 5n, price + price / 7n]));
}

/** Mostly of what can be renewed; an order is placed where none can. */
export const renewOrders: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const leases = renewable(table);
  const hasOrder = ({ id }: Lease): boolean => world.orders.of(id) !== undefined;
  if (leases.length === 0 && dice.chance(90)) return prepare(table);
  if (!leases.some(hasOrder) && dice.chance(90)) return setOrder(table);
  const ordered = dice.listOf(leases, ending(table), 90).filter(hasOrder);
  if (ordered.length > 0 && dice.chance(25)) return change(table, ordered);
  const ids = batchOf(
    table,
    ordered.map(({ id }) => id),
    5,
  );
  return commands.renewOrders(dice.pick(cast.everybody), ids);
};

/**
 * What the contract of orders would never ask for, of leases without an order: of the others, events would tell of
 * renewals that are not on their account.
 */
export const renew: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  if (renewable(table).length === 0 && dice.chance(90)) return prepare(table);
  const leases = dice.listOf(renewable(table), ending(table), 85);
  const isFree = (id: bigint): boolean => world.orders.of(id) === undefined;
  const ids = batchOf(table, leases.map(({ id }) => id).filter(isFree), 6);
  const renewals = ids.filter(isFree).map((id): Renewal => {
    const odd = dice.chance(6);
    return {
      id,
      period: odd ? dice.pick([0n, HOUR - 1n, 2n ** 32n - 1n]) : periodOf(table),
      ...capsOf(table, world.leases.all.get(id)),
      transfers: (world.leases.all.get(id)?.transfers ?? 0n) + (dice.chance(5) ? 1n : 0n),
    };
  });
  return commands.renew(dice.rather([cast.orders], cast.everybody, 95), renewals, dice.pick(cast.everybody));
};

/** Leases that their provider lets down: it is dark beyond the allowance, gave notice, or will not go on. */
export const failing = (table: Table): Lease[] => {
  const { world } = table;
  return nearEnd(table).filter(
    (lease) =>
      lease.noticed || world.offers.get(lease.offerId)!.retired || world.leases.darkBeyond(lease, world.now) > 0n,
  );
};

/** A provider retires the offer of a lease that is about to end, or gives notice, or its tenant orders what to do then. */
export function letDown(table: Table): ReturnType<Choice> {
  const { world, commands, dice } = table;
  const ordered = ending(table).filter((lease) => fallsBack(table, lease));
  const lease = dice.oneOf(dice.listOf(ordered, ending(table), 75));
  if (lease === undefined || (ordered.length === 0 && dice.chance(40))) return setOrder(table);
  if (dice.chance(50)) return commands.giveNotice(lease.provider, lease.id, lease.end);
  const open = world.offers.all.filter(({ retired }) => !retired).length;
  return open > 3 ? commands.retireOffer(lease.provider, lease.offerId) : createOffer(table);
}

const fallsBack = ({ world }: Table, { id }: Lease): boolean => (world.orders.of(id)?.fallbacks.length ?? 0) > 0;

/** Leases that fail over now, if a fallback fits. */
export const failingNow = (table: Table): Lease[] =>
  failing(table).filter((lease) => {
    const period = table.world.orders.of(lease.id)?.period ?? 0n;
    const window = least(HOUR, least(period, lease.end - lease.startedAt) / 4n);
    return fallsBack(table, lease) && table.world.now >= lease.end - window;
  });

export const failOverOrder: Choice = (table) => {
  const { cast, commands, dice } = table;
  const leases = dice.listOf(failing(table), nearEnd(table), 85);
  const waiting = leases.filter((lease) => fallsBack(table, lease));
  const ordered = dice.listOf(failingNow(table), waiting, 85);
  if (dice.chance(ordered.length === 0 ? 92 : 12)) return letDown(table);
  const id = idOf(
    table,
    dice.listOf(ordered, leases, 90).map((lease) => lease.id),
  );
  return commands.failOverOrder(dice.pick(cast.everybody), id);
};

/** To any offers, for any bounty. */
export const failOver: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const lost = failing(table);
  const retired = lost.filter(({ offerId }) => world.offers.get(offerId)!.retired);
  const leases = dice.listOf(dice.listOf(retired, lost, 50), nearEnd(table), 85);
  if (dice.chance(leases.length === 0 ? 92 : 12)) return letDown(table);
  const id = idOf(
    table,
    leases.map((lease) => lease.id),
  );
  const lease = world.leases.all.get(id);
  const token = lease?.token ?? cast.tokens[0];
  const { maxBounty } = capsOf(table, lease);
  const offers = world.offers.all.filter((offer) => offer.token === token);
  const ready = dice.listOf(
    offers.filter(({ retired, provider }) => !retired && world.liveness.isFresh(provider, world.now)),
    offers,
  );
  const dear = dice.chance(40) ? dearest(table, token) : [];
  const candidates = [...dear.slice(0, 1), ...dice.some(ready, 4)];
  const order = {
    token,
    units: lease?.units ?? 1n,
    duration: dice.pick([periodOf(table), dice.between(4n * HOUR, 12n * HOUR)]),
    maxLock: MOST_LOCK,
    requirement: ANY_RESOURCES,
    candidates: candidates.map(({ id: offer, provider }) => ({ offer, provider, maxPrice: MOST_PRICE })),
    replicas: 1n,
    distinctRegions: false,
  };
  const caller = dice.rather(lease === undefined ? [] : [lease.tenant], cast.everybody, 20);
  return commands.failOver(dice.rather([cast.orders], cast.everybody, 95), id, order, maxBounty, caller);
};
