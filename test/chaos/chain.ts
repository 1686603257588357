import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { freePort } from "../../scripts/demo/node";
import { data, quantity, Rpc } from "./rpc";

/** The program itself: the script that npm puts beside it would outlive its parent. */
const ANVIL = path.join(__dirname, "../../node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
const START_PATIENCE_MS = 30_000;
export const CHAIN_ID = 31337;
export const BLOCK_SECONDS = 12;
export const GWEI = 10n ** 9n;
/** What a transaction costs depends on the second in which it is mined: estimates are of another one. */
export const AMPLE = { gasLimit: 1_000_000n };

const blockSchema = z.object({
  number: quantity,
  hash: data,
  timestamp: quantity,
  gasUsed: quantity,
  transactions: z.array(data),
});
export type Block = z.infer<typeof blockSchema>;

/** Why the harness cannot run here; undefined: it can. */
export function noAnvil(): string | undefined {
  return existsSync(ANVIL) ? undefined : "the optional package with the anvil binary is not installed on this platform";
}

/** A chain of its own whose blocks are made by command. */
export class Chain {
  readonly rpc: Rpc;

  private constructor(
    readonly url: string,
    readonly pid: number | undefined,
    private readonly kill: (signal: NodeJS.Signals) => Promise<void>,
  ) {
    this.rpc = new Rpc(url);
  }

  static async start(...args: readonly string[]): Promise<Chain> {
    const missing = noAnvil();
    if (missing !== undefined) throw new Error(`The harness needs anvil: ${missing}`);
    const port = await freePort();
    const child = spawn(
      ANVIL,
      ["--quiet", "--port", `${port}`, "--chain-id", `${CHAIN_ID}`, "--accounts", "20", "--threads", "1", ...args],
      { stdio: "ignore" },
    );
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const chain = new Chain(`http://127.0.0.1:${port}`, child.pid, async (signal) => {
      child.kill(signal);
      await exited;
    });
    const until = Date.now() + START_PATIENCE_MS;
    for (;;) {
      try {
        await chain.rpc.send("eth_chainId");
        return chain;
      } catch (error) {
        if (child.exitCode !== null || Date.now() >= until) {
          throw new Error("anvil does not answer", { cause: error });
        }
        await sleep(10);
      }
    }
  }

  async head(): Promise<Block> {
    return this.rpc.ask(blockSchema, "eth_getBlockByNumber", "latest", false);
  }

  async blockAt(number: number): Promise<Block> {
    return this.rpc.ask(blockSchema, "eth_getBlockByNumber", `0x${number.toString(16)}`, false);
  }

  /** Makes a block at this second with this base fee, wei. */
  async mine(timestamp: number, baseFee: bigint): Promise<Block> {
    await this.rpc.send("anvil_setNextBlockBaseFeePerGas", `0x${baseFee.toString(16)}`);
    await this.rpc.send("evm_mine", { timestamp });
    return this.head();
  }

  /** Takes back the last `depth` blocks; their transactions are gone. */
  async rollback(depth: number): Promise<void> {
    await this.rpc.send("anvil_rollback", depth);
  }

  /** Ends the process; the state is written where `--dump-state` says if it may end by itself. */
  async stop(gently = false): Promise<void> {
    await this.kill(gently ? "SIGTERM" : "SIGKILL");
  }
}
