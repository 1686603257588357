import { formatLeaseId, splitDisputeId, formatDisputeId } from "../../sdk/ids";
import {
  DISPUTE_PHASES,
  type DisputePhase,
  FAULT_CLASSES,
  type FaultClass,
  type Outcome,
  OUTCOMES,
} from "../../sdk/disputes";
import { formatBps, MILLIONTH } from "../../sdk/units";
import { Failure } from "./failure";
import { hold } from "./format";
import type { Named } from "./inputs";
import { eventsSince } from "./logs";
import { type Lease, readLeases } from "./reads";
import type { Session } from "./session";

/** Disputes that are asked for at the same time. */
const PAGE = 25;
const BPS = 10_000n;

/** A dispute as commands show it; instants in Unix seconds, HOLD in wei. */
export interface Dispute {
  readonly id: bigint;
  readonly name: string;
  readonly lease: bigint;
  readonly leaseName: string;
  readonly claimant: string;
  /** Of the lease when the claim was filed. */
  readonly tenant: string;
  readonly provider: string;
  readonly byTenant: boolean;
  readonly faultClass: FaultClass;
  readonly faultStart: number;
  readonly filedAt: number;
  /** As stored: what a deadline that passed brought is in `outcome` and `ripe`. */
  readonly phase: DisputePhase;
  readonly outcome: Outcome;
  readonly ripe: boolean;
  /** When the window that is open now closes; 0: none is open. */
  readonly deadline: number;
  /** By when it can be executed at the latest, whoever goes silent; 0 once it was. */
  readonly endsAt: number;
  /** Earnings that wait for the outcome, base units of `token`. */
  readonly held: bigint;
  readonly token: string;
  readonly collateral: bigint;
  /** Of the collateral: what the fault costs. */
  readonly fractionBps: number;
  readonly bond: bigint;
  readonly filingFee: bigint;
  readonly answered: boolean;
  /** The counter-bond is reserved of what the provider bonded with the contract of disputes. */
  readonly answeredFromBond: boolean;
  readonly appealed: boolean;
  /** The appeal bond is reserved of what the appellant bonded with the contract of disputes. */
  readonly appealedFromBond: boolean;
  /** Members who may vote, once the claim is answered. */
  readonly eligible: number;
  readonly upholds: number;
  readonly rejects: number;
  /** Version of the rules that it was filed under. */
  readonly rules: bigint;
}

/** What was posted, out of the bits in which the chain keeps it. */
function postingsOf(bits: bigint): Pick<Dispute, "answered" | "answeredFromBond" | "appealedFromBond"> {
  const has = (bit: bigint): boolean => (bits & bit) !== 0n;
  return { answered: has(1n), answeredFromBond: has(4n), appealedFromBond: has(16n) };
}

/** Disputes by their ids, in that order; those that were never filed are left out. */
export async function readDisputes(session: Session, ids: readonly bigint[]): Promise<Dispute[]> {
  const { disputes } = await session.handles();
  const leases = await readLeases(session, [...new Set(ids.map((id) => splitDisputeId(id).leaseId))]);
  const tokens = new Map(leases.map(({ id, token }) => [id, token]));
  const found: Dispute[] = [];
  for (let from = 0; from < ids.length; from += PAGE) {
    const page = await Promise.all(
      ids.slice(from, from + PAGE).map(async (id) => {
        const [view, { claim, proceeding }] = await Promise.all([disputes.disputeView(id), disputes.disputeById(id)]);
        const { leaseId: lease } = splitDisputeId(id);
        return {
          id,
          name: formatDisputeId(id),
          lease,
          leaseName: formatLeaseId(lease),
          claimant: view.claimant,
          tenant: view.tenant,
          provider: view.provider,
          byTenant: view.byTenant,
          faultClass: FAULT_CLASSES[Number(claim.faultClass)] ?? "Unserved",
          faultStart: Number(view.faultStart),
          filedAt: Number(view.filedAt),
          phase: DISPUTE_PHASES[Number(view.phase)] ?? "Filed",
          outcome: OUTCOMES[Number(view.outcome)] ?? "None",
          ripe: view.ripe,
          deadline: Number(view.deadline),
          endsAt: Number(view.endsAt),
          held: view.held,
          token: tokens.get(lease) ?? "",
          collateral: view.collateral,
          fractionBps: Number(view.fractionBps),
          bond: view.bond,
          filingFee: view.filingFee,
          ...postingsOf(proceeding.postings),
          appealed: proceeding.appealBondTo !== 0n,
          eligible: Number(proceeding.eligible),
          upholds: Number(proceeding.upholds),
          rejects: Number(proceeding.rejects),
          rules: claim.rules,
        };
      }),
    );
    found.push(...page.filter(({ filedAt }) => filedAt !== 0));
    if (ids.length > PAGE) session.progress(`read ${Math.min(ids.length, from + PAGE)} of ${ids.length} disputes`);
  }
  return found;
}

