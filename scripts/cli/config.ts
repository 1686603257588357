import { getAddress, isAddress, parseUnits } from "ethers";
import { z } from "zod";

import { secretsOfEndpoint } from "../../sdk/endpoints";
import { withoutCarriageReturns } from "../../sdk/text";
import { parseDuration } from "../../sdk/units";
import { Failure } from "./failure";
import { parsed } from "./inputs";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Options that every command takes. */
export const GLOBAL_OPTIONS = [
  ["--profile <name>", "network and account out of your file of profiles: see leasehold profiles"],
  ["--rpc <url>", "JSON-RPC endpoint (LEASEHOLD_RPC; default http://127.0.0.1:8545)"],
  ["--book <path>", "address book (LEASEHOLD_BOOK; default: the one of the package)"],
  ["--keystore <path>", "encrypted key, as cast and geth write it (LEASEHOLD_KEYSTORE)"],
  ["--password-file <path>", "file with the keystore's password (LEASEHOLD_PASSWORD_FILE, LEASEHOLD_PASSWORD)"],
  ["--from <address>", "act as this account without its key: to read, and with --dry-run"],
  ["--dry-run", "simulate and show what would be sent; send nothing"],
  ["--safe-batch <file>", "write what would be sent as a batch for the Safe of --from; send nothing"],
  ["--yes", "go on without asking, before what cannot be undone, too: for scripts"],
  ["--json", "one JSON document on stdout, errors as JSON on stderr"],
  ["--confirmations <n>", "blocks to wait for, the transaction's own included (default 1)"],
  ["--timeout <duration>", "how long to wait for a transaction, 1s to 7d (default 5m)"],
  ["--max-fee <gwei>", "most to pay for a gas; what is not mined is sent again for more, up to it (LEASEHOLD_MAX_FEE)"],
  [
    "--priority-fee <gwei>",
    "what to pay on top of the base fee (LEASEHOLD_PRIORITY_FEE; default: what the node suggests)",
  ],
] as const;

export const text = z.string().trim().min(1, "is empty");

export const account = text.transform((value, context) => {
  if (isAddress(value)) return getAddress(value);
  context.addIssue("is no address: write 0x and 40 hexadecimal digits with a correct checksum");
  return z.NEVER;
});

export const rpc = text.refine((value) => /^https?:\/\/[^\s]+$/.test(value) && URL.canParse(value), {
  error: "is no endpoint: write http:// or https:// and a host",
});

const duration = text.pipe(parsed(parseDuration)).pipe(
  z
    .number()
    .min(1, "is less than 1s")
    .max(7 * 86_400, "is more than 7d"),
);

/** "12.5" or "12.5gwei" -> wei. */
const gwei = text.transform((value, context) => {
  const digits = /^(\d{1,9}(?:\.\d{1,9})?)\s*(?:gwei)?$/i.exec(value)?.[1];
  if (digits !== undefined) return parseUnits(digits, "gwei");
  context.addIssue("is no price of gas: write gwei, such as 30 or 0.05");
  return z.NEVER;
});

const schema = z
  .object({
    rpc: rpc.default("http://127.0.0.1:8545"),
    book: text.optional(),
    /** Hexadecimal, from the environment only: a command line is visible to every process of the machine. */
    key: text.regex(/^(0x)?[0-9a-fA-F]{64}$/, "is no private key: 64 hexadecimal digits are expected").optional(),
    keystore: text.optional(),
    password: z.string().optional(),
    passwordFile: text.optional(),
    from: account.optional(),
    dryRun: z.boolean().default(false),
    /** Where the calls go instead of the chain. */
    safeBatch: text.optional(),
    /** Nobody is asked. */
    yes: z.boolean().default(false),
    json: z.boolean().default(false),
    confirmations: z.coerce
      .number("is no number")
      .int("is no whole number")
      .min(1, "is less than 1")
      .max(256, "is more than 256")
      .default(1),
    /** Seconds. */
    timeout: duration.default(300),
    /** Wei per gas. */
    maxFee: gwei.optional(),
    priorityFee: gwei.optional(),
  })
  .superRefine((config, context) => {
    const both = (a: string, b: string): void => {
      context.addIssue({ code: "custom", path: [a], message: `is set, and ${nameOf(b)} too: choose one` });
    };
    if (config.key !== undefined && config.keystore !== undefined) both("key", "keystore");
    const { maxFee, priorityFee } = config;
    if (maxFee === 0n)
      context.addIssue({ code: "custom", path: ["maxFee"], message: "is zero: no transaction is that cheap" });
    else if (maxFee !== undefined && priorityFee !== undefined && priorityFee > maxFee) {
      const message = `is more than ${nameOf("maxFee")}, which it is a part of`;
      context.addIssue({ code: "custom", path: ["priorityFee"], message });
    }
    if (config.password !== undefined && config.passwordFile !== undefined) both("password", "passwordFile");
  });

/** Checked configuration of one run. */
export type Config = z.output<typeof schema>;

const VARIABLES = {
  rpc: "LEASEHOLD_RPC",
  book: "LEASEHOLD_BOOK",
  key: "LEASEHOLD_KEY",
  keystore: "LEASEHOLD_KEYSTORE",
  password: "LEASEHOLD_PASSWORD",
  passwordFile: "LEASEHOLD_PASSWORD_FILE",
  maxFee: "LEASEHOLD_MAX_FEE",
  priorityFee: "LEASEHOLD_PRIORITY_FEE",
} as const;

const FLAGS: Readonly<Record<string, string>> = {
  rpc: "--rpc",
  book: "--book",
  keystore: "--keystore",
  passwordFile: "--password-file",
  from: "--from",
  safeBatch: "--safe-batch",
  confirmations: "--confirmations",
  timeout: "--timeout",
  maxFee: "--max-fee",
  priorityFee: "--priority-fee",
};

function nameOf(field: string): string {
  const variable = VARIABLES[field as keyof typeof VARIABLES] as string | undefined;
  return [FLAGS[field], variable].filter(Boolean).join(" / ");
}

/**
 * Options of the command line first, then the environment, then defaults; checked whole, and every fault is named at
 * once. An option that contradicts a variable wins: a keystore that is asked for is not overruled by a key that is set.
 */
export function readConfig(options: Readonly<Record<string, unknown>>, env: Environment): Config {
  const raw: Record<string, unknown> = { ...options };
  const set = withoutCarriageReturns(env);
  for (const [field, variable] of Object.entries(VARIABLES)) {
    const value = set[variable];
    if (raw[field] === undefined && value !== undefined && value !== "") raw[field] = value;
  }
  if (options["keystore"] !== undefined) delete raw["key"];
  if (options["passwordFile"] !== undefined) delete raw["password"];
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${nameOf(String(path[0]))} ${message}`);
  throw new Failure("configuration", faults.join("\n"));
}

/** What no log and no error may show: the key, the password, and what an endpoint's address holds besides its host. */
export function secretsOf(config: Config): string[] {
  const hidden = [config.key?.replace(/^0x/, ""), config.password, ...secretsOfEndpoint(config.rpc)];
  return hidden.filter((secret): secret is string => secret !== undefined && secret !== "");
}
