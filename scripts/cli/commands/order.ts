import { z } from "zod";

import { formatLeaseId } from "../../../sdk/ids";
import { costUp, formatDuration, formatInstant, parseAmount, priceToX32Up } from "../../../sdk/units";
import type { Offer } from "../../../sdk/offers";
import { batches } from "../actions";
import { command, type CommandGroup, done } from "../command";
import { Failure } from "../failure";
import { money, pairs, plural, price as priceText, sections, table } from "../format";
import { amount, duration, leaseId, offerId, price, whole } from "../inputs";
import { failOverFrom, readLease, readOrder, readRenewable, RENEWAL_WINDOW, type StandingOrder } from "../leases";
import { type Lease, notShown, readOffersById, readOwnLeases } from "../reads";
import { readRenewal } from "../renewal";
import type { Session } from "../session";
import { ANY_SLASHER_OPTION, requireTrusted } from "../slashers";
import { eventArgs, execute, step } from "../steps";
import type { Token } from "../tokens";

/** What one renewal takes at most, its bounty included. */
const mostOf = (lease: Lease, order: StandingOrder): bigint =>
  costUp(order.maxPriceX32 * BigInt(lease.units), order.period) + order.maxBounty;

/** What a standing order says, and what carrying it out costs at most. */
function orderPairs(lease: Lease, order: StandingOrder, paidIn: Token): (readonly [string, string])[] {
  const most = money(mostOf(lease, order), paidIn);
  return [
    lease.noticed
      ? ["leases left", `${order.count}, of ${formatDuration(order.period)} each, on the fallback offers alone`]
      : ["renewals left", `${order.count}, by ${formatDuration(order.period)} each`],
    ["price at most", `${priceText(order.maxPriceX32, paidIn)} a unit`],
    ["bounty at most", `${money(order.maxBounty, paidIn)} each time`],
    ["fallback offers", order.fallbacks.join(", ")],
    [lease.noticed ? "a lease takes" : "a renewal takes", `up to ${most} of the tenant's free balance in escrow`],
  ];
}

/** What the tenant lacks, now, for one renewal at the highest price. */
async function moneyNotes(session: Session, lease: Lease, order: StandingOrder, paidIn: Token): Promise<string[]> {
  const { lens } = await session.handles();
  const { free, locked, ceiling } = await lens.fundsOf(lease.token, lease.tenant);
  const most = mostOf(lease, order);
  const room = ceiling > locked ? ceiling - locked : 0n;
  return [
    free < most ? `${money(free, paidIn)} are free in escrow now: see leasehold tenant deposit` : "",
    room < most ? `the market may lock ${money(room, paidIn)} more now: see leasehold tenant approve` : "",
  ].filter((note) => note !== "");
}

/** Fallback offers, in their order; fails for those that do not exist, and for slashing modules that nobody knows. */
async function readFallbacks(session: Session, ids: readonly bigint[], anySlasher: boolean): Promise<Offer[]> {
  const offers = await readOffersById(session, ids);
  const lost = ids.filter((id) => !offers.some((offer) => offer.id === id));
  if (lost.length > 0) throw new Failure("refused", lost.map((id) => `offer ${id} does not exist`).join("\n"));
  await requireTrusted(session, offers, anySlasher);
  return offers;
}

/** Fallbacks that would never be taken, or not at this price; fails for those in another token. */
function fallbackNotes(lease: Lease, offers: readonly Offer[], maxPriceX32: bigint, paidIn: Token): string[] {
  const foreign = offers.filter(({ token }) => token !== lease.token);
  if (foreign.length > 0) {
    const lines = foreign.map(({ id }) => `offer ${id} is paid in another token than lease ${lease.name}`);
    throw new Failure("refused", lines.join("\n"));
  }
  return dearFallbacks(offers, maxPriceX32, paidIn);
}

