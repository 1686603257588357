import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

import { JsonRpcProvider } from "ethers";

import { freePort } from "../../scripts/demo/node";
import { LocalServer } from "../helpers/localServer";
import { underCoverage } from "./helpers";

const BINARY = path.join(__dirname, "../../node_modules/.bin/anvil");

/** Why tests on anvil cannot run here; undefined: they can. */
export function noAnvil(): string | undefined {
  if (!existsSync(BINARY)) return "the optional package with the anvil binary is not installed on this platform";
  return underCoverage ? "instrumented contracts are too large" : undefined;
}

export interface Anvil {
  readonly url: string;
  readonly provider: JsonRpcProvider;
  stop(): Promise<void>;
}

/** A fresh chain in a process of its own. */
export async function startAnvil(chainId: number, ...args: readonly string[]): Promise<Anvil> {
  const port = await freePort();
  const child = spawn(BINARY, ["--silent", "--port", String(port), "--chain-id", String(chainId), ...args], {
    stdio: "ignore",
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const url = `http://127.0.0.1:${port}`;
  const provider = new JsonRpcProvider(url, chainId, { staticNetwork: true, cacheTimeout: -1 });
  for (let attempt = 0; ; attempt++) {
    try {
      await provider.send("eth_chainId", []);
      break;
    } catch (error) {
      if (attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    url,
    provider,
    async stop() {
      provider.destroy();
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** A process that a gateway may kill. */
export interface Victim {
  process?: ChildProcess;
}

/**
 * A gateway to a node that kills the victim with SIGKILL at the n-th raw transaction: before it is passed on, or when
 * the node has it and nobody was told.
 */
export async function deadlyGateway(
  node: string,
  victim: Victim,
  death: { readonly at: number; readonly when: "before" | "after" },
): Promise<{ url: string; stop: () => Promise<void> }> {
  let sent = 0;
  const server = await LocalServer.start(async (body, response) => {
    const last = body.includes('"eth_sendRawTransaction"') && ++sent === death.at;
    if (last && death.when === "before") victim.process?.kill("SIGKILL");
    else {
      const answer = await fetch(node, { method: "POST", headers: { "content-type": "application/json" }, body });
      const text = await answer.text();
      if (!last) return void response.setHeader("content-type", "application/json").end(text);
      victim.process?.kill("SIGKILL");
    }
    response.destroy();
  });
  return { url: server.url, stop: () => server.stop() };
}
