import { unpackMovement } from "../../helpers/words";
import type { ParsedLog } from "../driver/chain";
import { least, most, type Plain, Tally } from "../model/plain";
import { Broken } from "./broken";
import type { LeaseStory } from "./stories";

const X32 = 2n ** 32n;
const BPS = 10_000n;
const MILLIONTH = 10n ** 12n;

/** A claim that has not ended. */
export interface ClaimStory {
  readonly slasher: string;
  readonly claimant: string;
  /** Of the lease when it was filed. */
  readonly tenant: string;
  readonly collateral: bigint;
  readonly held: bigint;
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
  slasher: string;
  now: bigint;
  live(from: bigint): bigint;
}

/** A claim holds what was earned since its fault began and not collected, for the tenant alone (INV-DSP-2). */
export function openClaim(
  id: string,
  lease: LeaseStory,
  args: Record<string, Plain>,
  { slasher, now, live }: Opened,
): void {
  const { held, fee, faultStart } = args as { held: bigint; fee: bigint; faultStart: bigint };
  const claimant = args["claimant"] as string;
  const broken = (why: string): never => {
    throw new Broken("INV-DSP-2", `lease ${id}: a claim of ${claimant} holds ${held}, ${why}`);
  };
  if (lease.released) throw new Broken("INV-STK-5", `lease ${id}: a claim after the release`);
  if (held > 0n && claimant !== lease.tenant) broken("who is not its tenant");
  const sinceFault = (lease.rate * live(faultStart)) / X32 + 1n;
  if (held > sinceFault) broken(`${sinceFault} were earned since the fault`);
  const earned = lease.earnedBefore + (lease.rate * live(lease.since)) / X32;
  const net = earned - (earned * lease.feeBps) / BPS;
  const gone = lease.paidOfThese + lease.heldOfThese - lease.aside;
  if (held - fee > net - gone) broken(`${net - gone} were not collected`);
  lease.held += held;
  lease.heldOfThese += held;
  lease.aside += fee;
  const { tenant, collateral } = lease;
  lease.claims.push({ slasher, claimant, tenant, collateral, held, faultStart, filedAt: now });
}

/** Held earnings go back to the claimant, or on to provider and treasury; the penalty is what the fault adds. */
export function endClaim(
  id: string,
  lease: LeaseStory,
  args: Record<string, Plain>,
  { rest, market, fraction }: { rest: readonly ParsedLog[]; market: string; fraction: bigint | undefined },
): { claim: ClaimStory; penalty: bigint } {
  const amount = (field: string): bigint => args[field] as bigint;
  const [held, penalty] = [amount("held"), amount("penalty")];
  const index = lease.claims.findIndex((claim) => claim.claimant === args["claimant"] && claim.held === held);
  const [claim] = index < 0 ? [] : lease.claims.splice(index, 1);
  if (claim === undefined) throw new Broken("INV-DSP-2", `lease ${id}: ${held} returned, which no claim held`);

  const upheld = args["upheld"] as boolean;
  const fee = upheld ? 0n : (held * lease.feeBps) / BPS;
  const due = new Tally();
  due.add(held - fee, upheld ? claim.claimant : lease.provider);
  due.add(fee, lease.treasury);
  const settled = rest.find((log) => log.name === "Settled" && log.args["module"] === market);
  const entries = held === 0n ? [] : (Object.values(settled!.args)[2] as unknown as Entry[]);
  for (const { account, movement } of entries) {
    const { fromLock, toFree } = unpackMovement(movement);
    due.add(-toFree, account);
    lease.received.add(toFree, account);
    if (fromLock !== 0n && (account !== claim.slasher || fromLock !== held)) {
      throw new Broken("INV-DSP-2", `lease ${id}: ${fromLock} left the lock of ${account}, a claim held ${held}`);
    }
  }
  for (const [[account], left] of due.entries()) {
    if (left !== 0n) throw new Broken("INV-DSP-2", `lease ${id}: of held earnings, ${account} lacks ${left}`);
  }

  if (!upheld && penalty > 0n) throw new Broken("INV-STK-2", `lease ${id}: ${penalty} for a claim that failed`);
  if (!upheld) return { claim, penalty };
  const told: [bigint, bigint] = [amount("punishedBps"), amount("coveredUntil")];
  if (fraction !== undefined) checkPunished(id, lease, claim, fraction, [penalty, ...told]);
  [lease.punishedBps, lease.coveredUntil] = told;
  return { claim, penalty };
}

/** A fault costs its fraction, or what that adds to what was punished of the same time, at most what is left. */
function checkPunished(
  id: string,
  { punishedBps, coveredUntil, taken, collateral }: LeaseStory,
  claim: ClaimStory,
  fractionBps: bigint,
  told: readonly bigint[],
): void {
  const within = claim.faultStart < coveredUntil;
  const added = fractionBps - (within ? punishedBps : 0n);
  const worth = (claim.collateral * most(0n, added)) / BPS;
  const penalty = least(worth - (worth % MILLIONTH), collateral - taken);
  const due = [penalty, added > 0n ? fractionBps : punishedBps, within ? coveredUntil : claim.filedAt];
  if (told.join() !== due.join()) {
    throw new Broken("INV-STK-5", `lease ${id}: penalty, fraction and cover are ${told.join()}, not ${due.join()}`);
  }
}
