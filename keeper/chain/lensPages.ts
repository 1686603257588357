import { ZeroAddress } from "ethers";

import { DISPUTE_PHASES } from "../../sdk/disputes";
import { Disputes__factory, MarketLens__factory } from "../../typechain-types";
import type { DueLease, SeenDispute, SeenLease } from "../core/views";
import type { ChainApi } from "./api";
import { checksummed } from "./checksum";

const lens = MarketLens__factory.createInterface();
const disputes = Disputes__factory.createInterface();

/** As the contracts number what is due, and how a lease stands. */
const EXPIRE = 0n;
const PENDING = 1n;
const ACTIVE = 2n;

/** Where the views are. */
export interface ViewSources {
  readonly lens: string;
  readonly disputes: string;
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

/** How these leases stand. */
export async function leasesSeen(
  network: Pick<ChainApi, "call">,
  { lens: to }: Pick<ViewSources, "lens">,
  ids: readonly bigint[],
): Promise<readonly SeenLease[]> {
  const data = lens.encodeFunctionData("leaseViews", [[...ids]]);
  const answer = await network.call({ from: ZeroAddress, to, data });
  const [views] = lens.decodeFunctionResult("leaseViews", answer);
  return ids.map((id, index) => {
    const { status, end } = (views as readonly { status: bigint; end: bigint }[])[index] ?? { status: 0n, end: 0n };
    const stands = status === ACTIVE ? { endsAt: secondOf(end) } : status === PENDING ? "pending" : "over";
    return { type: "lease", id, stands };
  });
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