/** Fallbacks that cost more than an order allows, now. */
function dearFallbacks(offers: readonly Offer[], maxPriceX32: bigint, paidIn: Token): string[] {
  return offers
    .filter(({ priceX32 }) => priceX32 > maxPriceX32)
    .map(({ id, priceX32 }) => `offer ${id} costs ${priceText(priceX32, paidIn)} now: too dear for this order`);
}

const set = command({
  usage: "set <lease>",
  summary: "order that your lease be renewed by itself, by anyone, in the hour before its end",
  details: `Example: leasehold order set 7-12 --period 24h --count 7 --fallback 9 11

Each renewal takes its price, and the bounty of whoever carries it out, from your free balance in escrow: leave enough there.
What the order does not allow does not happen, and the lease simply ends. The fallback offers are for when the provider was
dark for too long, gave notice, or retired its offer. Then, in the last quarter of the lease or of the period, whichever is
shorter, at most an hour, a new lease is opened on the first of them that fits and that you can pay. After a notice an order is for its fallbacks alone.`,
  options: [
    ["--period <duration>", "how long each renewal lasts, at least 1h"],
    ["--count <n>", "how many renewals (default 1)"],
    ["--max-price <price>", "highest price of a unit, such as 0.50/h (default: what the offer costs now)"],
    ["--max-bounty <amount>", "most that each renewal may cost beside its price (default: the token's bounty now)"],
    ["--fallback <numbers...>", "offers to move to, in this order, at most four"],
    ANY_SLASHER_OPTION,
  ],
  input: z.object({
    lease: leaseId,
    period: duration,
    count: whole("renewals", 1, 255).default(1),
    maxPrice: price.optional(),
    maxBounty: amount.optional(),
    fallback: z.array(offerId).default([]),
    anySlasher: z.boolean().default(false),
  }),
  async run(session, input) {
    const [{ market, lens, orders }, tokens, lease] = await Promise.all([
      session.handles(),
      session.tokens(),
      readLease(session, input.lease),
    ]);
    const paidIn = await tokens.describe(lease.token);
    const [[offer], { bounty }] = await Promise.all([
      lens.offerViews(lease.id >> 32n, 1),
      market.tokenTermsOf(lease.token),
    ]);
    const { period, count, fallback: fallbacks } = input;
    const offers = await readFallbacks(session, fallbacks, input.anySlasher);
    const maxPriceX32 =
      input.maxPrice === undefined ? (offer?.pricePerSecondX32 ?? 0n) : priceToX32Up(input.maxPrice, paidIn.decimals);
    const maxBounty = input.maxBounty === undefined ? bounty : parseAmount(input.maxBounty, paidIn.decimals);
    const order: StandingOrder = { period, count, maxPriceX32, maxBounty, fallbacks };
    const notes = [
      ...(await moneyNotes(session, lease, order, paidIn)),
      ...fallbackNotes(lease, offers, maxPriceX32, paidIn),
    ];
    session.tell(`${sections(pairs(orderPairs(lease, order, paidIn)), notes.join("\n"))}\n`);
    const execution = await execute(session, [
      await step(
        `Order renewals of lease ${lease.name}`,
        orders,
        orders.setOrder,
        [lease.id, period, count, maxPriceX32, maxBounty, offers.map(({ id, provider }) => ({ offer: id, provider }))],
        lease.token,
      ),
    ]);
    const text = lease.noticed
      ? `Lease ${lease.name} fails over to offer ${fallbacks.join(", else ")}, as long as this order allows it.`
      : `Lease ${lease.name} is renewed ${count === 1 ? "once" : `${count} times`}, by ${formatDuration(period)}, as long as this order allows it.`;
    return done(execution, text, { lease: lease.name, order, notes });
  },
});

const cancel = command({
  usage: "cancel <lease>",
  summary: "take the standing order of your lease back: it ends at its end",
  input: z.object({ lease: leaseId }),
  async run(session, { lease: id }) {
    const { orders } = await session.handles();
    const name = formatLeaseId(id);
    const execution = await execute(session, [
      await step(`Cancel the standing order of lease ${name}`, orders, orders.cancelOrder, [id]),
    ]);
    return done(execution, `Lease ${name} has no standing order.`, { lease: name });
  },
});

