import { ZeroAddress } from "ethers";

import { CLAIM_LIFE } from "../../sdk/disputes";
import { END_REASON_WORDS } from "../../sdk/market";
import type { Offer, RecordedOffer } from "../../sdk/offers";
import { formatResources } from "../../sdk/resources";
import { formatDuration, formatInstant } from "../../sdk/units";
import { disputableUntil, type Dispute } from "./disputes";
import { stateText } from "./disputeWords";
import { hold, money, pairs, plural, price, table } from "./format";
import type { StandingOrder } from "./leases";
import { type Clock, type Lease, notShown } from "./reads";
import type { Session } from "./session";
import type { Token } from "./tokens";

/** How reliable a provider was, in few words. */
export function recordText({ record }: Pick<RecordedOffer, "record">): string {
  const { served, noShows, darkSeconds, slashed, outages, lastSeen } = record;
  if (lastSeen === 0) return "never seen";
  return [
    served === 0 ? "no lease yet" : `${plural(served, "lease")}, dark ${formatDuration(darkSeconds)}`,
    noShows === 0 ? "" : plural(noShows, "no-show"),
    outages === 0 ? "" : plural(outages, "outage"),
    slashed === 0n ? "" : `slashed ${hold(slashed)}`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** Until when a lease that was just opened must be activated, and what then. */
export function activationDue(lease: Lease | undefined): string {
  if (lease === undefined || lease.deadline === 0) throw notShown("when the lease must be activated");
  return `${formatInstant(lease.deadline)}; after that you may cancel it and get all back`;
}

/** Whether the provider of an offer lives, and is seen often enough for new leases. */
export function lifeWord({ live, fresh }: Pick<Offer, "live" | "fresh">): string {
  if (!live) return "dark";
  return fresh ? "live" : "live, but with a heartbeat too old for new leases";
}

function offerState(offer: Offer): string {
  if (offer.retired) return "retired";
  return `${offer.live ? (offer.fresh ? "live" : "stale") : "dark"}${offer.quotedOnly ? ", by quote" : ""}`;
}

/** Whether leases whose offer names this slashing module can be disputed. */
export async function disputableText(session: Session, slasher: string): Promise<string> {
  if (slasher === ZeroAddress) return "none: no slashing module was accepted";
  const { disputes } = await session.handles();
  return slasher === (await disputes.getAddress())
    ? "leases can be disputed"
    : `by slashing module ${slasher}, which the address book does not know`;
}

/** The same in a word. */
function disputableWord(slasher: string, disputes: string): string {
  if (slasher === ZeroAddress) return "no";
  return slasher === disputes ? "yes" : "other";
}

/** Offers as people compare them. */
export async function offersTable(session: Session, offers: readonly RecordedOffer[]): Promise<string> {
  const [tokens, { disputes }] = await Promise.all([session.tokens(), session.handles()]);
  const module = await disputes.getAddress();
  const rows = await Promise.all(
    offers.map(async (offer) => [
      String(offer.id),
      price(offer.priceX32, await tokens.describe(offer.token)),
      formatResources(offer.resources),
      `${offer.unitsLeft}/${offer.capacity}`,
      `${formatDuration(offer.minDuration)} - ${formatDuration(offer.maxDuration)}`,
      offerState(offer),
      recordText(offer),
      disputableWord(offer.slasher, module),
      offer.provider,
    ]),
  );
  const head = ["offer", "price", "unit", "free", "term", "state", "record", "disputes", "provider"];
  return table(head, rows, [0, 1, 3]);
}

/** What is next for a lease, in a few words. */
function nextText(lease: Lease, now: number): string {
  switch (lease.status) {
    case "Pending":
      if (now < lease.deadline) return `activation due in ${formatDuration(lease.deadline - now)}`;
      return now < lease.cutoff ? "late: may be cancelled, or still activated" : "no-show: anyone may cancel it";
    case "Active":
      return lease.remaining === 0 ? "ended: anyone may expire it" : `ends in ${formatDuration(lease.remaining)}`;
    case "Closed":
      if (now < lease.releasableAt) return `collateral free in ${formatDuration(lease.releasableAt - now)}`;
      if (lease.openClaims > 0 && now < lease.releasableAt + CLAIM_LIFE) {
        const most = formatInstant(lease.releasableAt + CLAIM_LIFE);
        return `collateral waits for ${plural(lease.openClaims, "open claim")}, until ${most} at most`;
      }
      return lease.settled ? "collateral can be released" : "can be collected";
    default:
      return END_REASON_WORDS[lease.reason];
  }
}

/** Leases as people follow them. */
export async function leasesTable(session: Session, leases: readonly Lease[]): Promise<string> {
  const [tokens, now] = await Promise.all([session.tokens(), session.now()]);
  const rows = await Promise.all(
    leases.map(async (lease) => {
      const token = await tokens.describe(lease.token);
      return [
        lease.name,
        lease.status.toLowerCase(),
        String(lease.units),
        price(lease.rateX32, token),
        money(lease.locked, token),
        money(lease.earned, token),
        nextText(lease, now),
      ];
    }),
  );
  return table(["lease", "status", "units", "rate", "locked", "earned", "next"], rows, [2, 3, 4, 5]);
}

/** Renewals that a standing order has left, in one line. */
function orderText({ count, period, maxPriceX32, fallbacks }: StandingOrder, token: Token): string {
  const most = `${plural(count, "renewal")} of ${formatDuration(period)} at ${price(maxPriceX32, token)} a unit at most`;
  return fallbacks.length === 0 ? most : `${most}, else on offer ${fallbacks.join(", ")}`;
}

/** What a standing order still does after its lease's provider gave notice, in one line. */
function failOverText({ period, maxPriceX32, fallbacks }: StandingOrder, token: Token): string {
  if (fallbacks.length === 0) return "the standing order names no fallback: it does nothing any more";
  return `to offer ${fallbacks.join(", else ")}, for ${formatDuration(period)} at ${price(maxPriceX32, token)} a unit at most`;
}

/** What is beside a lease: its standing order, the slashing module that it can be disputed with, and its disputes. */
export interface Around {
  readonly order?: StandingOrder | undefined;
  readonly slasher: string;
  readonly disputes: readonly Dispute[];
}

/** Whether a lease can be disputed now, and how. */
async function disputeText(session: Session, lease: Lease, slasher: string, now: number): Promise<string> {
  const text = await disputableText(session, slasher);
  const { disputes } = await session.handles();
  if (slasher !== (await disputes.getAddress())) return text;
  if (lease.status !== "Active" && lease.status !== "Closed") return "";
  const until = disputableUntil(lease);
  if (now >= until) return `were possible until ${formatInstant(until)}`;
  const raise = `leasehold dispute raise ${lease.name}`;
  return lease.remaining > 0 ? raise : `${raise}, until ${formatInstant(until)}`;
}

/** Everything about one lease. */
export async function leaseText(session: Session, lease: Lease, { order, slasher, disputes }: Around): Promise<string> {
  const [tokens, now] = await Promise.all([session.tokens(), session.now()]);
  const token = await tokens.describe(lease.token);
  const at = (second: number): string => (second === 0 ? "" : formatInstant(second));
  const started = lease.status !== "Pending" && lease.status !== "Cancelled";
  return pairs([
    ["lease", lease.name],
    ["status", lease.status.toLowerCase()],
    ["reason", END_REASON_WORDS[lease.reason]],
    ["next", nextText(lease, now)],
    ["tenant", lease.tenant],
    ["provider", lease.provider],
    ["units", String(lease.units)],
    ["rate", price(lease.rateX32, token)],
    ["duration", formatDuration(lease.duration)],
    ["opened", at(lease.openedAt)],
    ["started", at(lease.startedAt)],
    ["activation due", at(lease.deadline)],
    ["no-show from", at(lease.cutoff)],
    [lease.status === "Active" ? "ends" : "ended", at(lease.end)],
    ["notice", lease.noticed ? "the provider gave notice: neither extended nor renewed any more" : ""],
    ["renewals", order === undefined || lease.noticed ? "" : orderText(order, token)],
    ["fails over", order === undefined || !lease.noticed ? "" : failOverText(order, token)],
    ["transfers", lease.transfers === 0 ? "" : `changed hands ${plural(lease.transfers, "time")}`],
    ["offered to", lease.recipient === ZeroAddress ? "" : lease.recipient],
    ["rate since", lease.anchor > lease.startedAt ? at(lease.anchor) : ""],
    [
      "billed",
      started ? `${formatDuration(lease.billedSeconds)}${lease.anchor > lease.startedAt ? " at this rate" : ""}` : "",
    ],
    ["dark", started ? formatDuration(lease.darkSeconds) : ""],
    ["earned", `${money(lease.earned, token)}${lease.anchor > lease.startedAt ? " at this rate" : ""}`],
    ["collectable", money(lease.collectable, token)],
    ["locked", money(lease.locked, token)],
    ["bounty", money(lease.bounty, token)],
    ["collateral", hold(lease.collateral)],
    [
      "collateral grew",
      lease.grownAt === 0
        ? ""
        : `at ${formatInstant(lease.grownAt)}: faults before that count on ${hold(lease.grownFrom)} at most`,
    ],
    ["collateral is", lease.lagging ? "more than its units need, until no claim is open" : ""],
    ["penalised", lease.penalised === 0n ? "" : `${hold(lease.penalised)} of the collateral, by now`],
    ["disputes", await disputeText(session, lease, slasher, now)],
    ["open claims", lease.openClaims > disputes.length ? `${lease.openClaims}, filed with its slashing module` : ""],
    ...disputes.map((dispute): [string, string] => ["claim", `${dispute.name}: ${stateText(dispute, now)}`]),
    [
      "at fault",
      lease.coveredUntil === 0 ? "" : `a claim filed at ${formatInstant(lease.coveredUntil)} was upheld, and punished`,
    ],
    [
      "credit due",
      lease.creditDue === 0n ? "" : `${hold(lease.creditDue)} for the darkness, taken at the first collect`,
    ],
    ["collateral free", at(lease.releasableAt)],
  ]);
}

/** How a provider lives, in one line. */
export function clockText({ lastSeen, live, darkSeconds, outages }: Clock, now: number, grace: number): string {
  if (lastSeen === 0) return "dark: never had a heartbeat";
  const seen = `last heartbeat ${formatDuration(now - lastSeen)} ago`;
  const record = `${plural(outages, "ended outage")}, dark ${formatDuration(darkSeconds)} in all`;
  return live
    ? `live for ${formatDuration(lastSeen + grace - now)} more, ${seen}, ${record}`
    : `dark, ${seen}, ${record}`;
}
