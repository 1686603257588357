import { Escrow__factory } from "../../typechain-types";
import type {
  LeaseCancelledEvent,
  LeaseClosedEvent,
  LeaseRenewedEvent,
} from "../../typechain-types/contracts/market/Market";
import type { OrderFailedOverEvent } from "../../typechain-types/contracts/orders/StandingOrders";
import { type DutyKind, keyOf } from "../core/duties";
import { parseLog, type RawLog, type Sources } from "./events";

const escrow = Escrow__factory.createInterface();
const PAID = escrow.getEvent("LockedAndPaid").topicHash;

/** A duty that a transaction did, and what its caller got. */
export interface Done {
  /** Of the duty. */
  readonly key: string;
  /** Base units of the lease's token; nothing where nobody is paid. */
  readonly bounty: bigint;
}

/** Why leases end by anyone's hand, as the contracts number it. */
const EXPIRED: readonly bigint[] = [2n, 7n];
const NO_SHOW = 4n;

/** The duties that the transaction behind these logs did for `caller`, who sent it, each once, in order. */
export function doneBy(caller: string, sources: Sources, logs: readonly RawLog[]): readonly Done[] {
  const done = new Map<string, Done>();
  let paid = 0n; // the last bounty that came out of a tenant's free balance: a failover tells it nowhere else
  for (const log of logs) {
    paid = paidBy(log, caller, sources) ?? paid;
    const each = doneIn(log, caller, sources, paid);
    if (each !== undefined && !done.has(each.key)) done.set(each.key, each);
  }
  return [...done.values()];
}

/** What the market had the escrow pay to `caller` out of a free balance; undefined where this log says nothing of it. */
function paidBy(log: RawLog, caller: string, sources: Sources): bigint | undefined {
  if (log.topics[0] !== PAID) return undefined;
  const { module, payee, paid } = escrow.decodeEventLog("LockedAndPaid", log.data, [...log.topics]).toObject() as {
    readonly module: string;
    readonly payee: string;
    readonly paid: bigint;
  };
  return isSame(module, sources.market) && isSame(payee, caller) ? paid : undefined;
}

function doneIn(log: RawLog, caller: string, sources: Sources, paid: bigint): Done | undefined {
  const found = parseLog(log, sources);
  if (found === undefined) return undefined;
  const args: unknown = found.parsed.args;
  const done = (kind: DutyKind, id: bigint, by: string, bounty: bigint): Done | undefined =>
    isSame(by, caller) ? { key: keyOf(kind, id), bounty } : undefined;
  switch (found.parsed.name) {
    case "LeaseClosed": {
      const { leaseId, by, bounty, reason } = args as LeaseClosedEvent.OutputObject;
      return EXPIRED.includes(reason) ? done("expire", leaseId, by, bounty) : undefined;
    }
    case "LeaseCancelled": {
      const { leaseId, by, bounty, reason } = args as LeaseCancelledEvent.OutputObject;
      return reason === NO_SHOW ? done("cancelNoShow", leaseId, by, bounty) : undefined;
    }
    case "LeaseRenewed": {
      const { leaseId, by, bounty } = args as LeaseRenewedEvent.OutputObject;
      return done("renew", leaseId, by, bounty);
    }
    case "OrderFailedOver": {
      const { from, by } = args as OrderFailedOverEvent.OutputObject;
      return done("failOver", from, by, paid);
    }
    // These name no caller, but nobody else's call is part of our transaction.
    case "LeaseCollected":
    case "CollateralReleased":
      return done("collect", (args as { leaseId: bigint }).leaseId, caller, 0n);
    case "DisputeExecuted":
      return done("execute", (args as { disputeId: bigint }).disputeId, caller, 0n);
    case "DisputeSettled":
      return done("settle", (args as { disputeId: bigint }).disputeId, caller, 0n);
    default:
      return undefined;
  }
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
