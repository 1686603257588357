import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { homedir, hostname } from "node:os";
import path from "node:path";

import { z } from "zod";

import type { Environment } from "../config";
import { Failure } from "../failure";

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);

const entrySchema = z.object({
  version: z.literal(1),
  chainId: z.number(),
  account: z.string(),
  nonce: z.number().int().min(0),
  hash,
  /** Signed, as it is broadcast: it can be broadcast again, and does the same only once. */
  raw: z.string().regex(/^0x[0-9a-f]+$/),
  /** What it does, for people. */
  label: z.string(),
  /** The command and its input: the same text for the same command. */
  command: z.string(),
  /** It is the last transaction of its command. */
  last: z.boolean(),
  /** Unix milliseconds. */
  signedAt: z.number(),
  /** The process that waits for it; undefined once that gave up. */
  follower: z.object({ pid: z.number(), host: z.string() }).optional(),
});

/** A transaction that was signed and of which nobody was told yet what became of it. */
export type Entry = z.output<typeof entrySchema>;

/** Where programs keep what must outlive a run, by the XDG base directory specification. */
export function stateDirectory(env: Environment): string {
  const { XDG_STATE_HOME: given } = env;
  const base = given !== undefined && path.isAbsolute(given) ? given : path.join(homedir(), ".local", "state");
  return path.join(base, "leasehold");
}

/**
 * The transactions that were signed here and whose outcome nobody was told: one file each, written before anybody hears of
 * the transaction and removed once its outcome was told. Files of their own need no lock between commands that run at once.
 */
export class Journal {
  private readonly directory: string;

  constructor(stateDirectory: string) {
    this.directory = path.join(stateDirectory, "transactions");
  }

  /** Writes an entry down for good, or over what it was. */
  write(entry: Entry): void {
    try {
      mkdirSync(this.directory, { recursive: true, mode: 0o700 });
      const file = this.fileOf(entry);
      const draft = `${file}.${process.pid}.draft`;
      const handle = openSync(draft, "w", 0o600);
      try {
        writeSync(handle, JSON.stringify(entry));
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(draft, file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const message =
        `nothing was sent: ${this.directory}, where transactions are written down before they are sent, ` +
        `cannot be written (${code ?? "unknown reason"}). Set XDG_STATE_HOME to a directory that can`;
      throw new Failure("configuration", message);
    }
  }

  /** Its outcome was told. */
  remove(entry: Entry): void {
    rmSync(this.fileOf(entry), { force: true });
  }

  /** Everything that was signed and not told of, oldest first. What is no entry is left out. */
  all(): Entry[] {
    let names: string[];
    try {
      names = readdirSync(this.directory).filter((name) => name.endsWith(".json"));
    } catch {
      return [];
    }
    return names
      .flatMap((name) => {
        try {
          const parsed = entrySchema.safeParse(JSON.parse(readFileSync(path.join(this.directory, name), "utf8")));
          return parsed.success ? [parsed.data] : [];
        } catch {
          return []; // another command was told its outcome meanwhile, or the file was cut short by a full disk
        }
      })
      .sort((a, b) => a.nonce - b.nonce || a.signedAt - b.signedAt);
  }

  private fileOf({ chainId, hash: name }: Entry): string {
    return path.join(this.directory, `${chainId}-${name}.json`);
  }
}

/** This process, as the follower of an entry. */
export function thisProcess(): NonNullable<Entry["follower"]> {
  return { pid: process.pid, host: hostname() };
}

/** Whether another process that runs now waits for it. */
export function isFollowed({ follower }: Entry): boolean {
  if (follower === undefined || follower.host !== hostname() || follower.pid === process.pid) return false;
  try {
    process.kill(follower.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
