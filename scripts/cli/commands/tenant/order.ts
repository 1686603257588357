import { z } from "zod";

import { misfitSentence } from "../../../../sdk/errors/sentences";
import { Words } from "../../../../sdk/errors/words";
import { formatLeaseId } from "../../../../sdk/ids";
import { formatDuration, formatInstant } from "../../../../sdk/units";
import { command, done } from "../../command";
import { Failure } from "../../failure";
import { hold, money, pairs, plural, price as priceText, sections, table } from "../../format";
import { fundingOf, openSteps } from "../../funding";
import {
  amount,
  duration,
  offerId,
  price,
  RESOURCE_OPTIONS,
  resourceTexts,
  token,
  TOKEN_OPTION,
  units,
  whole,
} from "../../inputs";
import { planOrder, type PlannedOrder, refusedText, search } from "../../orders";
import { readLeases } from "../../reads";
import type { Session } from "../../session";
import { eventArgs, execute } from "../../steps";
import { offersTable } from "../../views";

const DEFAULT_CANDIDATES = 5;
const SHOWN = 20;

const searchInput = {
  ...resourceTexts,
  token: token.optional(),
  units: units(1).default(1),
  maxPrice: price.optional(),
};
const SEARCH_OPTIONS = [
  ...RESOURCE_OPTIONS,
  TOKEN_OPTION,
  ["--units <n>", "units that are needed (default 1)"],
  ["--max-price <price>", "highest price of a unit, such as 0.50/h (default: what the offer costs now)"],
] as const;

const orderInput = z.object({
  ...searchInput,
  duration,
  offer: z.array(offerId).optional(),
  candidates: whole("candidates", 1).default(DEFAULT_CANDIDATES),
  maxLock: amount.optional(),
});
const ORDER_OPTIONS = [
  ...SEARCH_OPTIONS,
  ["--duration <duration>", "how long, such as 24h: all of it is locked, what is not used comes back"],
  ["--offer <numbers...>", "take these offers, in this order (default: the best that are found)"],
  ["--candidates <n>", `how many of the best offers to try (default ${DEFAULT_CANDIDATES})`],
  ["--max-lock <amount>", "most that may be locked (default: what the dearest candidate needs)"],
] as const;

/** Offers that serve a requirement. */
export const findOffers = command({
  usage: "find",
  summary: "offers that have what you need: the cheapest first, then those with the better record",
  details: "Example: leasehold tenant find --cpu 4 --memory 16GiB --region eu-central --duration 24h",
  options: [
    ...SEARCH_OPTIONS,
    ["--duration <duration>", "how long you need it (default: any)"],
    ["--limit <n>", `offers to show (default ${SHOWN})`],
  ],
  input: z.object({ ...searchInput, duration: duration.optional(), limit: whole("offers", 1).default(SHOWN) }),
  async run(session, input) {
    const found = await search(session, input);
    const shown = found.matches.slice(0, input.limit);
    const more = found.matches.length - shown.length;
    const text = sections(
      shown.length === 0 ? "No offer fits." : await offersTable(session, shown),
      more > 0 ? `${more} more: see --limit.` : "",
      refusedText(found),
    );
    return { data: { offers: shown, more, refused: Object.fromEntries(found.refused), looked: found.looked }, text };
  },
});

/** Why each candidate would be refused, or what it would lock. */
function quotesTable(session: Session, { quotes, token: paidIn }: PlannedOrder): string {
  const words = new Words({}, session.lexicon(paidIn.address));
  const rows = quotes.map((item, index) => {
    const { offerId: offer, reason, available, required, ratePerSecondX32, locked, collateral } = item;
    const fits = reason === 0n;
    return [
      String(index + 1),
      String(offer),
      fits ? priceText(ratePerSecondX32, paidIn) : "",
      fits ? money(locked, paidIn) : "",
      fits ? hold(collateral) : "",
      fits ? "fits" : misfitSentence({ offer, reason, available, required }, words),
    ];
  });
  return table(["try", "offer", "price in all", "locks", "backed by", "outcome"], rows, [0, 1, 2, 3, 4]);
}

