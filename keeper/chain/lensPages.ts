import { ZeroAddress } from "ethers";

import { DISPUTE_PHASES } from "../../sdk/disputes";
import { Disputes__factory, MarketLens__factory } from "../../typechain-types";
import type { DueLease, SeenDispute, SeenLease, SeenYield } from "../core/views";
import type { ChainApi } from "./api";
import { checksummed } from "./checksum";

const lens = MarketLens__factory.createInterface();
const disputes = Disputes__factory.createInterface();

/** As the contracts number what is due, and how a lease stands. */
const EXPIRE = 0n;
const PENDING = 1n;
const ACTIVE = 2n;
const CLOSED = 3n;

/** Where the views are, and for whom is collected. */
export interface ViewSources {
  readonly lens: string;
  readonly disputes: string;
  readonly serve?: readonly string[];
}

/** One part of the contracts' list of what is due. */
export interface DuePage {
  readonly due: readonly DueLease[];
  /** Where the next one begins; 0: this was the last one. */
  readonly next: bigint;
}

/**
 * Leases that are due, of `scan` leases from `from` on. Fails where the nodes do not tell, and where what they tell cannot be: a
 * list in another order than the contracts', or something that is not due yet.
 */
export async function duePage(
  network: Pick<ChainApi, "call">,
  { lens: to }: Pick<ViewSources, "lens">,
  { from, scan, now }: { readonly from: bigint; readonly scan: bigint; readonly now: number },
): Promise<DuePage> {
  const data = lens.encodeFunctionData("dueLeases", [from, scan]);
  const answer = await network.call({ from: ZeroAddress, to, data });
  const [rows, next] = lens.decodeFunctionResult("dueLeases", answer) as unknown as [readonly DueRow[], bigint];
  let last = from - 1n;
  const due = rows.map(([id, duty, dueSince, token, bounty]): DueLease => {
    if (id <= last || dueSince > BigInt(now)) throw new Error(`the list of due leases is not one: ${id}`);
    last = id;
    return {
      type: "dueLease",
      id,
      duty: duty === EXPIRE ? "expire" : "cancelNoShow",
      dueSince: Number(dueSince),
      token: checksummed(token.toLowerCase()),
      bounty,
    };
  });
  if (BigInt(due.length) > scan || (next !== 0n && next <= last)) throw new Error("the list of due leases has no end");
  return { due, next };
}

type DueRow = readonly [leaseId: bigint, duty: bigint, dueSince: bigint, token: string, bounty: bigint];

/** How these leases stand, and what served providers have in them. */
export async function leasesSeen(
  network: Pick<ChainApi, "call">,
  { lens: to, serve = [] }: Pick<ViewSources, "lens" | "serve">,
  ids: readonly bigint[],
): Promise<readonly (SeenLease | SeenYield)[]> {
  const data = lens.encodeFunctionData("leaseViews", [[...ids]]);
  const answer = await network.call({ from: ZeroAddress, to, data });
  const [views] = lens.decodeFunctionResult("leaseViews", answer) as unknown as [readonly LeaseView[]];
  const served = new Set(serve.map((provider) => provider.toLowerCase()));
  return ids.flatMap((id, index) => {
    const view = views[index];
    if (view === undefined) return [];
    if (view.leaseId !== id && view.status !== 0n) throw new Error(`the view of lease ${id} is of another one`);
    const lease = leaseSeen(id, view);
    return served.has(view.provider.toLowerCase()) ? [lease, yieldSeen(id, view)] : [lease];
  });
}

/** What of a lease's view is read. */
interface LeaseView {
  readonly leaseId: bigint;
  readonly status: bigint;
  readonly tenant: string;
  readonly provider: string;
  readonly token: string;
  readonly openedAt: bigint;
  readonly cutoff: bigint;
  readonly startedAt: bigint;
  readonly end: bigint;
  readonly duration: bigint;
  readonly bounty: bigint;
  readonly openClaims: bigint;
  readonly settled: boolean;
}

function leaseSeen(id: bigint, view: LeaseView): SeenLease {
  const about = { tenant: checksummed(view.tenant.toLowerCase()), token: checksummed(view.token.toLowerCase()) };
  const { bounty } = view;
  if (view.status === ACTIVE) {
    const [startedAt, endsAt] = secondsOf(view.startedAt, view.end);
    const facts = { ...about, bounty, startedAt, duration: endsAt - startedAt, patience: 0 };
    return { type: "lease", id, stands: { endsAt }, facts };
  }
  if (view.status !== PENDING) return { type: "lease", id, stands: "over" };
  const [openedAt, cutoff] = secondsOf(view.openedAt, view.cutoff);
  const facts = { ...about, bounty, openedAt, patience: cutoff - openedAt, duration: secondOf(view.duration) };
  return { type: "lease", id, stands: "pending", facts };
}

function yieldSeen(id: bigint, view: LeaseView): SeenYield {
  const { status, settled, openClaims: claims } = view;
  if (status !== PENDING && status !== ACTIVE && status !== CLOSED) return { type: "yield", id, stands: undefined };
  const [tenant, provider, token] = [view.tenant, view.provider, view.token].map((one) =>
    checksummed(one.toLowerCase()),
  ) as [string, string, string];
  const about = { tenant, provider, token, settled, openClaims: secondOf(claims) };
  if (status === PENDING) return { type: "yield", id, stands: { ...about, duration: secondOf(view.duration) } };
  const [startedAt, end] = secondsOf(view.startedAt, view.end);
  const ended = status === CLOSED ? { endedAt: end } : {};
  return { type: "yield", id, stands: { ...about, duration: end - startedAt, startedAt, ...ended } };
}

/** Two instants, the second of them not before the first one. */
function secondsOf(first: bigint, second: bigint): [number, number] {
  if (second < first) throw new Error(`no span of the chain's time: ${first} to ${second}`);
  return [secondOf(first), secondOf(second)];
}

/** How this dispute stands by what was done; what silence brought since is not in it. */
export async function disputeSeen(
  network: Pick<ChainApi, "call">,
  { disputes: to }: Pick<ViewSources, "disputes">,
  id: bigint,
): Promise<SeenDispute> {
  const data = disputes.encodeFunctionData("disputeById", [id]);
  const [stored] = disputes.decodeFunctionResult("disputeById", await network.call({ from: ZeroAddress, to, data }));
  const { claim, proceeding } = stored as {
    claim: { filedAt: bigint };
    proceeding: { phase: bigint; since: bigint };
  };
  const phase = DISPUTE_PHASES[Number(proceeding.phase)];
  if (claim.filedAt === 0n || phase === undefined || phase === "Settled") {
    return { type: "dispute", id, stands: undefined };
  }
  const since = proceeding.since === 0n ? claim.filedAt : proceeding.since;
  return { type: "dispute", id, stands: { phase, since: secondOf(since) } };
}

/** As the contracts write instants: 40 bits. */
function secondOf(value: bigint): number {
  if (value >= 1n << 40n) throw new Error(`no instant of the chain: ${value}`);
  return Number(value);
}
