import { ZeroAddress } from "ethers";

import { LeaseStatus } from "../../../helpers/leases";
import { MOST_PRICE } from "../../../helpers/orders";
import { costUntil, type Lease, present, stillLocked } from "../../model/lease";
import { priceOf, unitsLeft } from "../../model/offers";
import { least, most } from "../../model/plain";
import { activate } from "./providers";
import { anyAccount, type Choice, idOf, type Table } from "./table";

const HOUR = 3_600n;
const MOST_COST = 2n ** 200n;

/** A running lease, mostly one of those that are wanted, or the id of something else. */
function someRunning(
  table: Table,
  wanted: (lease: Lease) => boolean = () => true,
): { id: bigint; lease: Lease | undefined } {
  const { world, dice } = table;
  const running = runningIn(table);
  const id = idOf(
    table,
    dice.listOf(running.filter(wanted), running, 80).map((lease) => lease.id),
  );
  return { id, lease: world.leases.all.get(id) };
}

/** Leases that run; now and then one whose end has just come. */
const runningIn = ({ world }: Table): Lease[] =>
  world.leases.withStatus(LeaseStatus.Active).filter(({ end }) => end >= world.now);

const noneRuns = (table: Table): boolean => runningIn(table).length === 0;

/** The highest cost that a caller takes: mostly any, else exactly what it is, or one less. */
const maxCostOf = ({ dice }: Table, cost: bigint): bigint =>
  dice.chance(85) || cost < 0n ? MOST_COST : dice.pick([cost, most(0n, cost - 1n)]);

/** By its tenant or by anybody who has money, to some time until the longest that there may be, or one second more. */
export const extend: Choice = (table) => {
  const { world, cast, dice, commands } = table;
  if (noneRuns(table) && dice.chance(95)) return activate(table);
  const { id, lease } = someRunning(table, ({ noticed, offerId }) => !noticed && !world.offers.get(offerId)!.retired);
  const { maxDuration = HOUR } = lease === undefined ? {} : world.offers.get(lease.offerId)!;
  const left = lease === undefined ? HOUR : most(0n, maxDuration - (lease.end - lease.startedAt));
  const seconds = dice.pick([
    dice.between(1n, least(left, 3n * HOUR)),
    dice.between(1n, least(left, 3n * HOUR)),
    dice.between(1n, least(left, 24n * HOUR)),
    dice.pick([left, left + 1n, 0n, 1n]),
  ]);
  const running = lease?.status === LeaseStatus.Active;
  const cost = running ? costUntil(lease, lease.end + seconds) - costUntil(lease, lease.end) : 0n;
  const rich = cast.everybody.filter((one) => {
    const token = lease?.token ?? "";
    return least(world.escrow.freeOf(token, one), world.escrow.headroom(cast.market, token, one)) >= cost;
  });
  const tenant = lease === undefined ? [] : [lease.tenant];
  const by = dice.chance(50) ? dice.rather(tenant, cast.everybody) : dice.rather(rich, cast.everybody, 92);
  const named = dice.rather(tenant, cast.everybody, 97);
  return commands.extend(by, id, named, seconds % 2n ** 32n, maxCostOf(table, cost));
};

/** A growth that a tenant should not get: its provider was not seen lately, or the lease had its share of darkness. */
export const suspicious = ({ world }: Table): Lease[] =>
  world.leases.withStatus(LeaseStatus.Active).filter((lease) => {
    const { provider, offerId, noticed, end } = lease;
    const offer = world.offers.get(offerId)!;
    const isPossible = !noticed && world.now < end && !offer.retired && !offer.quotedOnly && unitsLeft(offer) > 0n;
    const isSeen = world.liveness.isFresh(provider, world.now) && world.leases.darkBeyond(lease, world.now) === 0n;
    return isPossible && !isSeen;
  });

/** More units, where that is wrong. */
export const grow: Choice = (table) => {
  const { world, dice, commands } = table;
  const lease = dice.oneOf(suspicious(table));
  if (lease === undefined) return resize(table);
  const left = unitsLeft(world.offers.get(lease.offerId)!);
  return commands.resize(lease.tenant, lease.id, lease.units + dice.between(1n, left), MOST_PRICE, MOST_COST);
};

