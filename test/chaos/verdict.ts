import type { Deed, MinedTransaction } from "./oracle";
import { type Money, moneyOf, priceFaults } from "./money";
import type { Observed } from "./observed";
import type { JournalRow } from "./store";

/** What a run came to. */
export interface Verdict {
  /** Duties that were due, renewals each. */
  readonly due: number;
  /** Those that the keeper did. */
  readonly done: number;
  readonly lost: readonly string[];
  readonly double: readonly string[];
  /** Whether something was due at the end, and the keeper had done nothing since the last fault. */
  readonly stopped: boolean;
  readonly money: Money;
  /** Everything else that must not be. */
  readonly faults: readonly string[];
  /** What transactions named in vain, and why that is no fault. */
  readonly excused: ReadonlyMap<Excuse, number>;
  /** Transactions of the keeper in the final chain, and all that it ever broadcast. */
  readonly mined: number;
  readonly broadcast: number;
  /** The longest that a lease which had ended waited, blocks. */
  readonly lag: number;
}

/**
 * Why a mined transaction of the keeper did not do what it names: somebody else did it first; a fork put it before the
 * moment when it was due, or took back what an order relied on, like a heartbeat; or took back an earlier transaction that
 * did it, too, after this one was sent for the next time that it was due, and both were mined anew at once; the tenant was
 * faster, or made sure that it would do nothing; or the keeper had sent it before its journal was lost, and could not know.
 */
export type Excuse =
  | "rival was first"
  | "mined early by a fork"
  | "no longer possible"
  | "a fork changed what it relied on"
  | "brought together by a fork"
  | "sent before the journal was lost"
  | "poisoned by its tenant";

/** Times that a duty may be tried in vain because of its tenant: each time the keeper waits twice as long. */
const MOST_POISONED = 5;
/** Share of all gas that may go into what did nothing, where nobody else was first, percent. */
export const MOST_VAIN = 2n;

/** Compares chain, store and oracle. */
export function judge(seen: Observed): Verdict {
  const { reading, left } = seen;
  const own = reading.transactions;
  const hashes = new Set(own.map(({ hash }) => hash));
  const excused = new Map<Excuse, number>();
  const double: string[] = [];
  const faults: string[] = [];
  const byDuty = new Map<string, Deed[]>();
  for (const deed of reading.deeds) byDuty.set(deed.duty, [...(byDuty.get(deed.duty) ?? []), deed]);

  const beaten = new Map<string, number>();
  const poisoned = new Map<string, number>();
  for (const transaction of own) {
    const names = reading.named.get(transaction.hash) ?? [];
    if (new Set(names).size !== names.length) double.push(`${transaction.hash} names a duty twice`);
    for (const duty of names) {
      const deeds = byDuty.get(duty) ?? [];
      if (deeds.some(({ hash }) => hash === transaction.hash)) continue;
      const before = deeds.filter((deed) => isBefore(deed, transaction));
      const last = before.at(-1);
      const storeOf = (hash: string): number => seen.broadcasts.all.get(hash)?.store ?? seen.storesLost;
      if (last !== undefined && hashes.has(last.hash)) {
        const { hash, block } = last;
        if (storeOf(hash) !== storeOf(transaction.hash)) add(excused, "sent before the journal was lost");
        else if (wereBroughtTogether(seen, hash, transaction.hash)) add(excused, "brought together by a fork");
        else if (isDoneAgain(duty) && isEarly(seen, transaction)) add(excused, "mined early by a fork");
        else double.push(`${duty}: block ${block} (${hash}) and again ${transaction.block} (${transaction.hash})`);
      } else if (last !== undefined) {
        add(excused, "rival was first");
        if (!isForked(seen, transaction.hash)) add(beaten, duty);
      } else if (seen.poisoned.has(transaction.hash)) {
        add(excused, "poisoned by its tenant");
        add(poisoned, duty);
      } else if (isEarly(seen, transaction)) add(excused, "mined early by a fork");
      else if (reading.deeds.some(({ duty: other }) => other.endsWith(duty.slice(duty.indexOf(" "))))) {
        add(excused, "no longer possible");
      } else if (seen.forks > 0 && /^(renew|failOver) /.test(duty)) add(excused, "a fork changed what it relied on");
      else faults.push(`${duty}: ${transaction.hash} in block ${transaction.block} did nothing, for no reason`);
    }
  }
  for (const [duty, times] of beaten) {
    const wins = (byDuty.get(duty) ?? []).filter(({ hash }) => !hashes.has(hash)).length;
    if (times > wins) faults.push(`${duty}: tried ${times} times in vain, and others did it ${wins} times`);
  }
  for (const [duty, times] of poisoned) {
    if (times > MOST_POISONED) faults.push(`${duty}: tried ${times} times in vain, its tenant saw to that`);
  }
  faults.push(
    ...priceFaults(seen),
    ...feeFaults(seen),
    ...journalFaults(seen),
    ...nonceFaults(seen, own),
    ...stopFaults(seen),
  );
  const done = reading.deeds.filter(({ hash }) => hashes.has(hash)).length;
  return {
    due: reading.deeds.length + left.length,
    done,
    lost: left,
    double,
    stopped: left.length > 0 && !reading.deeds.some(({ hash, block }) => hashes.has(hash) && block >= seen.calmFrom),
    money: moneyOf(seen),
    faults,
    excused,
    mined: own.length,
    broadcast: seen.broadcasts.all.size,
    lag: seen.lag,
  };
}

