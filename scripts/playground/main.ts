import path from "node:path";

import type { DevNode } from "../demo/node";
import { compileProtocol } from "../compile/protocol";
import { household, Interrupted } from "../demo/household";
import { KeeperProcess } from "../demo/keeper";
import { reasonOf } from "../demo/main";
import { startNode } from "../demo/node";
import type { Screen } from "../demo/screen";
import { buildWorld } from "../demo/world";
import { furnish } from "./furnish";
import { guide } from "./guide";
import { beatForever } from "./heartbeats";

const ROOT = path.resolve(__dirname, "../..");

export interface PlaygroundOptions {
  /** Zero: any free one. */
  readonly port: number;
  /** Hardhat's own node even where anvil is installed. */
  readonly hardhat: boolean;
}

/** A chain with a market on it, until somebody ends it. Returns the exit code. */
export async function runPlayground(screen: Screen, options: PlaygroundOptions): Promise<number> {
  const { leftovers, ...ended } = await household("playground", async (children, directory) => {
    const compiled = await compileProtocol(ROOT, (text) => screen.note(text));
    const node = await startNode(ROOT, children, options.hardhat, options.port).catch((error: unknown): DevNode => {
      if ((error as { code?: unknown }).code !== "EADDRINUSE") throw error;
      throw new Error(`port ${options.port} is in use: end what listens there, or add --port <another one>`);
    });
    screen.done(`${node.name} on port ${node.port}`);
    const world = await buildWorld(compiled, directory, node.provider);
    screen.done("the protocol is deployed");
    await furnish(world, (text) => screen.done(text));
    const keeper = new KeeperProcess(world, (text) => screen.event("", screen.cyan(text)));
    await keeper.start(ROOT, children, node.url);
    screen.done("a keeper runs beside it");
    screen.line(`\n${guide(world, node.url, screen.columns)}\n`);
    await beatForever(world);
  });
  const faults = leftovers.map((name) => `the process of ${name} was still there, and had to be killed`);
  if ("error" in ended && !(ended.error instanceof Interrupted)) faults.unshift(reasonOf(ended.error));
  for (const fault of faults) screen.fault(fault);
  if (faults.length === 0) screen.done("ended; nothing is left behind");
  return faults.length === 0 ? 0 : 1;
}
