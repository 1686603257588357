import { existsSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { JsonRpcProvider, Network } from "ethers";

import type { Child, Children } from "./children";

const HOST = "127.0.0.1";
const CHAIN_ID = 31337;
const POLL_MS = 25;
const START_PATIENCE_MS = 30_000;
const ANVIL = "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil";
const HARDHAT = "node_modules/.bin/hardhat";

/** A development chain behind JSON-RPC. */
export interface DevNode {
  readonly name: "anvil" | "Hardhat node";
  readonly port: number;
  readonly url: string;
  readonly provider: JsonRpcProvider;
}

/** Path of the Hardhat program, to be run by node itself: a wrapper script would outlive its parent. */
function hardhatProgram(root: string): string {
  return realpathSync(path.join(root, HARDHAT));
}

/** Starts anvil where it is installed, else Hardhat's node, on that port or on a free one, and waits until it answers. */
export async function startNode(root: string, children: Children, forceHardhat: boolean, wanted = 0): Promise<DevNode> {
  const port = await freePort(wanted);
  const anvil = path.join(root, ANVIL);
  const useAnvil = !forceHardhat && existsSync(anvil);
  const child = useAnvil
    ? children.start("anvil", anvil, [
        "--host",
        HOST,
        "--port",
        `${port}`,
        "--chain-id",
        `${CHAIN_ID}`,
        "--accounts",
        "20",
      ])
    : children.start(
        "Hardhat node",
        process.execPath,
        [hardhatProgram(root), "node", "--hostname", HOST, "--port", `${port}`],
        { cwd: root },
      );
  const url = `http://${HOST}:${port}`;
  const network = Network.from(CHAIN_ID);
  const provider = new JsonRpcProvider(url, network, { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 });
  provider.pollingInterval = POLL_MS;
  await untilItAnswers(child, provider);
  return { name: useAnvil ? "anvil" : "Hardhat node", port, url, provider };
}

async function untilItAnswers(child: Child, provider: JsonRpcProvider): Promise<void> {
  const until = Date.now() + START_PATIENCE_MS;
  let gone = false;
  void child.ended.then(() => (gone = true));
  for (;;) {
    const answer: unknown = await provider.send("eth_chainId", []).catch(() => undefined);
    if (answer !== undefined) return;
    if (gone || Date.now() >= until) throw new Error(`${child.name} does not answer:\n${child.lastOutput()}`);
    await sleep(50);
  }
}

/** A port of this machine that nothing listens on: this one, or for zero any. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(wanted, HOST, () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address !== null) resolve(address.port);
        else reject(new Error("the system gave no free port"));
      });
    });
  });
}

/** The clock of a development chain: it is moved on the node, and is the chain's for everybody. */
export class ChainClock {
  private begin = 0;

  constructor(private readonly provider: JsonRpcProvider) {}

  /** Seconds of the chain now. */
  async now(): Promise<number> {
    const block = await this.provider.getBlock("latest");
    if (block === null) throw new Error("the node has no latest block");
    return block.timestamp;
  }

  /** Counts from now on. */
  async start(): Promise<void> {
    this.begin = await this.now();
  }

  /** Seconds of the chain since the start. */
  async elapsed(): Promise<number> {
    return (await this.now()) - this.begin;
  }

  /** Moves the chain to so many seconds after the start, if that is not past already. */
  async moveTo(seconds: number): Promise<void> {
    await this.reach(this.begin + Math.ceil(seconds));
  }

  /** Moves the chain to this second of its own, if that is not past already. */
  async reach(target: number): Promise<void> {
    if (target <= (await this.now())) return;
    await this.provider.send("evm_setNextBlockTimestamp", [target]);
    await this.provider.send("evm_mine", []);
  }

  /** `+3:25:00` after the start. */
  label(timestamp: number): string {
    const [seconds, two] = [timestamp - this.begin, (value: number): string => `${Math.floor(value)}`.padStart(2, "0")];
    const days = Math.floor(seconds / 86_400);
    const clock = `${two((seconds % 86_400) / 3_600)}:${two((seconds % 3_600) / 60)}:${two(seconds % 60)}`;
    return days === 0 ? `+${clock}` : `+${days}d ${clock}`;
  }
}
