import { DUTY_KINDS } from "./duties";
import type { Fees } from "./fees";

/** What a transaction is for; `fill` only uses its nonce up, which later ones wait for. */
export const TRANSACTION_KINDS = [...DUTY_KINDS, "fill"] as const;
export type TransactionKind = (typeof TRANSACTION_KINDS)[number];

/** A duty that a transaction does. */
export interface DutyRef {
  readonly key: string;
  /** Chain time. */
  readonly dueAt: number;
  /** What it is paid in; undefined: it is not. */
  readonly token?: string | undefined;
  /** With the token, whose funds it settles: what a batch costs depends on how many those are. */
  readonly tenant?: string | undefined;
}

/** One signed transaction. It may be mined as long as its nonce is not used up, whatever was signed after it. */
export interface Attempt {
  readonly nonce: number;
  /** Counts the transactions signed with this nonce, from 0. */
  readonly attempt: number;
  readonly hash: string;
  /** Signed bytes, hexadecimal. */
  readonly raw: string;
  readonly kind: TransactionKind;
  readonly duties: readonly DutyRef[];
  readonly fees: Fees;
  readonly gasLimit: bigint;
  /** The newest block when it was signed. */
  readonly signedBlock: number;
  /** Whether a node took it at least once. One that was not taken may have been all the same: the answer may be lost. */
  readonly sent: boolean;
}

/** A nonce that is not used up, and all that was signed with it, oldest first; at least one. */
export interface Slot {
  readonly nonce: number;
  readonly attempts: readonly Attempt[];
}

/** The attempt of a slot that pays most: the one that the nodes should have. */
export function newest({ nonce, attempts }: Slot): Attempt {
  const last = attempts.at(-1);
  if (last === undefined) throw new Error(`nonce ${nonce} has no transaction`);
  return last;
}

/** What to do about a nonce that is not used up. */
export type SlotStep = "wait" | "broadcast" | "raise" | "fill" | "idle";

/** What else there is to know about a slot. */
export interface SlotFacts {
  /** Blocks on offer after which a transaction counts as stuck. */
  readonly bumpBlocks: number;
  /** How much of what its newest attempt does is still due. */
  readonly need: "all" | "some" | "none";
  /** Whether a later nonce waits for it. */
  readonly isFollowed: boolean;
  /** The block at which its newest attempt was last offered to the nodes. */
  readonly offeredAt: number;
}

/**
 * What to do about a slot whose nonce is not used up at block `head`:
 * - `broadcast`: no node is known to have taken its newest attempt;
 * - `raise`: that has been on offer for `bumpBlocks` or more; or no node is known to have it, and a part of it is done;
 * - `fill`: one of both, but nothing that it would do is needed any more, and a later nonce waits for it: a transaction
 *   that does nothing costs less;
 * - `idle`: the same where no later nonce waits: it is free for something else, for more than what has it.
 */
export function nextStep(slot: Slot, head: number, { bumpBlocks, need, isFollowed, offeredAt }: SlotFacts): SlotStep {
  const { sent, kind } = newest(slot);
  if (sent && head - offeredAt < bumpBlocks) return "wait";
  if (need === "none" && !isFollowed) return "idle";
  if (need === "none" && kind !== "fill") return "fill";
  return sent || need === "some" ? "raise" : "broadcast";
}

/** What the newest attempt of each slot does that is due, and that no lower one does: forks may open both again. */
export function neededOf(
  slots: readonly Slot[],
  isDue: (key: string) => boolean,
): ReadonlyMap<Slot, readonly DutyRef[]> {
  const covered = new Set<string>();
  return new Map(
    slots.map((slot) => {
      const { duties } = newest(slot);
      const needed = duties.filter(({ key }) => isDue(key) && !covered.has(key));
      for (const { key } of duties) covered.add(key);
      return [slot, needed];
    }),
  );
}

/** The lowest nonce from `next` on, the account's next one, that no slot has. */
export function freeNonce(next: number, slots: readonly Slot[]): number {
  const taken = new Set(slots.map(({ nonce }) => nonce));
  let nonce = next;
  while (taken.has(nonce)) nonce++;
  return nonce;
}
