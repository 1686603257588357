import { z } from "zod";

import { misfitSentence } from "../../../../sdk/errors/sentences";
import { Words } from "../../../../sdk/errors/words";
import type { Proposal, Shortfall } from "../../../../sdk/find/propose";
import { formatLeaseId } from "../../../../sdk/ids";
import { MISFIT_REASONS } from "../../../../sdk/market";
import type { RecordedOffer } from "../../../../sdk/offers";
import { parseResources } from "../../../../sdk/resources";
import { formatDuration } from "../../../../sdk/units";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { Failure } from "../../failure";
import { hold, money, pairs, plural, price as priceText, sections, table } from "../../format";
import { type Funding, fundingOf, openSteps, requireFunds } from "../../funding";
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
import {
  type Found,
  type PlannedCandidate,
  type PlannedOrder,
  planOrder,
  proposalOf,
  refusedText,
  search,
  shortfallText,
} from "../../orders";
import { readOwnLeases, readRecords } from "../../reads";
import { refundPairs, rentedText } from "../../rented";
import type { Session } from "../../session";
import { ANY_SLASHER_OPTION } from "../../slashers";
import { eventArgs, execute } from "../../steps";
import { activationDue, offersTable } from "../../views";

const MOST_REPLICAS = 255;
const SHOWN = 20;

const searchInput = {
  ...resourceTexts,
  token: token.optional(),
  units: units(1).default(1),
  maxPrice: price.optional(),
  maxLock: amount.optional(),
  candidates: whole("candidates", 1).optional(),
  anySlasher: z.boolean().default(false),
};
const SEARCH_OPTIONS = [
  ...RESOURCE_OPTIONS,
  TOKEN_OPTION,
  ["--units <n>", "units that are needed (default 1)"],
  ["--max-price <price>", "highest price of a unit, such as 0.50/h (default: what the offer costs now)"],
  ["--max-lock <amount>", "most that may be locked, for all replicas (default: what the dearest candidates need)"],
  ["--candidates <n>", "how many offers to propose, in order of preference (default: four more than replicas)"],
  ANY_SLASHER_OPTION,
] as const;

const replicaInput = {
  replicas: whole("replicas", 1, MOST_REPLICAS).default(1),
  distinctRegions: z.boolean().default(false),
};
const REPLICA_OPTIONS = [
  ["--replicas <n>", "as many leases, each on another provider, all or none (default 1)"],
  ["--distinct-regions", "each replica in another region, and a disclosed one"],
] as const;

const orderInput = z.object({
  ...searchInput,
  ...replicaInput,
  duration,
  offer: z.array(offerId).optional(),
});
const ORDER_OPTIONS = [
  ...SEARCH_OPTIONS,
  ...REPLICA_OPTIONS,
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
  details: `Example: leasehold tenant find --cpu 4 --memory 16GiB --region eu-central --duration 24h

Offers of slashing modules that the address book does not know are left out unless you say --any-slasher: while a lease runs,
its module can take most of the collateral that stands behind it. Offers whose leases cannot be disputed are shown as such.`,
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

function outcomeText({ offer, turn }: PlannedCandidate, words: Words): string {
  if (turn.taken) return "taken";
  if (turn.misfit === undefined) return "spare";
  const { reason, available, required } = turn.misfit;
  return misfitSentence(
    { offer: offer.id, reason: BigInt(MISFIT_REASONS.indexOf(reason)), available, required },
    words,
  );
}

/** Why each candidate would be passed over, or what it would lock. */
function candidatesTable(session: Session, { candidates, token: paidIn }: PlannedOrder): string {
  const words = new Words({}, session.lexicon(paidIn.address));
  const rows = candidates.map((candidate, index) => {
    const { ratePerSecondX32, locked, collateral, reason } = candidate.quote;
    const fits = reason === 0n;
    return [
      String(index + 1),
      String(candidate.offer.id),
      fits ? priceText(ratePerSecondX32, paidIn) : "",
      fits ? money(locked, paidIn) : "",
      fits ? hold(collateral) : "",
      outcomeText(candidate, words),
    ];
  });
  return table(["try", "offer", "price in all", "locks", "backed by", "outcome"], rows, [0, 1, 2, 3, 4]);
}

function orderData({ candidates, token: paidIn, order }: PlannedOrder): Record<string, unknown> {
  return {
    token: paidIn.address,
    maxLock: order.maxLock,
    replicas: order.replicas,
    distinctRegions: order.distinctRegions,
    quotes: candidates.map(({ offer, quote: item, turn }) => ({
      offer: offer.id,
      fits: item.reason === 0n,
      taken: turn.taken,
      reason: item.reason,
      available: item.available,
      required: item.required,
      rateX32: item.ratePerSecondX32,
      locked: item.locked,
      bounty: item.bounty,
      collateral: item.collateral,
    })),
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
    return { data: orderData(planned), text: candidatesTable(session, planned) };
  },
});

