import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** How a child ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process, by the name that messages call it. */
export interface Child {
  readonly name: string;
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
  /** The end of what it printed, for when it fails. */
  lastOutput(): string;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly onLine?: (line: string) => void;
}

const KEPT_OUTPUT = 4_000;
const STOP_PATIENCE_MS = 5_000;
const LAST_MOMENT_MS = 1_000;

/**
 * The child processes of this one. Each leads a process group of its own, so that what it started itself is ended and
 * counted too.
 */
export class Children {
  private readonly started: Child[] = [];

  start(name: string, command: string, args: readonly string[], options: StartOptions = {}): Child {
    const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let rest = "";
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stderr.on("data", read);
    child.stdout.on("data", (chunk: Buffer) => {
      read(chunk);
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) options.onLine?.(line);
    });
    const ended = new Promise<Ending>((resolve) => {
      child.on("error", (error) => {
        output += error.message;
        resolve({ code: 127, signal: null });
      });
      child.on("close", (code, signal) => resolve({ code, signal }));
    });
    const record: Child = { name, process: child, ended, lastOutput: () => output.trim() };
    this.started.push(record);
    return record;
  }

  /** Runs a child to its end; fails with what it printed unless it ends well. */
  async run(name: string, command: string, args: readonly string[], options: StartOptions = {}): Promise<void> {
    const child = this.start(name, command, args, options);
    const { code, signal } = await child.ended;
    if (code !== 0) throw new Error(`${name} ended with ${signal ?? `code ${code}`}:\n${child.lastOutput()}`);
  }

  /** Asks a child to end, insists after a while, and tells how it ended. */
  async stop(child: Child): Promise<Ending> {
    if (isRunning(child)) child.process.kill("SIGTERM");
    const ending = await Promise.race([child.ended, sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
    if (ending !== undefined) return ending;
    child.process.kill("SIGKILL");
    return await child.ended;
  }

  /** Ends all children, newest first. Returns the names of those of which something was left, which is ended too. */
  async stopAll(): Promise<string[]> {
    for (const child of [...this.started].reverse()) await this.stop(child);
    const leftovers: string[] = [];
    for (const child of this.started) if (!(await isGone(child)) && killGroup(child)) leftovers.push(child.name);
    return leftovers;
  }

  /** Ends everything at once, without waiting: for when this process is about to end anyhow. */
  killAll(): void {
    for (const child of this.started) killGroup(child);
  }
}

function isRunning({ process: child }: Child): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Whether everything of a child's process group ends by itself, in a moment. */
async function isGone({ process: child }: Child): Promise<boolean> {
  if (child.pid === undefined) return true;
  for (const until = Date.now() + LAST_MOMENT_MS; Date.now() < until; await sleep(20)) {
    if (!groupRuns(child.pid)) return true;
  }
  return false;
}

/** Whether a process of the group runs. One that has ended and waits to be counted by the system does not. */
function groupRuns(group: number): boolean {
  if (!existsSync("/proc/self/stat")) {
    try {
      return process.kill(-group, 0);
    } catch {
      return false;
    }
  }
  return readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      // "pid (name) state parent group ...", where the name may hold anything.
      const [state, , itsGroup] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      return itsGroup === String(group) && state !== "Z" && state !== "X";
    } catch {
      return false; // it ended meanwhile
    }
  });
}

/** Kills what is left of a child's process group; false where nothing is. */
function killGroup({ process: child }: Child): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, "SIGKILL");
  } catch {
    return false; // no such group: everything ended
  }
}
