import { getAddress, isAddress, ZeroAddress } from "ethers";
import { z } from "zod";

import { parseDisputeId, parseLeaseId, parseOfferId } from "../../sdk/ids";
import { decimalText, parseDuration, parsePrice, UnitError } from "../../sdk/units";
import { takesNames } from "./addressNames";

/** A text that `parse` turns into a value, or refuses with a UnitError. */
export function parsed<T>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });
}

/** An amount; its token decides how many decimals it may have, so it stays a text. */
export const amount = parsed((text) => decimalText(text));

/** An amount, or "all". */
export const amountOrAll = parsed((text) => (text === "all" ? "all" : decimalText(text)));

export const price = parsed(parsePrice);
/** A length of time; zero where that means something. */
export const durationOrZero = parsed(parseDuration);
export const duration = parsed((text) => {
  const seconds = parseDuration(text);
  if (seconds === 0) throw new UnitError(`"${text}" is no time at all: write more than 0`);
  return seconds;
});

/** A text that says something. */
export const someText = z.string().refine((text) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(text), {
  error: "is empty: write it, or leave the option out",
});

/** What people will read of a proposal. The governor reads its last line: a proposer in it keeps all others from proposing it. */
export const proposalText = someText.refine((text) => !/#proposer=/i.test(text), {
  error: "names a proposer: the last line does so by itself; leave #proposer= out",
});
export const offerId = parsed(parseOfferId);
export const leaseId = parsed(parseLeaseId);

/** A dispute as a person names it: by itself, or by its lease where that leaves one. */
export type Named = { readonly dispute: bigint } | { readonly lease: bigint };

/** A dispute as 7-12/0x..., or the lease that it is about. */
export const disputeOrLease = parsed((text): Named => {
  return text.includes("/") ? { dispute: parseDisputeId(text) } : { lease: parseLeaseId(text) };
});

/** A second: so many seconds ago, or by the calendar, in Unix seconds. */
export type Instant = { readonly ago: number } | { readonly at: number };

/** "2h", "2h ago", "2026-11-21T03:00", "2026-11-21 03:00:00 UTC", or Unix seconds. */
export const instant = parsed((text): Instant => {
  const trimmed = text.trim();
  if (/^\d{9,11}$/.test(trimmed)) return { at: Number(trimmed) };
  const [, day, minute, second = ":00"] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(?:\.0+)?\s*(?:UTC|Z)?$/i.exec(trimmed) ?? [];
  if (day === undefined || minute === undefined) return { ago: parseDuration(trimmed.replace(/\s+ago$/, "")) };
  const written = `${day}T${minute}${second}`;
  const milliseconds = Date.parse(`${written}Z`);
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(written)) {
    throw new UnitError(`"${text}" is no time of the calendar`);
  }
  return { at: milliseconds / 1_000 };
});

/** An address, or a name of one: names are replaced before this checks it. */
export const address = takesNames(
  parsed((text) => {
    if (isAddress(text)) return getAddress(text);
    throw new UnitError(`"${text}" is no address: write 0x and 40 hexadecimal digits with a correct checksum`);
  }),
);

/** An address, or "none", which is zero. */
export const addressOrNone = takesNames(
  parsed((text) => {
    if (text === "none" || text === ZeroAddress) return ZeroAddress;
    if (isAddress(text)) return getAddress(text);
    throw new UnitError(`"${text}" is no address: write 0x and 40 hexadecimal digits with a correct checksum, or none`);
  }),
);

/** A whole number from `least` to `most`. */
export function whole(what: string, least: number, most = 2 ** 32 - 1): z.ZodType<number, string> {
  return parsed((text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new UnitError(`"${text}" is no number of ${what}: write a whole number, ${least} to ${most}`);
  });
}

/** A token by symbol or address. */
export const token = z.string().trim().min(1);
export const TOKEN_OPTION = [
  "--token <symbol|address>",
  "payment token (default: the only one that is listed)",
] as const;

/** Options that describe one unit. */
export const RESOURCE_OPTIONS = [
  ["--cpu <n>", "virtual CPUs, such as 8 or 0.5"],
  ["--memory <size>", "such as 512MiB or 32GiB"],
  ["--disk <size>", "such as 100GiB or 2TiB"],
  ["--bandwidth <rate>", "such as 100Mbps or 1Gbps"],
  ["--gpu <model:count>", "such as h100:1"],
  ["--region <name>", "such as eu-central"],
  ["--attributes <names>", "such as ecc,nvme"],
] as const;

/** The fields of RESOURCE_OPTIONS, for `parseResources`. */
export const resourceTexts = {
  cpu: someText.optional(),
  memory: someText.optional(),
  disk: someText.optional(),
  bandwidth: someText.optional(),
  gpu: someText.optional(),
  region: someText.optional(),
  attributes: someText.optional(),
};

/** Units of an offer or order: 24 bits. */
export const units = (least: number): z.ZodType<number, string> => whole("units", least, 2 ** 24 - 1);