function refusal(session: Session, { candidates, taken, token: paidIn, order }: PlannedOrder): Failure {
  const words = new Words({}, session.lexicon(paidIn.address));
  const reasons = candidates.filter(({ turn }) => !turn.taken).map((candidate) => outcomeText(candidate, words));
  const what =
    order.replicas === 1
      ? "the order is refused by every candidate"
      : `${taken.length} of ${String(order.replicas)} replicas find a place, so that none is opened`;
  return new Failure("refused", reasons.length === 0 ? what : `${what}: ${reasons.join("; ")}`);
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

/** What all leases of a plan lock, base units. */
const lockedBy = ({ taken }: PlannedOrder): bigint => sum(taken.map(({ quote: { locked } }) => locked));

/** What opening would do, before it is done. */
async function planText(
  session: Session,
  planned: PlannedOrder,
  input: z.output<typeof orderInput>,
  funding: Funding,
): Promise<string> {
  const { token: paidIn, taken } = planned;
  const { market } = await session.handles();
  const [records, { activationWindow }] = await Promise.all([
    readRecords(
      session,
      taken.map(({ offer }) => offer),
    ),
    market.currentTermsVersion().then((version) => market.termsOf(version)),
  ]);
  const asked = parseResources(input);
  const rented = await Promise.all(records.map((offer) => rentedText(session, offer, asked, paidIn)));
  const locked = lockedBy(planned);
  const bounty = sum(taken.map(({ quote: { bounty: amount } }) => amount));
  const replicas = input.replicas === 1 ? "" : `${plural(input.replicas, "replica")} of `;
  return sections(
    candidatesTable(session, planned),
    ...rented,
    pairs([
      ["will lock", `${money(locked, paidIn)}, ${money(bounty, paidIn)} of it a bounty for whoever expires it`],
      ["for", `${replicas}${plural(input.units, "unit")} over ${formatDuration(input.duration)}`],
      ...refundPairs(
        Number(activationWindow),
        taken.map(({ offer: { minDuration } }) => minDuration),
      ),
      ["deposit", funding.deposit === 0n ? "" : `${money(funding.deposit, paidIn)} out of your wallet`],
      ["approval", funding.raise === 0n ? "" : `the market may lock ${money(funding.raise, paidIn)} more`],
    ]),
  );
}

/** Opens a lease, funding it first where that is asked for. */
export const open = command({
  usage: "open",
  summary: "open a lease on the first candidate that fits, or replicas on the first that fit, and lock the whole price",
  details: `Example: leasehold tenant open --cpu 4 --duration 24h --fund

What is not used comes back: close a lease at any second, and only the live seconds (at least the offer's minimum) are
billed. --fund deposits what is missing and lets the market lock it, by your signatures and in the same transaction.`,
  options: [...ORDER_OPTIONS, ["--fund", "deposit and approve what is missing, in the same transaction"]],
  input: orderInput.extend({ fund: z.boolean().default(false) }),
  asks: true,
  async run(session, input) {
    const planned = await planOrder(session, input);
    if (!planned.isFilled) throw refusal(session, planned);
    const { token: paidIn } = planned;
    const funding = await fundingOf(session, paidIn, lockedBy(planned));
    requireFunds(paidIn, funding, input.fund);
    const locked = money(lockedBy(planned), paidIn);
    const plan = await session.toBeTold(() => planText(session, planned, input, funding));
    await confirm(session, plan, `This opens a lease and locks ${locked}.`);
    const steps = await openSteps(session, planned, funding, input.fund);
    const execution = await execute(session, steps);
    const opened = eventArgs(execution, "LeaseOpened");
    const ids = opened.map(({ leaseId }) => leaseId as bigint);
    const leases = await readOwnLeases(session, ids);
    const text = opened.map(({ leaseId, provider, locked }, index) =>
      pairs([
        ["lease", `${formatLeaseId(leaseId as bigint)}, pending`],
        ["provider", String(provider)],
        ["locked", money(locked as bigint, paidIn)],
        ["activation due", activationDue(leases[index])],
      ]),
    );
    return done(execution, sections(...text), { ...orderData(planned), leases: ids.map(formatLeaseId), leaseIds: ids });
  },
});