/** Whether a fork took back what used up the nonce of the first one after the second one was sent. */
function wereBroughtTogether({ takenBack, broadcasts: { all } }: Observed, first: string, second: string): boolean {
  const sentAfter = all.get(second)?.forks;
  const attempts = [...all.values()].filter(({ hash, nonce }) => hash === first || nonce === all.get(first)?.nonce);
  return sentAfter !== undefined && attempts.some(({ hash }) => (takenBack.get(hash) ?? 0) > sentAfter);
}

/** Whether a duty is due again and again: only then can one that was sent later have been for another time. */
function isDoneAgain(duty: string): boolean {
  return /^(renew|collect) /.test(duty);
}

/** Whether a fork put a transaction before the moment when it was sent. */
function isEarly({ broadcasts }: Observed, { hash, time }: MinedTransaction): boolean {
  return time <= (broadcasts.all.get(hash)?.headTime ?? 0);
}

/** Whether a fork took a transaction back: then it was sent at another moment than its block says. */
function isForked({ takenBack }: Observed, hash: string): boolean {
  return takenBack.has(hash);
}

function isBefore(deed: Deed, { block, transactionIndex }: MinedTransaction): boolean {
  return deed.block < block || (deed.block === block && deed.index < transactionIndex);
}

function feeFaults({ broadcasts, cap }: Observed): string[] {
  return [...broadcasts.all.values()]
    .filter(({ maxFee, priorityFee }) => maxFee > cap || priorityFee > cap)
    .map(({ hash, maxFee }) => `${hash} offers ${maxFee} wei per gas, above the cap`);
}

/** Nobody may hear of a transaction before it is written down. */
function journalFaults({ broadcasts }: Observed): string[] {
  return [...broadcasts.all.values()]
    .filter(({ journalled }) => journalled !== true)
    .map(({ hash, nonce, journalled }) => {
      return `${hash} (nonce ${nonce}) was broadcast ${journalled === false ? "before it was in the journal" : "while the journal could not be read"}`;
    });
}

function nonceFaults(seen: Observed, own: readonly MinedTransaction[]): string[] {
  const journal = seen.store.journal(seen.account);
  if (journal === undefined) return ["the store cannot be read at the end"];
  const known = new Map(journal.map((row) => [row.hash, row]));
  const next = Math.max(-1, ...own.map(({ nonce }) => nonce)) + 1;
  const faults: string[] = [];
  for (const { hash, nonce, block } of own) {
    if (seen.foreign.has(hash)) continue;
    const row = known.get(hash);
    const broadcast = seen.broadcasts.all.get(hash);
    if (broadcast === undefined) faults.push(`nonce ${nonce}: ${hash} was mined, and no endpoint saw it`);
    else if (row === undefined && broadcast.store === seen.storesLost) {
      faults.push(`nonce ${nonce}: ${hash} was mined, and the journal does not know it`);
    } else if (row !== undefined && row.mined_block !== null && !isKnownToBeIn(block, row, seen)) {
      faults.push(`nonce ${nonce}: ${hash} was mined in block ${block}, the journal says ${row.mined_block}`);
    }
  }
  for (const { hash, nonce, mined_block: minedBlock } of journal) {
    if (minedBlock === null && nonce < next) faults.push(`nonce ${nonce}: used up, but open in the journal (${hash})`);
    if (minedBlock === null && nonce >= next) faults.push(`nonce ${nonce}: signed (${hash}) and never mined`);
  }
  const due = seen.store.due(seen.head.timestamp);
  if (due !== 0 && seen.left.length === 0)
    faults.push(`the store believes ${due ?? "nobody knows how many"} duties to be due`);
  return faults;
}

/**
 * Whether the journal has a transaction in its block. It keeps the block that it counted for good: only a fork deeper than
 * the keeper was told to be ready for can change that. Where one of two endpoints has no receipts, nobody can know that a
 * transaction was this keeper's: then it has the nonce as a stranger's, from when that was noticed.
 */
function isKnownToBeIn(block: number, row: JournalRow, { scenario, deepestFork }: Observed): boolean {
  if (row.counted === 1 && deepestFork > scenario.reorgDepth) return true;
  const isDoubtful = scenario.endpoints === 2 && scenario.lasting.some(({ kind }) => kind === "null receipts");
  if (isDoubtful && row.outcome === "foreign") return (row.mined_block ?? 0) >= block;
  return row.mined_block === block;
}

function stopFaults({ stop, ends }: Observed): string[] {
  const faults: string[] = [];
  if (stop.code !== 0) faults.push(`SIGTERM: ended with ${stop.code}`);
  if (stop.ms > 5_000) faults.push(`SIGTERM: took ${stop.ms} ms`);
  const crashes = ends.filter((code) => code !== 1);
  if (crashes.length > 0) faults.push(`ended by itself with ${crashes.join(", ")}`);
  return faults;
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
