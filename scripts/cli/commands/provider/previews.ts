import { formatDuration, formatInstant } from "../../../../sdk/units";
import { hold, money, pairs, plural, price as priceText } from "../../format";
import type { Lease } from "../../reads";
import type { Offer } from "../../../../sdk/offers";
import type { Token } from "../../tokens";

const BPS = 10_000n;

/** What declining a lease costs its provider, wei of HOLD, as the market reckons. */
export function declinePenalty({ collateral }: Pick<Lease, "collateral">, noShowBps: bigint, divisor: bigint): bigint {
  return (collateral * noShowBps) / BPS / divisor;
}

/** What declining a lease does. */
export function declineText(lease: Lease, penalty: bigint, paidIn: Token, now: number): string {
  return pairs([
    ["lease", `${lease.name}, ${plural(lease.units, "unit")} over ${formatDuration(lease.duration)}`],
    ["tenant", `${lease.tenant}, who has ${money(lease.locked, paidIn)} back at once`],
    ["costs you", `${hold(penalty)} of your bond, for the treasury`],
    ["you forgo", `${priceText(lease.rateX32, paidIn)} for as long as it would run`],
    ["possible", lease.deadline > now ? `for ${formatDuration(lease.deadline - now)} more` : ""],
  ]);
}

/** What retiring an offer does. */
export function retireText(offer: Offer, paidIn: Token): string {
  return pairs([
    ["offer", `${offer.id}, ${priceText(offer.priceX32, paidIn)} a unit`],
    ["from now on", "no lease is opened, extended or renewed on it, ever; it comes back only as a new offer"],
    [
      "leases",
      offer.used === 0 ? "none is open" : `${plural(offer.used, "unit")} leased, pending ones included, stay binding`,
    ],
  ]);
}

/** What a price of zero does. */
export function freeText(offer: Offer, paidIn: Token): string {
  return pairs([
    ["offer", `${offer.id}, ${priceText(offer.priceX32, paidIn)} a unit now`],
    [
      "at price 0",
      `whoever opens a lease pays nothing for it, for up to ${formatDuration(offer.maxDuration)}; renewals are free at once`,
    ],
    ["leases", "those that are open by then keep their price"],
    ["takes", `${hold(offer.collateralPerUnit)} of your bond as collateral for each unit, as at any price`],
  ]);
}

/** What unbonding all that is free does. */
export function unbondAllText(free: bigint, waiting: bigint, delay: number, now: number): string {
  return pairs([
    ["unbonds", `${hold(free)}: all that backs no lease`],
    ["free", `at ${formatInstant(now + delay)}, after ${formatDuration(delay)}`],
    ["waits again", waiting === 0n ? "" : `${hold(waiting)} that unbond already: there is one delay for all of it`],
    ["meanwhile", "no lease is opened on your offers, and none grows"],
    ["way back", "leasehold provider cancel-unbond, as long as it waits"],
  ]);
}