function quoteData({ quotes, token: paidIn, order }: PlannedOrder): Record<string, unknown> {
  return {
    token: paidIn.address,
    maxLock: order.maxLock,
    quotes: quotes.map(
      ({ offerId: offer, reason, available, required, ratePerSecondX32, locked, bounty, collateral }) => ({
        offer,
        fits: reason === 0n,
        reason,
        available,
        required,
        rateX32: ratePerSecondX32,
        locked,
        bounty,
        collateral,
      }),
    ),
  };
}

/** What opening would do, for each candidate. */
export const quote = command({
  usage: "quote",
  summary: "what opening a lease would lock, and why an offer would be passed over; sends nothing",
  details: "Example: leasehold tenant quote --cpu 4 --duration 24h",
  options: ORDER_OPTIONS,
  input: orderInput,
  async run(session, input) {
    const planned = await planOrder(session, input);
    return { data: quoteData(planned), text: quotesTable(session, planned) };
  },
});

function noneFits(session: Session, { quotes, token: paidIn }: PlannedOrder): Failure {
  const words = new Words({}, session.lexicon(paidIn.address));
  const reasons = quotes.map(({ offerId: offer, reason, available, required }) =>
    misfitSentence({ offer, reason, available, required }, words),
  );
  return new Failure("refused", `the order is refused by every candidate: ${reasons.join("; ")}`);
}

/** Opens a lease, funding it first where that is asked for. */
export const open = command({
  usage: "open",
  summary: "open a lease on the first candidate that fits, and lock its whole price",
  details: `Example: leasehold tenant open --cpu 4 --duration 24h --fund

What is not used comes back: close a lease at any second, and only the live seconds (at least the offer's minimum) are
billed. --fund deposits what is missing and lets the market lock it, by your signatures and in the same transaction.`,
  options: [...ORDER_OPTIONS, ["--fund", "deposit and approve what is missing, in the same transaction"]],
  input: orderInput.extend({ fund: z.boolean().default(false) }),
  async run(session, input) {
    const planned = await planOrder(session, input);
    const { first, token: paidIn, offers } = planned;
    if (first === undefined) throw noneFits(session, planned);
    const funding = await fundingOf(session, paidIn, first.locked);
    const chosen = offers.find(({ id }) => id === first.offerId);
    const plan = sections(
      quotesTable(session, planned),
      pairs([
        [
          "will lock",
          `${money(first.locked, paidIn)}, ${money(first.bounty, paidIn)} of it a bounty for whoever expires it`,
        ],
        ["for", `${plural(input.units, "unit")} over ${formatDuration(input.duration)}`],
        ["billed at least", formatDuration(chosen?.minDuration ?? 0)],
        ["deposit", funding.deposit === 0n ? "" : `${money(funding.deposit, paidIn)} out of your wallet`],
        ["approval", funding.raise === 0n ? "" : `the market may lock ${money(funding.raise, paidIn)} more`],
      ]),
    );
    session.tell(`${plan}\n`);
    const steps = await openSteps(session, planned, funding, input.fund);
    const execution = await execute(session, steps);
    const opened = eventArgs(execution, "LeaseOpened")[0];
    if (opened === undefined) return done(execution, "", { ...quoteData(planned), lease: null });
    const name = formatLeaseId(opened["leaseId"] as bigint);
    const [lease] = await readLeases(session, [opened["leaseId"] as bigint]);
    const text = pairs([
      ["lease", `${name}, pending`],
      ["provider", String(opened["provider"])],
      ["locked", money(opened["locked"] as bigint, paidIn)],
      ["activation due", `${formatInstant(lease?.deadline ?? 0)}; after that you may cancel it and get all back`],
    ]);
    return done(execution, text, { ...quoteData(planned), lease: name, leaseId: opened["leaseId"] as bigint });
  },
});
