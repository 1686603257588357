import { z } from "zod";

import { costUp, formatDuration, formatInstant, parseAmount, parseDuration, priceToX32Up } from "../../../../sdk/units";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { hold, money, pairs, plural, price as priceText } from "../../format";
import { amount, duration, durationOrZero, leaseId, price, units } from "../../inputs";
import { costFromAnchor, readRunning } from "../../leases";
import { eventArgs, execute, step } from "../../steps";

/** What the time of a transaction's block may differ from the time at which it was written. */
const NOTICE_MARGIN = "10m";

const MAX_COST_OPTION = ["--max-cost <amount>", "most that may be locked more (default: what it costs now)"] as const;

export const extend = command({
  usage: "extend <lease> <duration>",
  summary: "pay for more time of a running lease, at its own rate; anyone may, refunds go to its tenant",
  details: `Example: leasehold lease extend 7-12 24h. Its offer's longest duration counts from the start of the lease. Nothing is paid
where the lease has another tenant by then than you were shown.`,
  options: [MAX_COST_OPTION],
  input: z.object({ lease: leaseId, duration, maxCost: amount.optional() }),
  async run(session, input) {
    const [account, { market }, tokens, lease] = await Promise.all([
      session.account(),
      session.handles(),
      session.tokens(),
      readRunning(session, input.lease),
    ]);
    const { tenant } = lease;
    const paidIn = await tokens.describe(lease.token);
    const cost = costFromAnchor(lease, lease.end + input.duration) - costFromAnchor(lease, lease.end);
    const maxCost = input.maxCost === undefined ? cost : parseAmount(input.maxCost, paidIn.decimals);
    session.tell(
      `${pairs([
        ["tenant", tenant === account ? `${tenant} (you)` : `${tenant}, who gets all refunds`],
        ["locks", `${money(cost, paidIn)} of your escrow account, ${money(maxCost, paidIn)} at most`],
        ["ends", `${formatInstant(lease.end + input.duration)} instead of ${formatInstant(lease.end)}`],
      ])}\n`,
    );
    const label = `Extend lease ${lease.name} by ${formatDuration(input.duration)}`;
    const execution = await execute(session, [
      await step(label, market, market.extend, [lease.id, tenant, input.duration, maxCost], lease.token),
    ]);
    const extended = eventArgs(execution, "LeaseExtended")[0];
    const plan = { lease: lease.name, tenant, cost, maxCost };
    if (extended === undefined) return done(execution, "", plan);
    const end = lease.startedAt + Number(extended["duration"] as bigint);
    const locked = extended["locked"] as bigint;
    const text = `Lease ${lease.name} ends at ${formatInstant(end)}; ${money(locked, paidIn)} are locked more.`;
    return done(execution, text, { ...plan, locked, end });
  },
});