/** Until when a lease that was started can be disputed: its end, and as long again, an hour at least and 7 days at most. */
export function disputableUntil({ status, end, duration, releasableAt }: Lease): number {
  return status === "Closed" ? releasableAt : end + Math.min(7 * 86_400, Math.max(3_600, duration));
}

/** Whether a dispute still waits for somebody: its bonds are not paid out. */
export const isOpen = ({ phase }: Dispute): boolean => phase !== "Settled";

/** Which disputes are looked for; what is left out does not matter. */
export interface Wanted {
  readonly lease?: bigint | undefined;
  readonly provider?: string | undefined;
  readonly claimant?: string | undefined;
}

/** Disputes that were ever filed, found by their events, in the order of their first filing. */
export async function findDisputes(session: Session, wanted: Wanted): Promise<Dispute[]> {
  const { provider, handles, startBlock } = await session.connection();
  const { disputes } = handles;
  const filter = disputes.filters.DisputeFiled(undefined, wanted.lease, wanted.provider);
  const filed = await eventsSince(disputes, filter, provider, startBlock);
  const ids = [...new Set(filed.map(({ args }) => args.disputeId))];
  const { claimant } = wanted;
  return readDisputes(
    session,
    ids.filter((id) => claimant === undefined || splitDisputeId(id).claimant === claimant),
  );
}

/** One dispute; fails where it was never filed. */
export async function readDispute(session: Session, id: bigint): Promise<Dispute> {
  const [dispute] = await readDisputes(session, [id]);
  if (dispute !== undefined) return dispute;
  const { leaseId: lease } = splitDisputeId(id);
  const hint = `see leasehold dispute list --lease ${formatLeaseId(lease)}`;
  throw new Failure("refused", `there is no dispute ${formatDisputeId(id)}: ${hint}`);
}

/** The dispute that is named; of a lease the one that is open, else the only one that there was. */
export async function namedDispute(session: Session, named: Named): Promise<Dispute> {
  if ("dispute" in named) return readDispute(session, named.dispute);
  const all = await findDisputes(session, { lease: named.lease });
  const open = all.filter(isOpen);
  const [only, ...more] = open.length > 0 ? open : all;
  const lease = `lease ${formatLeaseId(named.lease)}`;
  if (only === undefined) throw new Failure("refused", `nobody disputed ${lease}: see leasehold dispute raise`);
  if (more.length === 0) return only;
  const names = [only, ...more].map(({ name }) => name).join("\n");
  throw new Failure("refused", `${lease} has several disputes, say which:\n${names}`);
}

/** Part of a collateral, wei, rounded down to millionths of a HOLD. */
function partOf(collateral: bigint, bps: number): bigint {
  return (((collateral / MILLIONTH) * BigInt(bps)) / BPS) * MILLIONTH;
}

/** "25 % of 1,011.28 HOLD", and whether that is all that it would be. */
export function fractionText(claim: Pick<Dispute, "fractionBps" | "collateral">, penalty: bigint): string {
  const fraction = `${formatBps(claim.fractionBps)} of ${hold(claim.collateral)}`;
  return penalty === partOf(claim.collateral, claim.fractionBps) ? fraction : `${fraction}, less what was taken before`;
}

/** A service credit is at most this part of the collateral; until the lease is settled no claim reaches that part. */
const CREDIT_DIVISOR = 4n;

/** What claims can still take of a lease's collateral, wei. */
function reachable({ collateral, penalised, settled }: Lease): bigint {
  if (settled) return collateral;
  const kept = ((collateral + penalised) / MILLIONTH / CREDIT_DIVISOR) * MILLIONTH;
  return collateral > kept ? collateral - kept : 0n;
}

/**
 * What an upheld claim would take of a lease's collateral now, in wei: the fraction of its class, or the difference to
 * what was taken for the last punished fault where this one began before that claim was filed; at most what is left, but for
 * the part that the service credit may need.
 */
export function penaltyIfUpheld(
  lease: Lease,
  claim: Pick<Dispute, "faultStart" | "fractionBps" | "collateral">,
): bigint {
  const worth = (partOf(claim.collateral, claim.fractionBps) / MILLIONTH) * MILLIONTH;
  const before = claim.faultStart < lease.coveredUntil ? lease.punished : 0n;
  if (worth <= before) return 0n;
  const [amount, most] = [worth - before, reachable(lease)];
  return amount < most ? amount : most;
}
