import { Escrow__factory } from "../../typechain-types";
import { type DutyKind, keyOf } from "../core/duties";
import { isSameAddress, type RawLog, readOf, type Sources } from "./events";
import { LogFields } from "./logFields";

const PAID = new LogFields(Escrow__factory.createInterface().getEvent("LockedAndPaid"));

/** A duty that a transaction did, and what its caller got. */
export interface Done {
  /** Of the duty. */
  readonly key: string;
  /** Base units of the lease's token; nothing where nobody is paid. */
  readonly bounty: bigint;
}

/** Why leases end by anyone's hand, as the contracts number it. */
const EXPIRED: readonly number[] = [2, 7];
const NO_SHOW = 4;

/** The duties that the transaction behind these logs did for `caller`, who sent it, each once, in order. */
export function doneBy(caller: string, sources: Sources, logs: readonly RawLog[]): readonly Done[] {
  const done = new Map<string, Done>();
  let paid = 0n; // the last bounty that came out of a tenant's free balance: a failover tells it nowhere else
  for (const log of logs) {
    paid = paidBy(log, caller, sources) ?? paid;
    const each = doneIn(log, caller, sources, paid);
    if (each !== undefined) done.set(each.key, each);
  }
  return [...done.values()];
}

/** What the market had the escrow pay to `caller` out of a free balance; undefined where this log says nothing of it. */
function paidBy(log: RawLog, caller: string, sources: Sources): bigint | undefined {
  if (log.topics[0]?.toLowerCase() !== PAID.topic) return undefined;
  if (!isSameAddress(PAID.address(log, "module"), sources.market)) return undefined;
  return isSameAddress(PAID.address(log, "payee"), caller) ? PAID.natural(log, "paid") : undefined;
}

function doneIn(log: RawLog, caller: string, sources: Sources, paid: bigint): Done | undefined {
  const read = readOf(log, sources);
  if (read === undefined) return undefined;
  const { name, fields } = read;
  const done = (kind: DutyKind, of: string, bounty: bigint): Done => ({
    key: keyOf(kind, fields.natural(log, of)),
    bounty,
  });
  const isMine = (): boolean => isSameAddress(fields.address(log, "by"), caller);
  const bounty = (): bigint => fields.natural(log, "bounty");
  switch (name) {
    case "LeaseClosed":
      return EXPIRED.includes(fields.number(log, "reason")) && isMine()
        ? done("expire", "leaseId", bounty())
        : undefined;
    case "LeaseCancelled":
      return fields.number(log, "reason") === NO_SHOW && isMine()
        ? done("cancelNoShow", "leaseId", bounty())
        : undefined;
    case "LeaseRenewed":
      return isMine() ? done("renew", "leaseId", bounty()) : undefined;
    case "OrderFailedOver":
      return isMine() ? done("failOver", "from", paid) : undefined;
    // These name no caller, but nobody else's call is part of our transaction.
    case "LeaseCollected":
    case "CollateralReleased":
      return done("collect", "leaseId", 0n);
    case "DisputeExecuted":
      return done("execute", "disputeId", 0n);
    case "DisputeSettled":
      return done("settle", "disputeId", 0n);
    default:
      return undefined;
  }
}
