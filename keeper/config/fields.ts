import { getAddress, isAddress, parseEther, parseUnits } from "ethers";
import { z } from "zod";

/**
 * How the values of variables are written. A message says what to write instead, and never repeats a value that may
 * hold a secret.
 */
const DECIMAL = /^\d{1,30}(\.\d{1,18})?$/;

/** Where the keeper remembers what it did: a file of its own, or a database that several keepers share. */
export type StoreLocation =
  { readonly type: "sqlite"; readonly path: string } | { readonly type: "postgres"; readonly url: string };

/** Where metrics and health are served. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** A whole number, within bounds. */
export const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `is no whole number: write ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `is out of bounds: write ${least} to ${most}`);

/** Seconds, with up to three digits behind the point. */
export const seconds = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}(\.\d{1,3})?$/, `is no number of seconds: write ${least} to ${most}, without a unit`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `is out of bounds: write ${least} to ${most} seconds`);

/** Native coin -> wei. */
export const coins = z
  .string()
  .regex(DECIMAL, 'is no amount of the native coin: write a number such as "0.0005"')
  .transform(parseEther);

/** A bound that an operator sets, or refuses in so many words -> wei, or "none". */
const bound = (pattern: RegExp, wrong: string, parse: (text: string) => bigint) =>
  z
    .string()
    .regex(new RegExp(`^none$|${pattern.source}`), wrong)
    .transform((text): bigint | "none" => (text === "none" ? "none" : parse(text)))
    .refine((value) => value !== 0n, 'would let nothing be sent: write more than 0, or "none"');

/** Gwei, or "none". */
export const mostGwei = bound(
  /^\d{1,12}(\.\d{1,9})?$/,
  'is no fee in gwei: write a number such as "50", or "none"',
  (text) => parseUnits(text, "gwei"),
);

/** Native coin, or "none". */
export const mostCoins = bound(
  DECIMAL,
  'is no amount of the native coin: write a number such as "0.5", or "none"',
  parseEther,
);

export const onOff = z
  .enum(["on", "off"], { error: 'is neither "on" nor "off": write one of them' })
  .transform((value) => value === "on");

/** Something in words of its own: a path. */
export const file = (what: string) => z.string().trim().min(1, `is empty: name ${what}`);

function entriesOf(text: string): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** What somebody wrote, unless it is as long as a key that went into the wrong variable. */
function quoted(entry: string): string {
  return /[0-9a-f]{64}/i.test(entry) ? "what is as long as a key" : `"${entry}"`;
}

const isHttp = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** `https://one/key,https://two`: endpoints, which are named by their places since they may hold keys. */
export const endpoints = z.string().transform((text, context) => {
  const found = entriesOf(text);
  if (found.length === 0) context.addIssue("is empty: write one or more http or https URLs with commas between them");
  if (found.length > MOST_ENDPOINTS) context.addIssue(`has ${found.length} endpoints: keep ${MOST_ENDPOINTS} at most`);
  found.forEach((entry, index) => {
    const which = found.length === 1 ? "" : `entry ${index + 1} `;
    if (!isHttp(entry)) context.addIssue(`${which}is no endpoint: write http:// or https:// and a host`);
    const first = found.indexOf(entry);
    if (first < index) context.addIssue(`entry ${index + 1} repeats entry ${first + 1}: it would vouch for itself`);
  });
  return found;
});
const MOST_ENDPOINTS = 16;

/** A path, or the URL of a PostgreSQL database. */
export const storeLocation = z.string().refine((text) => {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme === undefined) return true;
  return /^postgres(ql)?$/i.test(scheme) && URL.canParse(text) && new URL(text).pathname.length > 1;
}, "is no store: write the path of a file, or postgres://<user>:<password>@<host>/<database>, and signs such as @ and / in the password percent-encoded");

const notAnAddress = (text: string): string =>
  `${quoted(text)} is no address: write 0x and 40 hexadecimal digits, with a correct checksum or none`;

/** `0x...` */
export const address = z
  .string()
  .trim()
  .refine(isAddress, { error: ({ input }) => notAnAddress(String(input)) })
  .transform(getAddress);

/** `0x...,0x...` */
export const addresses = z.string().transform((text, context): readonly string[] => {
  const found = entriesOf(text);
  for (const entry of found) if (!isAddress(entry)) context.addIssue(notAnAddress(entry));
  return [...new Set(found.filter(isAddress).map(getAddress))];
});

/** `0x...=0.0004,0x...=1`: what a whole token is worth, in native coin -> wei by token. */
export const prices = z.string().transform((text, context): ReadonlyMap<string, bigint> => {
  const found = new Map<string, bigint>();
  for (const entry of entriesOf(text)) {
    const [token = "", value = ""] = entry.split("=").map((part) => part.trim());
    if (!isAddress(token) || !DECIMAL.test(value)) {
      context.addIssue(`${quoted(entry)} is no price: write <token address>=<native coin per whole token>`);
    } else if (found.has(getAddress(token))) {
      context.addIssue(`${token} has two prices: keep one of them`);
    } else {
      found.set(getAddress(token), parseEther(value));
    }
  }
  return found;
});

/** `127.0.0.1:9464`, `[::1]:9464`. */
export const listenAddress = z.string().transform((text, context): ListenAddress => {
  const [, bracketed, plain, digits = ""] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(digits) > 65_535) {
    context.addIssue('is no address to listen at: write <host>:<port>, such as "127.0.0.1:9464"');
  }
  return { host: host ?? "", port: Number(digits) };
});
