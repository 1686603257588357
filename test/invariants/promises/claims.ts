import { unpackMovement } from "../../helpers/words";
import type { ParsedLog } from "../driver/chain";
import { least, most, type Plain, Tally } from "../model/plain";
import { Broken } from "./broken";
import { earnedSince, feeSince, type LeaseStory } from "./stories";

const X32 = 2n ** 32n;
const BPS = 10_000n;
const MILLIONTH = 10n ** 12n;

/** A claim that has not ended. */
export interface ClaimStory {
  readonly claimant: string;
  /** Of the lease when it was filed. */
  readonly tenant: string;
  readonly collateral: bigint;
  readonly held: bigint;
  /** On the lease when it was filed, basis points. */
  readonly feeBps: bigint;
  readonly faultStart: bigint;
  readonly filedAt: bigint;
}

/** A line of a settlement. */
interface Entry {
  account: string;
  movement: bigint;
}

/** What is known when a claim is opened; `live` counts seconds billed at the present rate since a moment. */
interface Opened {
  now: bigint;
  live(from: bigint): bigint;
}

/**
 * A claim holds what was earned since its fault began and not collected, for the tenant alone (INV-DSP-2), and counts on no
 * more collateral than there was when the fault began (INV-STK-2).
 */
export function openClaim(id: string, lease: LeaseStory, args: Record<string, Plain>, { now, live }: Opened): void {
  const { held, fee, faultStart } = args as { held: bigint; fee: bigint; faultStart: bigint };
  const [claimant, collateral] = [args["claimant"] as string, args["collateral"] as bigint];
  const broken = (why: string): never => {
    throw new Broken("INV-DSP-2", `lease ${id}: a claim of ${claimant} holds ${held}, ${why}`);
  };
  if (lease.released) throw new Broken("INV-STK-5", `lease ${id}: a claim after the release`);
  if (lease.claims.some((claim) => claim.claimant === claimant)) {
    throw new Broken("INV-DSP-4", `lease ${id}: two claims of ${claimant} are open`);
  }
  if (held > 0n && claimant !== lease.tenant) broken("who is not its tenant");
  const sinceFault = (lease.rate * live(faultStart)) / X32 + 1n;
  if (held > sinceFault) broken(`${sinceFault} were earned since the fault`);
  const earned = earnedSince(lease, live(lease.since));
  const net = earned - feeSince(lease, earned);
  const gone = lease.paidOfThese + lease.heldOfThese - lease.aside;
  if (held - fee > net - gone) broken(`${net - gone} were not collected`);
  const then = lease.collaterals.findLast(({ since }) => since <= faultStart)!.amount;
  if (collateral > least(then, lease.collateral)) {
    throw new Broken(
      "INV-STK-2",
      `lease ${id}: a fault of ${faultStart} counts on ${collateral}, then ${then}, now ${lease.collateral}`,
    );
  }
  lease.held += held;
  lease.heldOfThese += held;
  lease.aside += fee;
  lease.claimed += 1n;
  const { tenant, feeBps } = lease;
  lease.claims.push({ claimant, tenant, collateral, held, feeBps, faultStart, filedAt: now });
}

/** Held earnings are the claimant's again, or go on to provider and treasury; the penalty is what the fault adds. */
export function endClaim(
  id: string,
  lease: LeaseStory,
  args: Record<string, Plain>,
  { rest, market, fraction }: { rest: readonly ParsedLog[]; market: string; fraction: bigint | undefined },
): { claim: ClaimStory; penalty: bigint } {
  const amount = (field: string): bigint => args[field] as bigint;
  const [held, penalty] = [amount("held"), amount("penalty")];
  const index = lease.claims.findIndex((claim) => claim.claimant === args["claimant"]);
  const [claim] = index < 0 ? [] : lease.claims.splice(index, 1);
  if (claim?.held !== held) {
    throw new Broken("INV-DSP-4", `lease ${id}: ${held} leave for ${String(args["claimant"])}, ${claim?.held} joined`);
  }

  const upheld = args["upheld"] as boolean;
  const fee = upheld ? 0n : (held * claim.feeBps) / BPS;
  const due = new Tally();
  due.add(held - fee, upheld ? claim.claimant : lease.provider);
  due.add(fee, lease.treasury);
  let left = 0n;
  const settled = rest.find((log) => log.name === "Settled" && log.args["module"] === market);
  const entries = held === 0n ? [] : (Object.values(settled!.args)[2] as unknown as Entry[]);
  for (const { account, movement } of entries) {
    const { fromLock, toFree } = unpackMovement(movement);
    due.add(-toFree, account);
    lease.received.add(toFree, account);
    lease.due.add(toFree, lease.token, account);
    left += fromLock;
    if (fromLock !== 0n && account !== claim.claimant) {
      throw new Broken("INV-DSP-4", `lease ${id}: ${fromLock} left the lock of ${account}, not of ${claim.claimant}`);
    }
  }
  if (left !== held) throw new Broken("INV-DSP-4", `lease ${id}: ${left} left a lock, a claim held ${held}`);
  for (const [[account], missing] of due.entries()) {
    if (missing !== 0n) throw new Broken("INV-DSP-2", `lease ${id}: of held earnings, ${account} lacks ${missing}`);
  }

  if (upheld) lease.returned += held;
  if (!upheld && penalty > 0n) throw new Broken("INV-STK-2", `lease ${id}: ${penalty} for a claim that failed`);
  if (!upheld) return { claim, penalty };
  // What the service credit may still need is nobody else's until the lease is settled.
  const credit = (lease.collateral / MILLIONTH / 4n) * MILLIONTH;
  if (!lease.settled && penalty > 0n && lease.taken + penalty > lease.collateral - credit) {
    throw new Broken("INV-LSE-10", `lease ${id}: claims took ${lease.taken + penalty} of ${lease.collateral}`);
  }
  const told: [bigint, bigint] = [amount("punished"), amount("coveredUntil")];
  if (fraction !== undefined) checkPunished(id, lease, claim, fraction, [penalty, ...told]);
  [lease.punished, lease.coveredUntil] = told;
  return { claim, penalty };
}

/** A fault costs its fraction, or what that adds to what was punished of the same time, at most what is left. */
function checkPunished(
  id: string,
  { punished, coveredUntil, taken, collateral, settled }: LeaseStory,
  claim: ClaimStory,
  fractionBps: bigint,
  told: readonly bigint[],
): void {
  const within = claim.faultStart < coveredUntil;
  const part = (claim.collateral * fractionBps) / BPS;
  const before = within ? punished : 0n;
  const worth = part - (part % MILLIONTH) - before;
  const credit = settled ? 0n : (collateral / MILLIONTH / 4n) * MILLIONTH;
  const left = most(0n, collateral - credit - taken);
  const isNothing = within && worth <= 0n;
  const penalty = isNothing ? 0n : least(worth, left);
  const due = [penalty, isNothing ? punished : before + penalty, within ? coveredUntil : claim.filedAt];
  if (told.join() !== due.join()) {
    throw new Broken("INV-STK-5", `lease ${id}: penalty, sum and cover are ${told.join()}, not ${due.join()}`);
  }
}
