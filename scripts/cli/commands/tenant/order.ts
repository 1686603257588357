import { z } from "zod";

import { misfitSentence } from "../../../../sdk/errors/sentences";
import { Words } from "../../../../sdk/errors/words";
import type { Proposal, Shortfall } from "../../../../sdk/find/propose";
import { formatLeaseId } from "../../../../sdk/ids";
import type { RecordedOffer } from "../../../../sdk/offers";
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
import { type Found, planOrder, type PlannedOrder, proposalOf, refusedText, search, shortfallText } from "../../orders";
import { readLeases } from "../../reads";
import type { Session } from "../../session";
import { eventArgs, execute } from "../../steps";
import { offersTable } from "../../views";

const MOST_REPLICAS = 255;
const SHOWN = 20;

const searchInput = {
  ...resourceTexts,
  token: token.optional(),
  units: units(1).default(1),
  maxPrice: price.optional(),
  maxLock: amount.optional(),
  candidates: whole("candidates", 1).optional(),
};
const SEARCH_OPTIONS = [
  ...RESOURCE_OPTIONS,
  TOKEN_OPTION,
  ["--units <n>", "units that are needed (default 1)"],
  ["--max-price <price>", "highest price of a unit, such as 0.50/h (default: what the offer costs now)"],
  ["--max-lock <amount>", "most that may be locked, for all replicas (default: what the dearest candidates need)"],
  ["--candidates <n>", "how many offers to propose, in order of preference (default: four more than replicas)"],
] as const;

const replicaInput = {
  replicas: whole("replicas", 1, MOST_REPLICAS).default(1),
  distinctRegions: z.boolean().default(false),
};
const REPLICA_OPTIONS = [
  ["--replicas <n>", "as many leases, each on another provider, all or none (default 1)"],
  ["--distinct-regions", "each replica in another region, and a disclosed one"],
] as const;

/** What the market opens by one order. */
const ONE_REPLICA = { replicas: 1, distinctRegions: false };

const orderInput = z.object({
  ...searchInput,
  duration,
  offer: z.array(offerId).optional(),
});
const ORDER_OPTIONS = [
  ...SEARCH_OPTIONS,
  ["--duration <duration>", "how long, such as 24h: all of it is locked, what is not used comes back"],
  ["--offer <numbers...>", "try these offers, in this order (default: those that are proposed)"],
] as const;

const idsOf = (offers: readonly RecordedOffer[]): bigint[] => offers.map(({ id }) => id);

function proposalText(proposal: Proposal<RecordedOffer> | Shortfall, found: Found): string {
  if ("reason" in proposal) return `Nothing to propose: ${shortfallText(proposal, found)}`;
  const { chosen, spares, locked } = proposal;
  return pairs([
    ["proposed", `${idsOf(chosen).join(", ")}: ${money(locked, found.token)} to lock, bounties included`],
    ["spare", idsOf(spares).join(", ")],
  ]);
}

function proposalData(proposal: Proposal<RecordedOffer> | Shortfall): Record<string, unknown> {
  if ("reason" in proposal) return { ...proposal };
  const { chosen, spares, locked, mostLocked } = proposal;
  return { chosen: idsOf(chosen), spares: idsOf(spares), locked, mostLocked };
}

/** Offers that serve a requirement. */
export const findOffers = command({
  usage: "find",
  summary: "offers that have what you need: the cheapest first, then those with the better record",
  details: "Example: leasehold tenant find --cpu 4 --memory 16GiB --region eu-central --duration 24h",
  options: [
    ...SEARCH_OPTIONS,
    ...REPLICA_OPTIONS,
    ["--duration <duration>", "how long you need it (default: any)"],
    ["--limit <n>", `offers to show (default ${SHOWN})`],
  ],
  input: z.object({
    ...searchInput,
    ...replicaInput,
    duration: duration.optional(),
    limit: whole("offers", 1).default(SHOWN),
  }),
  async run(session, input) {
    if (input.replicas > 1 && input.duration === undefined) {
      throw new Failure("usage", "--replicas needs --duration: what replicas lock together depends on it");
    }
    const found = await search(session, input);
    const proposal = input.duration === undefined ? undefined : proposalOf(found, input.duration);
    const shown = found.matches.slice(0, input.limit);
    const more = found.matches.length - shown.length;
    const text = sections(
      shown.length === 0 ? "No offer fits." : await offersTable(session, shown),
      more > 0 ? `${more} more: see --limit.` : "",
      refusedText(found),
      proposal === undefined || input.replicas === 1 ? "" : proposalText(proposal, found),
    );
    const { looked, refused } = found;
    const data = { offers: shown, more, refused: Object.fromEntries(refused), looked };
    return { data: { ...data, proposal: proposal === undefined ? null : proposalData(proposal) }, text };
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
    const planned = await planOrder(session, { ...input, ...ONE_REPLICA });
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
    const planned = await planOrder(session, { ...input, ...ONE_REPLICA });
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