const show = command({
  usage: "show <lease>",
  summary: "the standing order of a lease, what its next renewal would be, whether it could be now, and what it lacks",
  input: z.object({ lease: leaseId }),
  async run(session, { lease: id }) {
    const [{ lens }, tokens, lease, order] = await Promise.all([
      session.handles(),
      session.tokens(),
      readLease(session, id),
      readOrder(session, id),
    ]);
    if (order === undefined) {
      return { data: { lease: lease.name, order: null }, text: `Lease ${lease.name} has no standing order.` };
    }
    const paidIn = await tokens.describe(lease.token);
    const [[offer], fallbacks, renewal] = await Promise.all([
      lens.offerViews(lease.id >> 32n, 1),
      readOffersById(session, order.fallbacks),
      readRenewal(session, lease, order),
    ]);
    const notes = dearFallbacks(fallbacks, order.maxPriceX32, paidIn);
    const renewalPriceX32 = offer?.renewalPriceX32 ?? 0n;
    const tooDear = renewalPriceX32 > order.maxPriceX32 ? ": more than the order allows" : "";
    const runs = lease.status === "Active";
    const from = runs && !lease.noticed ? lease.end - RENEWAL_WINDOW : null;
    const movesFrom = runs && order.fallbacks.length > 0 ? failOverFrom(lease, order) : null;
    const never = "never: its provider gave notice";
    const shown = pairs([
      ["lease", `${lease.name}, ${plural(lease.units, "unit")}`],
      ...orderPairs(lease, order, paidIn),
      ["price now", lease.noticed ? "" : `${priceText(renewalPriceX32, paidIn)} a unit${tooDear}`],
      [
        "renewable from",
        from !== null ? formatInstant(from) : lease.noticed ? never : "the hour before its end, once it runs",
      ],
      ["fails over from", movesFrom === null ? "" : formatInstant(movesFrom)],
      ["renewable now", renewal.text],
      ...renewal.lacks.map((lack): [string, string] => ["lacks", lack]),
    ]);
    const data = {
      lease: lease.name,
      order,
      renewalPriceX32,
      renewableFrom: from,
      failsOverFrom: movesFrom,
      renewableNow: renewal.now,
      lacks: renewal.lacks,
      notes,
    };
    return { data, text: sections(shown, notes.join("\n")) };
  },
});

/** Leases that are named, or all that are due; fails for named ones that cannot be renewed now. */
async function renewable(session: Session, named: readonly bigint[]): Promise<bigint[]> {
  if (named.length === 0) {
    const found = (await readRenewable(session)).map(({ id }) => id);
    if (found.length === 0)
      throw new Failure("refused", "no lease with a standing order is in the hour before its end");
    return found;
  }
  const reasons = (await Promise.all(named.map((id) => whyNot(session, id)))).filter((reason) => reason !== "");
  if (reasons.length > 0) throw new Failure("refused", reasons.join("\n"));
  return [...named];
}

/** Why a lease cannot be renewed now; "" where nothing is known to be in the way. */
async function whyNot(session: Session, id: bigint): Promise<string> {
  const [lease, order, now] = await Promise.all([readLease(session, id), readOrder(session, id), session.now()]);
  const name = `lease ${lease.name}`;
  if (order === undefined) return `${name} has no standing order that holds`;
  if (lease.status !== "Active") return `${name} is ${lease.status.toLowerCase()}`;
  if (lease.noticed) return `${name} is never renewed, since its provider gave notice: see leasehold order fail-over`;
  const from = lease.end - RENEWAL_WINDOW;
  return now < from ? `${name} can be renewed from ${formatInstant(from)} on, in ${formatDuration(from - now)}` : "";
}