export const resize = command({
  usage: "resize <lease> <units>",
  summary: "change the units of your running lease; the provider is paid for what was",
  details: `Units that are added cost the offer's present price; they are added while the provider had a heartbeat within half of the
grace, and the lease is within its dark allowance. Units that are given back leave with their share of the rate, once the
offer's minimum duration has passed, and not in the second in which others were added; what they would have cost is free again
at once.`,
  options: [
    ["--max-price <price>", "highest price of an added unit, such as 0.50/h (default: what the offer costs now)"],
    MAX_COST_OPTION,
  ],
  input: z.object({ lease: leaseId, units: units(1), maxPrice: price.optional(), maxCost: amount.optional() }),
  async run(session, input) {
    const [{ market, lens }, tokens, now, lease] = await Promise.all([
      session.handles(),
      session.tokens(),
      session.now(),
      readRunning(session, input.lease),
    ]);
    const paidIn = await tokens.describe(lease.token);
    const [offer] = await lens.offerViews(lease.id >> 32n, 1);
    const present = offer?.pricePerSecondX32 ?? 0n;
    const maxPrice = input.maxPrice === undefined ? present : priceToX32Up(input.maxPrice, paidIn.decimals);
    const added = input.units - lease.units;
    const cost = added > 0 ? costUp(present * BigInt(added), Math.max(0, lease.end - now)) : 0n;
    const maxCost = input.maxCost === undefined ? cost : parseAmount(input.maxCost, paidIn.decimals);
    if (added > 0) {
      session.tell(
        `${pairs([
          [
            "adds",
            `${plural(added, "unit")} at ${priceText(present, paidIn)}, at ${priceText(maxPrice, paidIn)} at most`,
          ],
          ["locks", `${money(cost, paidIn)} more until the end, ${money(maxCost, paidIn)} at most`],
        ])}\n`,
      );
    }
    const label = `Resize lease ${lease.name} from ${plural(lease.units, "unit")} to ${input.units}`;
    const execution = await execute(session, [
      await step(label, market, market.resize, [lease.id, input.units, maxPrice, maxCost], lease.token),
    ]);
    const resized = eventArgs(execution, "LeaseResized")[0];
    const plan = { lease: lease.name, units: input.units, maxPriceX32: maxPrice, maxCost };
    if (resized === undefined) return done(execution, "", plan);
    const [rateX32, locked, refund] = [resized["ratePerSecondX32"], resized["locked"], resized["refund"]] as bigint[];
    const [paid, fee, collateral] = [resized["amount"], resized["fee"], resized["collateral"]] as bigint[];
    const text = pairs([
      ["lease", `${lease.name}, ${plural(input.units, "unit")} at ${priceText(rateX32 ?? 0n, paidIn)} in all`],
      ["locked more", locked === 0n ? "" : money(locked ?? 0n, paidIn)],
      ["free again", refund === 0n ? "" : money(refund ?? 0n, paidIn)],
      ["paid", `${money(paid ?? 0n, paidIn)} to the provider, for what was, and ${money(fee ?? 0n, paidIn)} of fee`],
      ["backed by", hold(collateral ?? 0n)],
    ]);
    return done(execution, text, { ...plan, rateX32, locked, refund, paid, fee, collateral });
  },
});

export const notice = command({
  usage: "notice <lease>",
  summary: "give notice, as its provider: move the end of a running lease nearer",
  details: `A lease that was noticed is neither extended nor renewed, and fails over where its order names fallbacks; its tenant has the rest back at once, and may leave at any second
without a minimum. The end can be no nearer than the notice period of the lease's terms, unless it is nearer anyway.`,
  options: [
    ["--in <duration>", `from now to the end (default: the notice period and ${NOTICE_MARGIN}, the soonest safe)`],
  ],
  input: z.object({ lease: leaseId, in: durationOrZero.optional() }),
  asks: true,
  async run(session, input) {
    const [{ market }, tokens, now, lease] = await Promise.all([
      session.handles(),
      session.tokens(),
      session.now(),
      readRunning(session, input.lease),
    ]);
    const { noticePeriod } = await market.termsOf(lease.termsVersion);
    const wanted = now + (input.in ?? Number(noticePeriod) + parseDuration(NOTICE_MARGIN));
    const end = Math.min(lease.end, wanted);
    const paidIn = await tokens.describe(lease.token);
    const preview = pairs([
      ["lease", `${lease.name}, ${plural(lease.units, "unit")} at ${priceText(lease.rateX32, paidIn)} in all`],
      ["notice period", formatDuration(noticePeriod)],
      [
        "ends",
        end === lease.end
          ? `${formatInstant(end)}, as it does`
          : `${formatInstant(end)} instead of ${formatInstant(lease.end)}`,
      ],
      ["tenant", `${lease.tenant}, who has the rest back at once and may leave at any second without a minimum`],
      ["locked", `${money(lease.locked, paidIn)} now`],
      ["afterwards", "neither extended nor renewed; an order with fallbacks moves it to another provider"],
    ]);
    // Else the chain says why it is refused, and nobody need be asked.
    if (lease.provider === (await session.account())) await confirm(session, preview);
    const execution = await execute(session, [
      await step(`Give notice for lease ${lease.name}`, market, market.giveNotice, [lease.id, end], lease.token),
    ]);
    const given = eventArgs(execution, "NoticeGiven")[0];
    if (given === undefined) return done(execution, "", { lease: lease.name, end });
    const refund = given["refund"] as bigint;
    const text = `Lease ${lease.name} ends at ${formatInstant(end)}; its tenant has ${money(refund, paidIn)} back.`;
    return done(execution, text, { lease: lease.name, end, refund });
  },
});
