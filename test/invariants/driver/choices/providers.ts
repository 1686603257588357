import { ZeroAddress, id as keccakOf } from "ethers";

import { LeaseStatus } from "../../../helpers/leases";
import { perHour } from "../../../helpers/money";
import { DEFAULT_RESOURCES } from "../../../helpers/parameters";
import { offerOf } from "../../model/lease";
import { type Offer, type OfferTerms, priceOf } from "../../model/offers";
import { least } from "../../model/plain";
import { anyAccount, batchOf, type Choice, idOf, type Table } from "./table";

const HOUR = 3_600n;
const DAY = 86_400n;
const MOST_PRICE = 2n ** 128n - 1n;

/** The key that is a provider's operator, if it is one. */
export const keyOf = ({ world, cast }: Table, provider: string): string[] =>
  [world.liveness.operatorOf(provider)].filter((operator) => cast.everybody.includes(operator));

export const setOperator: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.pick(cast.providers);
  return commands.setOperator(by, dice.pick([dice.pick(cast.everybody), anyAccount(table), ZeroAddress, by]));
};

/** Mostly where it is needed most: of a provider that is dark. */
export const heartbeat: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const dark = cast.providers.filter((provider) => !world.liveness.isLive(provider, world.now));
  const provider = dice.rather(dark, cast.providers, 85);
  // A provider whose operator is a contract of ours names another one.
  if (keyOf(table, provider).length === 0 && dice.chance(90)) return commands.setOperator(provider, provider);
  return commands.heartbeat(dice.rather(keyOf(table, provider), cast.everybody, 97), provider);
};

export const createOffer: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.rather(cast.providers, cast.everybody, 97);
  const terms = termsOf(table, by);
  return commands.createOffer(by, terms, anyPrice(table, terms.token), dice.between(0n, 9n), dice.chance(20));
};

/** An offer that a provider signed and did not publish. */
export const createQuotedOffer: Choice = (table) => {
  const { cast, commands, dice } = table;
  const provider = dice.pick(cast.rogues);
  const terms = termsOf(table, provider);
  const by = dice.rather([cast.quotes], cast.everybody, 90);
  return commands.createQuotedOffer(by, provider, terms, anyPrice(table, terms.token), 3n);
};

/** Slashing modules of a provider's choice: the disputes, itself, a friend, a contract that will never claim, nobody. */
function slasherOf({ cast, dice }: Table, provider: string): string {
  if (cast.honest.includes(provider)) return cast.disputes;
  return dice.pick([
    cast.disputes,
    cast.disputes,
    provider,
    dice.pick(cast.rogues),
    dice.pick(cast.houses),
    ZeroAddress,
  ]);
}

function termsOf(table: Table, provider: string): OfferTerms {
  const { world, cast, dice } = table;
  const token = dice.chance(60) ? cast.tokens[0] : dice.pick(cast.tokens);
  const minDuration = dice.pick([0n, 0n, 1n, 600n, HOUR, dice.between(0n, 2n * HOUR)]);
  const maxDuration = dice.pick([30n * DAY, 30n * DAY, 30n * DAY, 4n * HOUR, minDuration]);
  const oddMin = dice.chance(8) ? dice.pick([DAY + 1n, maxDuration + 1n]) : minDuration;
  const gpuClass = dice.between(0n, 3n) * 2n ** 14n + 9n;
  const resources = {
    ...DEFAULT_RESOURCES,
    cpu: dice.between(0n, 8_000n),
    region: dice.between(0n, 2n),
    ...(dice.chance(30) ? { gpuClass, gpuCount: dice.between(1n, 2n) } : {}),
  };
  return {
    resources,
    minDuration: oddMin,
    maxDuration,
    token: dice.chance(96) ? token : cast.market,
    slasher: slasherOf(table, provider),
    contentHash: keccakOf(world.offers.all.length.toString()),
  };
}

/** From a cent to ten dollars an hour, with a crooked fraction of a base unit per second; now and then absurd. */
export function anyPrice({ cast, dice }: Table, token: string): bigint {
  const cent = token === cast.tokens[0] ? 10n ** 4n : 10n ** 16n;
  if (dice.chance(3)) return dice.pick([0n, MOST_PRICE, 2n ** 126n]);
  return perHour(dice.between(cent, 1_000n * cent)) + dice.between(0n, 2n ** 32n - 1n);
}

function someOffer({ world, cast, dice }: Table): { offer: Offer | undefined; id: bigint; by: string } {
  const open = world.offers.all.filter(({ retired }) => !retired);
  const offer = dice.chance(3) ? undefined : dice.oneOf(dice.listOf(open, world.offers.all, 85));
  const by = offer === undefined ? dice.pick(cast.everybody) : dice.rather([offer.provider], cast.everybody, 95);
  return { offer, id: offer?.id ?? 1_000n, by };
}

/** Mostly a tenth more or less. */
export const setPrice: Choice = (table) => {
  const { dice, commands } = table;
  const { offer, id, by } = someOffer(table);
  if (offer === undefined || dice.chance(30)) return commands.setPrice(by, id, anyPrice(table, offer?.token ?? ""));
  const price = priceOf(offer);
  const next = dice.pick([(price * 9n) / 10n, (price * 11n) / 10n, price / 5n, price + 1n, price]);
  return commands.setPrice(by, id, least(next, MOST_PRICE));
};

export const setCapacity: Choice = (table) => {
  const { id, by } = someOffer(table);
  return table.commands.setCapacity(by, id, table.dice.between(0n, 9n));
};

export const retireOffer: Choice = (table) => {
  const { id, by } = someOffer(table);
  return table.commands.retireOffer(by, id);
};

export const activate: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const pending = world.leases.withStatus(LeaseStatus.Pending);
  const inTime = pending.filter(({ cutoff }) => cutoff >= world.now);
  const due = inTime.filter(({ provider }) => world.liveness.isLive(provider, world.now));
  if (due.length === 0 && dice.chance(92)) return inTime.length > 0 ? heartbeat(table) : undefined;
  const first = dice.oneOf(dice.listOf(due, pending, 92));
  if (first === undefined) return undefined;
  const operator = world.liveness.operatorOf(first.provider);
  const fitting = due.filter(({ provider }) => world.liveness.operatorOf(provider) === operator);
  const ids = dice.chance(85) ? dice.some(fitting, 3).map(({ id }) => id) : batchOf(table, [first.id], 2);
  return commands.activate(
    dice.rather(keyOf(table, first.provider), cast.everybody, 96),
    ids.length > 0 ? ids : [first.id],
  );
};

export const decline: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const pending = world.leases.withStatus(LeaseStatus.Pending);
  const early = pending.filter(({ deadline }) => deadline >= world.now);
  const fitting = dice.listOf(early, pending, 90).map((lease) => lease.id);
  if (fitting.length === 0 && dice.chance(80)) return undefined;
  const id = idOf(table, fitting);
  const provider = world.offers.providerOf(offerOf(id));
  const operator = world.liveness.operatorOf(provider);
  // Nobody has a key to address zero, which works for the offers that do not exist.
  const keys = [provider, operator].filter((key) => key !== ZeroAddress && cast.everybody.includes(key));
  return commands.decline(dice.rather(keys, cast.everybody, 92), id);
};