const renew = command({
  usage: "renew [leases...]",
  summary: "renew leases as their tenants ordered, for the bounties (none named: all that are due)",
  details: `What an order does not allow is passed over: a price above its cap, funds or bond that do not suffice, a provider that is
dark for too long (see fail-over), a retired offer.`,
  input: z.object({ leases: z.array(leaseId).optional() }),
  async run(session, { leases: named = [] }) {
    const [{ orders }, tokens] = await Promise.all([session.handles(), session.tokens()]);
    const account = await session.account();
    const asked = await renewable(session, named);
    const possible = await Promise.all(asked.map((id) => orders.renew.staticCall([id], { from: account })));
    const wanted = asked.filter((_, index) => possible[index] === 1n);
    const passed = asked.filter((id) => !wanted.includes(id)).map(formatLeaseId);
    if (wanted.length === 0) {
      const hint = "price cap, funds, bond, a dark provider or a retired offer: see leasehold order show";
      throw new Failure("refused", `no order allows a renewal now of ${passed.join(", ")}: ${hint}`);
    }
    const steps = batches(wanted).map((ids) => {
      return step(`Renew ${plural(ids.length, "lease")}`, orders, orders.renew, [ids]);
    });
    const execution = await execute(session, await Promise.all(steps));
    const renewed = eventArgs(execution, "LeaseRenewed").map((args) => ({
      leaseId: args["leaseId"] as bigint,
      locked: args["locked"] as bigint,
      bounty: args["bounty"] as bigint,
    }));
    const leases = new Map(
      (
        await readOwnLeases(
          session,
          renewed.map(({ leaseId: id }) => id),
        )
      ).map((it) => [it.id, it]),
    );
    const rows = await Promise.all(
      renewed.map(async ({ leaseId: id, locked, bounty }) => {
        const lease = leases.get(id);
        if (lease === undefined) throw notShown(`lease ${formatLeaseId(id)}`);
        const paidIn = await tokens.describe(lease.token);
        return [formatLeaseId(id), formatInstant(lease.end), money(locked, paidIn), money(bounty, paidIn)];
      }),
    );
    const text = sections(
      table(["lease", "ends", "locked", "your bounty"], rows, [2, 3]),
      passed.length === 0 ? "" : `Passed over: ${passed.join(", ")}.`,
    );
    const data = { renewed: renewed.map((it) => ({ ...it, lease: formatLeaseId(it.leaseId) })), passedOver: passed };
    return done(execution, text, data);
  },
});

const failOver = command({
  usage: "fail-over <lease>",
  summary: "open a lease on a fallback of its order, in the place of one whose provider fails, for the bounty",
  details: `In the last quarter of the lease or of its order's period, whichever is shorter, at most an hour. The provider was dark
beyond the allowance, gave notice, or retired the offer. Fallbacks that the tenant cannot pay are passed over. The new lease is pending until its
provider activates it; the old one is left to expire.`,
  input: z.object({ lease: leaseId }),
  async run(session, { lease: id }) {
    const [{ orders }, tokens, lease] = await Promise.all([
      session.handles(),
      session.tokens(),
      readLease(session, id),
    ]);
    const execution = await execute(session, [
      await step(`Fail lease ${lease.name} over`, orders, orders.failOver, [id], lease.token),
    ]);
    const [moved, opened] = ["OrderFailedOver", "LeaseOpened"].map((name) => eventArgs(execution, name)[0]);
    if (moved === undefined || opened === undefined) return done(execution, "", { lease: lease.name, next: null });
    const next = formatLeaseId(moved["to"] as bigint);
    const paidIn = await tokens.describe(lease.token);
    const text = pairs([
      ["lease", `${next}, pending, in the place of ${lease.name}`],
      ["provider", String(opened["provider"])],
      ["locked", money(opened["locked"] as bigint, paidIn)],
      ["renewals left", String(moved["count"])],
    ]);
    return done(execution, text, {
      lease: lease.name,
      next,
      nextId: moved["to"] as bigint,
      left: moved["count"] as bigint,
    });
  },
});

/** Leases that go on by themselves. */
export const order: CommandGroup = {
  name: "order",
  summary: "standing orders: let leases be renewed, or renew them for the bounty",
  commands: [set, cancel, show, renew, failOver],
};