/** Back to fewer units, in the second in which a lease grew. */
export const shrinkAtOnce: Choice = ({ world, dice, commands }) => {
  const grown = world.leases
    .withStatus(LeaseStatus.Active)
    .filter(({ grownAt, units, end }) => grownAt === world.now && units > 1n && world.now < end);
  const lease = dice.oneOf(grown);
  if (lease === undefined) return undefined;
  return commands.resize(lease.tenant, lease.id, dice.between(1n, lease.units - 1n), MOST_PRICE, MOST_COST);
};

/** Up to what is left of the offer, or one more; down to some units, when the minimum is over or just before. */
export const resize: Choice = (table) => {
  const { world, cast, dice, commands } = table;
  if (noneRuns(table) && dice.chance(95)) return activate(table);
  const { id, lease } = someRunning(table, ({ units, offerId }) => {
    const offer = world.offers.get(offerId)!;
    return units > 1n || (!offer.retired && unitsLeft(offer) > 0n);
  });
  if (lease === undefined) return commands.resize(dice.pick(cast.everybody), id, 1n, MOST_PRICE, MOST_COST);
  const offer = world.offers.get(lease.offerId)!;
  const up = lease.units + dice.between(1n, most(1n, unitsLeft(offer)));
  const down = dice.between(1n, most(1n, lease.units - 1n));
  const beyond = lease.units + unitsLeft(offer) + 1n;
  const units = dice.chance(92)
    ? dice.rather(lease.units > 1n ? [down] : [], [up], 50)
    : dice.pick([0n, lease.units, beyond]);
  const price = priceOf(offer);
  const maxPrice = dice.chance(92) ? MOST_PRICE : dice.pick([price, most(0n, price - 1n)]);
  const added = units > lease.units ? price * (units - lease.units) : 0n;
  const left = most(0n, lease.end - world.now);
  const { rate } = present(lease);
  const cost = ((rate + added) * left) / 2n ** 32n - (rate * left) / 2n ** 32n;
  const by = dice.rather([lease.tenant], cast.everybody, 95);
  return commands.resize(by, id, units, maxPrice, maxCostOf(table, cost));
};

/** At the earliest, one second before that, at the present end, or between. */
export const giveNotice: Choice = (table) => {
  const { world, cast, dice, commands } = table;
  if (noneRuns(table) && dice.chance(95)) return activate(table);
  const wanted = dice.pick(["young", "ending", "early"]);
  const { id, lease } = someRunning(table, ({ noticed, end, terms, startedAt, minimum }) => {
    if (noticed) return false;
    if (wanted === "young") return world.now < startedAt + minimum;
    return wanted === "ending" ? end <= world.now + HOUR : end > world.now + terms.noticePeriod;
  });
  const provider = lease?.provider ?? dice.pick(cast.providers);
  const by = dice.rather([provider], cast.everybody, 95);
  if (lease === undefined) return commands.giveNotice(by, id, world.now + HOUR);
  const earliest = least(world.now + lease.terms.noticePeriod, lease.end);
  const end = dice.chance(75)
    ? dice.pick([earliest, earliest, lease.end, dice.between(earliest, lease.end)])
    : dice.pick([most(1n, earliest) - 1n, lease.end + 1n, 0n]);
  return commands.giveNotice(by, id, end);
};

export const offerTransfer: Choice = (table) => {
  const { cast, dice, commands } = table;
  if (noneRuns(table) && dice.chance(95)) return activate(table);
  const { id, lease } = someRunning(table, ({ openClaims }) => openClaims > 0n);
  const by = dice.rather(lease === undefined ? [] : [lease.tenant], cast.everybody, 95);
  const to = dice.chance(90) ? dice.pick([dice.pick(cast.tenants), anyAccount(table)]) : dice.pick([ZeroAddress, by]);
  return commands.offerTransfer(by, id, to);
};

/** By whom it was offered to; where it was offered to nobody, it is offered. */
export const acceptTransfer: Choice = (table) => {
  const { cast, dice, commands } = table;
  const isOffered = ({ recipient }: Lease): boolean => recipient !== ZeroAddress;
  if (!runningIn(table).some(isOffered) && dice.chance(95)) return offerTransfer(table);
  const { id, lease } = someRunning(table, isOffered);
  const recipient = lease === undefined || !isOffered(lease) ? [] : [lease.recipient];
  const locked = lease === undefined ? 0n : stillLocked(lease);
  const minLocked = dice.pick([0n, 0n, locked, locked + 1n]);
  return commands.acceptTransfer(dice.rather(recipient, cast.everybody, 95), id, minLocked);
};
