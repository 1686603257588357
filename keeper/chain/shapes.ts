/** What nodes answer, checked and brought into one form: checksummed addresses, all else in lower case. */
import { createHash } from "node:crypto";

import type { LogParams } from "ethers";
import { z } from "zod";

import { checksummed } from "./checksum";

import type { Header } from "./api";

/** More blocks than are ever asked for at once. */
const MOST_HISTORY = 1_024;

const bytes = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * length}}$`), `must be ${length} bytes`)
    .transform((text) => text.toLowerCase());

export const hash = bytes(32);

export const data = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/, "must be bytes")
  .transform((text) => text.toLowerCase());

export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "must be an address")
  .transform(checksummed);

export const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, "must be a quantity")
  .transform((text) => BigInt(text));

/** A quantity that fits a number. */
export const count = quantity
  .refine((value) => value <= BigInt(Number.MAX_SAFE_INTEGER), "is too large a number")
  .transform(Number);

const header = z
  .object({
    number: count,
    hash,
    parentHash: hash,
    timestamp: count,
    gasLimit: quantity,
    baseFeePerGas: quantity.nullish(),
    logsBloom: bytes(256),
  })
  .transform(({ baseFeePerGas, ...rest }): Header => ({ ...rest, baseFeePerGas: baseFeePerGas ?? undefined }));

/** A block without its transactions, or null: there is none (any more). */
export const block = z.union([z.null(), header]);

const log = z
  .object({
    address,
    topics: z.array(hash).max(4),
    data,
    blockNumber: count,
    blockHash: hash,
    transactionHash: hash,
    transactionIndex: count,
    logIndex: count,
    removed: z.boolean().nullish(),
  })
  .transform(({ logIndex, removed, ...rest }): LogParams => ({ ...rest, index: logIndex, removed: removed ?? false }));

export const logs = z.array(log);

/** A receipt, or null: not mined. The L1 data fee is how rollups of the OP stack report it. */
export const receipt = z.union([
  z.null(),
  z
    .object({
      transactionHash: hash,
      blockNumber: count,
      blockHash: hash,
      status: quantity.refine((value) => value <= 1n, "must be 0 or 1"),
      gasUsed: quantity,
      effectiveGasPrice: quantity.nullish(),
      l1Fee: quantity.nullish(),
      logs,
      logsBloom: bytes(256).nullish(),
    })
    .transform(({ transactionHash, status, effectiveGasPrice, l1Fee, gasUsed, ...rest }) => ({
      ...rest,
      hash: transactionHash,
      reverted: status === 0n,
      gasUsed,
      feePaid: typeof effectiveGasPrice !== "bigint" ? undefined : gasUsed * effectiveGasPrice + (l1Fee ?? 0n),
    })),
]);

/** A fee, as far as it can be understood: a node that says nothing sensible about fees may be sound in all else. */
export const fee = quantity.optional().catch(undefined);

/** What recent blocks paid, oldest first, likewise; nodes may know of fewer blocks than were asked for. */
export const feeHistory = z
  .object({ gasUsedRatio: z.array(z.number()), reward: z.array(z.array(quantity)) })
  .refine(({ reward }) => reward.length <= MOST_HISTORY)
  .optional()
  .catch(undefined);

/** One text for equal answers, whatever order nodes write their fields in. */
export function fingerprint(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_, field: unknown) => {
    if (typeof field === "bigint") return `${field}n`;
    if (typeof field !== "object" || field === null || Array.isArray(field)) return field;
    return Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return text ?? "nothing";
}

/** As `fingerprint`, but never long: of a long text the beginning, for people, and a hash. */
export function shortFingerprint(value: unknown): string {
  const text = fingerprint(value);
  if (text.length <= LONG) return text;
  // A copy, which does not hold on to the whole text.
  const beginning = Buffer.from(text.slice(0, LONG)).toString();
  return `${beginning}... ${createHash("sha256").update(text).digest("hex")}`;
}

const LONG = 1_000;
