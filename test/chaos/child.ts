import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

import { z } from "zod";

const logSchema = z.looseObject({ level: z.number(), msg: z.string().optional() });
const LINES_KEPT = 4_000;

/** The keeper's process: started as often as it takes, as a supervisor does. */
export class KeeperChild {
  private child: ChildProcess | undefined;
  private exited: Promise<void> = Promise.resolve();
  private killed = false;
  starts = 0;
  /** Codes with which it ended by itself. */
  readonly ends: number[] = [];
  /** What it said last. */
  readonly lines: string[] = [];

  constructor(
    /** What Node is to run, and its arguments. */
    private readonly program: readonly string[],
    private readonly environment: Readonly<Record<string, string>>,
    private readonly onLine: (message: string) => void,
    private readonly onEnd: (code: number) => void,
  ) {}

  get alive(): boolean {
    return this.child !== undefined;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    if (this.child !== undefined) return;
    this.starts += 1;
    this.killed = false;
    this.note(`--- start ${this.starts}`);
    const child = spawn(process.execPath, ["--require", path.join(__dirname, "skew.js"), ...this.program], {
      env: { PATH: process.env["PATH"] ?? "", ...this.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        this.note(line);
        if (this.child === child) this.onLine(messageOf(line));
      });
    }
    this.exited = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.child = undefined;
        this.note(`--- ended with ${signal ?? code ?? "nothing"}`);
        if (!this.killed) {
          this.ends.push(code ?? -1);
          this.onEnd(code ?? -1);
        }
        resolve();
      });
    });
  }

  /** Kills it at once: nothing that it was about to do happens any more. */
  kill(): void {
    this.killed = true;
    this.child?.kill("SIGKILL");
  }

  async gone(): Promise<void> {
    await this.exited;
  }

  /** Asks it to stop. Returns its exit code and how long it took, ms. */
  async stop(patienceMs: number): Promise<{ code: number | string; ms: number }> {
    const child = this.child;
    if (child === undefined) return { code: "not running", ms: 0 };
    const since = process.hrtime.bigint();
    const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    this.killed = true;
    child.kill("SIGTERM");
    await this.exited;
    clearTimeout(timer);
    const ms = Number((process.hrtime.bigint() - since) / 1_000_000n);
    return { code: child.exitCode ?? child.signalCode ?? "nothing", ms };
  }

  private note(line: string): void {
    this.lines.push(line);
    if (this.lines.length > LINES_KEPT) this.lines.shift();
  }
}

function messageOf(line: string): string {
  if (!line.startsWith("{")) return line;
  try {
    return logSchema.parse(JSON.parse(line)).msg ?? "";
  } catch {
    return line;
  }
}
