import { statSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { readText, TextError } from "../../sdk/text";
import { account, type Environment, rpc, text } from "./config";
import { Failure } from "./failure";

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
/** Words that mean something where an address may stand. */
const TAKEN = new Set(["all", "none", "self"]);
const WRITABLE_BY_ALL = 0o002;

const name = z
  .string()
  .refine((value) => NAME.test(value), "is no name: begin with a letter; letters, digits, - and _ follow, 32 in all")
  .refine((value) => !TAKEN.has(value.toLowerCase()), "is a word of the command line: choose another name");

const NO_KEY = "a key or password never stands in this file: name a keystore and, if need be, a passwordFile";

const fileSchema = z.strictObject({
  profiles: z
    .record(
      name,
      z.strictObject({
        rpc: rpc.optional(),
        book: text.optional(),
        keystore: text.optional(),
        passwordFile: text.optional(),
        from: text.optional(),
        confirmations: z.number().optional(),
        timeout: text.optional(),
        maxFee: text.optional(),
        priorityFee: text.optional(),
      }),
    )
    .default({}),
  addresses: z.record(name, account).default({}),
});

/** Named networks and accounts, and names for addresses. */
export interface Profiles {
  /** Where they are read; undefined: there is no directory for it. */
  readonly file: string | undefined;
  readonly profiles: z.output<typeof fileSchema>["profiles"];
  readonly addresses: ReadonlyMap<string, string>;
}

/**
 * The file of profiles, in the directory for settings (XDG_CONFIG_HOME, or .config of HOME). A relative directory does not
 * count, as that standard says: nothing is ever read of the directory that somebody happens to be in.
 */
export function profilesFile(env: Environment): string | undefined {
  const { XDG_CONFIG_HOME: given = "", HOME: home = "" } = env;
  if (path.isAbsolute(given)) return path.join(given, "leasehold", "profiles.json");
  return path.isAbsolute(home) ? path.join(home, ".config", "leasehold", "profiles.json") : undefined;
}

function contentOf(file: string): string | undefined {
  try {
    if (process.platform !== "win32" && (statSync(file).mode & WRITABLE_BY_ALL) !== 0) {
      throw new Failure("configuration", `${file} can be written by everybody: take that away with chmod o-w ${file}`);
    }
    return readText(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof TextError) throw new Failure("configuration", `${file} ${error.message}`);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Failure("configuration", `${file} cannot be read (${code ?? message})`);
  }
}

/** What is wrong, and where; never a value, which may be what has no place here. */
function faultsOf(error: z.ZodError): string {
  return error.issues
    .map((issue) => {
      const at = issue.path.map(String).join(": ");
      if (issue.code === "unrecognized_keys") {
        const secret = issue.keys.some((key) => /key|password|secret|mnemonic|seed/i.test(key));
        return `${at === "" ? "" : `${at}: `}${issue.keys.join(", ")} is no setting${secret ? `; ${NO_KEY}` : ""}`;
      }
      const [inner] = issue.code === "invalid_key" ? issue.issues : [];
      return `${at} ${inner?.message ?? issue.message}`.trim();
    })
    .join("\n");
}

/** Reads and checks the whole file; there need be none. Paths in it are relative to it, or begin with ~/. */
export function readProfiles(env: Environment): Profiles {
  const file = profilesFile(env);
  const content = file === undefined ? undefined : contentOf(file);
  if (file === undefined || content === undefined) return { file, profiles: {}, addresses: new Map() };
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    throw new Failure("configuration", `${file} is no JSON`);
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) throw new Failure("configuration", `${file}: ${faultsOf(parsed.error)}`);
  const { profiles, addresses } = parsed.data;
  const located = Object.entries(profiles).map(([each, profile]): [string, typeof profile] => {
    const paths = (["book", "keystore", "passwordFile"] as const).flatMap((field) => {
      const value = profile[field];
      return value === undefined ? [] : [[field, locate(value, path.dirname(file), env["HOME"])]];
    });
    return [each, { ...profile, ...(Object.fromEntries(paths) as typeof profile) }];
  });
  return { file, profiles: Object.fromEntries(located), addresses: new Map(Object.entries(addresses)) };
}

function locate(value: string, directory: string, home: string | undefined): string {
  if (value.startsWith("~/") && home !== undefined) return path.join(home, value.slice(2));
  return path.resolve(directory, value);
}

/**
 * Options of the command line, and behind them those of the profile that `--profile` names. A keystore that is asked for
 * is not opened with the password of the profile's, nor is it another account's.
 */
export function withProfile(
  options: Readonly<Record<string, unknown>>,
  read: () => Profiles,
): Readonly<Record<string, unknown>> {
  const { profile: asked, ...typed } = options;
  const { from } = typed;
  // Without a name there is nothing to look up, and no file to read.
  if (asked === undefined && (typeof from !== "string" || !NAME.test(from))) return typed;
  const { file, profiles, addresses } = read();
  const behind = typeof asked === "string" ? { ...profiles[asked] } : {};
  if (typeof asked === "string" && profiles[asked] === undefined) {
    const known = Object.keys(profiles);
    const there = known.length === 0 ? "there are none" : `there are ${known.join(", ")}`;
    throw new Failure("configuration", `--profile ${asked} is not in ${file ?? "any file: set HOME"}; ${there}`);
  }
  if (typed["keystore"] !== undefined) {
    delete behind.passwordFile;
    delete behind.from;
  }
  const all: Record<string, unknown> = { ...behind, ...typed };
  const acting = all["from"];
  return typeof acting === "string" ? { ...all, from: addresses.get(acting) ?? acting } : all;
}

/** The address that a name has in the file; what is no name of it is handed back as it is. */
export function addressNamed(typed: string, read: () => Profiles): string {
  return NAME.test(typed) && !TAKEN.has(typed.toLowerCase()) ? (read().addresses.get(typed) ?? typed) : typed;
}
