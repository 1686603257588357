import { costUp, formatDuration, formatInstant, plainAmount } from "../../sdk/units";
import { money, price as priceText } from "./format";
import { RENEWAL_WINDOW, type StandingOrder } from "./leases";
import type { Lease } from "./reads";
import type { Session } from "./session";
import type { Token } from "./tokens";

/** What decides whether a lease with a standing order can be renewed. Amounts in base units, instants in Unix seconds. */
export interface RenewalFacts {
  readonly lease: Pick<Lease, "name" | "status" | "noticed" | "end" | "units">;
  readonly order: StandingOrder;
  /** Of a unit, for renewals now. */
  readonly priceX32: bigint;
  readonly bounty: bigint;
  readonly retired: boolean;
  readonly listed: boolean;
  /** Of the tenant, in escrow. */
  readonly free: bigint;
  /** What the market may still lock of it. */
  readonly room: bigint;
  readonly now: number;
  /** The chain would renew it now, as the call was simulated. */
  readonly possible: boolean;
}

/** Whether a lease could be renewed now. */
export interface RenewalState {
  readonly now: boolean;
  /** The same for people, with when it can be, or why it never will. */
  readonly text: string;
  /** What stands in the way whenever it is tried, and what to do about it. */
  readonly lacks: readonly string[];
}

/** What stands in the way of every renewal, as things are now. */
function lacksOf(facts: RenewalFacts, paidIn: Token): string[] {
  const { lease, order, priceX32, bounty, retired, listed, free, room } = facts;
  const cost = costUp(priceX32 * BigInt(lease.units), order.period) + bounty;
  const run = (verb: string, sum: bigint): string =>
    `leasehold tenant ${verb} ${plainAmount(sum, paidIn.decimals)} --token ${paidIn.symbol}`;
  return [
    retired ? "its offer is retired: only a fallback offer can take it over" : "",
    listed ? "" : `governance does not list ${paidIn.symbol} any more`,
    priceX32 > order.maxPriceX32
      ? `the price is ${priceText(priceX32, paidIn)}, the order allows ${priceText(order.maxPriceX32, paidIn)}: leasehold order set`
      : "",
    bounty > order.maxBounty
      ? `the bounty is ${money(bounty, paidIn)}, the order allows ${money(order.maxBounty, paidIn)}: leasehold order set`
      : "",
    free < cost ? `${money(cost - free, paidIn)} are missing in escrow: ${run("deposit", cost - free)}` : "",
    room < cost
      ? `the market may lock ${money(cost - room, paidIn)} too little: ${run("approve --more", cost - room)}`
      : "",
  ].filter((lack) => lack !== "");
}

/** Whether a lease could be renewed now, and what it lacks. */
export function renewalState(facts: RenewalFacts, paidIn: Token): RenewalState {
  const { lease, now, possible } = facts;
  const lacks = lacksOf(facts, paidIn);
  const no = (text: string): RenewalState => ({ now: false, text, lacks });
  if (lease.status !== "Active") return no(`no: it is ${lease.status.toLowerCase()}`);
  if (lease.noticed) return no("never: its provider gave notice");
  if (now >= lease.end) return no("no: its end has come");
  const from = lease.end - RENEWAL_WINDOW;
  if (now < from) return no(`not yet: from ${formatInstant(from)} on, in ${formatDuration(from - now)}`);
  if (lacks.length > 0) return no("no: see what it lacks");
  if (!possible) return no("no: its provider was dark for too long, or has too little bond");
  return { now: true, text: `yes: leasehold order renew ${lease.name}`, lacks };
}

/** Reads whether a lease could be renewed now. */
export async function readRenewal(session: Session, lease: Lease, order: StandingOrder): Promise<RenewalState> {
  const [{ lens, market, orders }, tokens, now] = await Promise.all([
    session.handles(),
    session.tokens(),
    session.now(),
  ]);
  const [paidIn, [offer], { listed, bounty }, { free, locked, ceiling }, renewed] = await Promise.all([
    tokens.describe(lease.token),
    lens.offerViews(lease.id >> 32n, 1),
    market.tokenTermsOf(lease.token),
    lens.fundsOf(lease.token, lease.tenant),
    orders.renew.staticCall([lease.id], { from: lease.tenant }),
  ]);
  const facts: RenewalFacts = {
    lease,
    order,
    priceX32: offer?.renewalPriceX32 ?? 0n,
    bounty,
    retired: offer?.retired ?? true,
    listed,
    free,
    room: ceiling > locked ? ceiling - locked : 0n,
    now,
    possible: renewed === 1n,
  };
  return renewalState(facts, paidIn);
}
