import path from "node:path";

import { z } from "zod";

import { formatAmount } from "../../sdk/units";
import type { Child, Children } from "./children";
import type { World } from "./world";

const logSchema = z.object({
  level: z.number(),
  msg: z.string(),
  /** "expire 7-12" */
  duties: z.array(z.string()).optional(),
  hash: z.string().optional(),
  gasUsed: z.string().optional(),
  earned: z.record(z.string(), z.string()).optional(),
});
type LogLine = z.infer<typeof logSchema>;

const WARNING = 40;
const PAST: Readonly<Record<string, string>> = {
  expire: "expired",
  cancelNoShow: "cancelled the no-show",
  renew: "renewed",
  failOver: "failed over",
  execute: "executed",
  settle: "settled",
  collect: "collected",
};
const PATIENCE_MS = 120_000;
/** What ends a lease. */
const ENDINGS = ["expire", "cancelNoShow"];

/** A keeper in a process of its own, and what it says. */
export class KeeperProcess {
  /** Hashes of the transactions that did a duty, as it reported them. */
  private readonly done = new Map<string, string[]>();
  private readonly waiting = new Set<() => void>();
  private child: Child | undefined;

  constructor(
    private readonly world: World,
    private readonly tell: (text: string) => void,
  ) {}

  /** Starts it as anyone would, but with node itself: a wrapper would outlive its parent. */
  async start(root: string, children: Children, rpcUrl: string): Promise<void> {
    const { people, bookFile } = this.world;
    let started = false;
    const child = children.start(
      "keeper",
      process.execPath,
      [path.join(root, "scripts/leasehold.js"), "keeper", "run"],
      {
        cwd: root,
        env: {
          PATH: process.env["PATH"],
          KEEPER_RPC_URLS: rpcUrl,
          KEEPER_ADDRESS_BOOK: bookFile,
          KEEPER_PRIVATE_KEY: people.keeper.privateKey,
          KEEPER_STORE: path.join(path.dirname(bookFile), "keeper.sqlite"),
          KEEPER_POLL_SECONDS: "0.1",
          KEEPER_MAX_FEE_GWEI: "100",
        },
        onLine: (line) => {
          const { msg } = this.hear(line);
          started ||= msg === "keeper started";
          for (const check of this.waiting) check();
        },
      },
    );
    this.child = child;
    await this.until(() => started, "to start");
  }

  /** Waits until it has reported all these leases as ended. */
  async hasEnded(leases: readonly string[]): Promise<void> {
    const isEnded = (lease: string): boolean => ENDINGS.some((kind) => this.done.has(`${kind} ${lease}`));
    await this.until(() => leases.every(isEnded), `to end ${leases.join(", ")}`);
  }

  /** Waits until it has reported a duty so many times. Returns the hash of the last of these transactions. */
  async hasDone(duty: string, times: number): Promise<string> {
    await this.until(() => (this.done.get(duty)?.length ?? 0) >= times, `to ${duty}`);
    return this.done.get(duty)?.[times - 1] ?? "";
  }

  /** Asks it to stop; fails unless it does so cleanly. */
  async stop(children: Children): Promise<void> {
    if (this.child === undefined) return;
    const { code, signal } = await children.stop(this.child);
    if (code !== 0) throw new Error(`the keeper ended with ${signal ?? `code ${code}`}:\n${this.child.lastOutput()}`);
  }

  private hear(line: string): LogLine {
    const entry = logSchema.parse(JSON.parse(line));
    const { level, msg, duties = [], hash = "", gasUsed, earned = {} } = entry;
    if (gasUsed !== undefined && level < WARNING) {
      const [[kind = ""] = [], names] = [duties[0]?.split(" "), duties.map((duty) => duty.split(" ")[1] ?? duty)];
      for (const duty of duties) this.done.set(duty, [...(this.done.get(duty) ?? []), hash]);
      const bounties = Object.entries(earned).map(([address, amount]) => {
        const token = Object.values(this.world.tokens).find((money) => money.address === address);
        return token === undefined ? amount : `${formatAmount(BigInt(amount), token.decimals)} ${token.symbol}`;
      });
      const gas = Number(gasUsed).toLocaleString("en");
      const bounty = bounties.length === 0 ? "no bounty" : `bounty ${bounties.join(" + ")}`;
      this.tell(`keeper: ${PAST[kind] ?? msg} ${names.join(", ")} in one transaction (${gas} gas), ${bounty}`);
    } else if (level >= WARNING) {
      this.tell(`keeper: ${msg}`);
    }
    return entry;
  }

  private async until(condition: () => boolean, what: string): Promise<void> {
    const { child } = this;
    if (child === undefined) throw new Error("the keeper was not started");
    let check: () => void = () => undefined;
    let timer: NodeJS.Timeout | undefined;
    const met = new Promise<undefined>((resolve) => {
      check = () => {
        if (condition()) resolve(undefined);
      };
      this.waiting.add(check);
      check();
    });
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`took more than ${PATIENCE_MS / 1_000} s`), PATIENCE_MS);
    });
    const gone = child.ended.then(() => "ended by itself instead");
    const trouble = await Promise.race([met, late, gone]);
    clearTimeout(timer);
    this.waiting.delete(check);
    if (trouble !== undefined) throw new Error(`the keeper was ${what}, but ${trouble}:\n${child.lastOutput()}`);
  }
}
