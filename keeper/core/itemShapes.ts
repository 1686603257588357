/**
 * What the keeper remembers: plain JSON, so that a store keeps it as text. Instants and durations are seconds of the
 * chain; lease ids and amounts, which may pass 2^53, are decimals.
 */
import { z } from "zod";

import { GapError } from "./gap";
import type { Item } from "./rules";

const decimal = z.string().regex(/^\d+$/);
const natural = z.number().int().nonnegative();
const block = z.object({ number: natural, hash: z.string() });

const terms = z.object({ type: z.literal("terms"), activationWindow: natural });

const listing = z.object({ type: z.literal("listing"), token: z.string(), bounty: decimal });

/** A standing order that can still be carried out. */
const order = z.object({ period: natural, count: natural.min(1), maxBounty: decimal, fallbacks: natural });

/** A lease that has not ended. */
const lease = z.object({
  type: z.literal("lease"),
  id: decimal,
  tenant: z.string(),
  token: z.string(),
  /** For ending it. */
  bounty: decimal,
  /** For renewing it: what the last renewal paid, or the bounty of its listing. The token's present one may be another. */
  renewBounty: decimal,
  duration: natural,
  /** From its opening until anyone may cancel it. */
  patience: natural,
  /** Pending: the block that it was opened in, until that block's time is known. */
  openedIn: block.optional(),
  openedAt: natural.optional(),
  startedAt: natural.optional(),
  /** Its provider gave notice: it is never renewed, and its order is for failover alone. */
  noticed: z.boolean().optional(),
  order: order.optional(),
  /** An end that the contracts told of, and no log: what depends on the end is tried as if it were this one, too. */
  seenEnd: natural.optional(),
  /** No log told of its opening, only the contracts, or a later log. */
  isSeenOnly: z.boolean().optional(),
  /** A later log named it, and the contracts were not asked yet: nothing but its id is known, and perhaps its order. */
  isNamedOnly: z.boolean().optional(),
});

/** What a provider that this keeper serves has in a lease, from its start until its collateral is back. */
const yieldOf = z.object({
  type: z.literal("yield"),
  id: decimal,
  tenant: z.string(),
  provider: z.string(),
  token: z.string(),
  duration: natural,
  startedAt: natural.optional(),
  /** The block that the provider was paid in last, until that block's time is known. */
  paidIn: block.optional(),
  paidAt: natural.optional(),
  endedAt: natural.optional(),
  settled: z.boolean(),
  openClaims: natural,
  /** What the contracts told of it, and no log: it is collected when it is due by that, too. */
  seen: z
    .object({
      duration: natural.optional(),
      startedAt: natural.optional(),
      endedAt: natural.optional(),
      settled: z.boolean().optional(),
      openClaims: natural.optional(),
    })
    .optional(),
  /** No log told of it, only the contracts. */
  isSeenOnly: z.boolean().optional(),
});

const openPhase = z.enum(["Filed", "Answered", "Decided", "Appealed", "Final", "Executed"]);

const dispute = z.object({
  type: z.literal("dispute"),
  id: decimal,
  phase: openPhase,
  /** The block that it entered the phase in, until that block's time is known. */
  movedIn: block.optional(),
  since: natural.optional(),
  /** A phase that the contracts told of, and no log: what is due in it is tried, too. */
  seen: z.object({ phase: openPhase, since: natural }).optional(),
});

const anyItem = z.discriminatedUnion("type", [terms, listing, lease, yieldOf, dispute]);

export type AnyItem = z.infer<typeof anyItem>;
export type ItemOf<Type extends AnyItem["type"]> = Extract<AnyItem, { type: Type }>;

/** The item that a store gave back; fails with a GapError where it is none, so that the chain is asked again. */
export function parseItem(item: Item): AnyItem {
  const parsed = anyItem.safeParse(item);
  if (!parsed.success)
    throw new GapError(`the store holds something that is no item: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** An item of one type, or nothing; fails with a GapError where it is of another. */
export function itemAs<Type extends AnyItem["type"]>(item: Item | undefined, type: Type): ItemOf<Type> | undefined {
  if (item === undefined) return undefined;
  const parsed = parseItem(item);
  if (parsed.type !== type) throw new GapError(`the store holds a ${parsed.type} where a ${type} should be`);
  return parsed as ItemOf<Type>;
}
