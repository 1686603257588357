import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { artifactsFromDisk } from "../../deploy/artifacts";
import { compileProtocol } from "../../scripts/compile/protocol";
import { type Prepared, prepare } from "./world";

/** Leases end so many seconds after the head that runs start on: after the blocks before the first fault. */
const WINDOW = { from: 840, to: 1_700 };
const ROOT = path.join(__dirname, "../..");
/** What the prepared chain depends on. */
const SOURCES = [
  "test/chaos/world.ts",
  "test/chaos/prepared.ts",
  "scripts/demo/world.ts",
  "scripts/demo/market.ts",
  "deploy/networks/local.json",
];
const COMPILED = ["market/Market", "orders/StandingOrders", "slashing/Disputes", "escrow/Escrow", "staking/Staking"];

const strings = z.array(z.string());
const savedSchema = z.object({
  addresses: z.object({
    market: z.string(),
    orders: z.string(),
    disputes: z.string(),
    lens: z.string(),
    liveness: z.string(),
    escrow: z.string(),
  }),
  tokens: strings,
  keys: z.object({ keeper: strings, rival: strings, tenants: strings, operators: strings }),
  served: z.string(),
  providers: strings,
  disputes: z.array(z.string().transform(BigInt)),
  offers: z.array(z.number()),
  startBlock: z.number(),
  headBlock: z.number(),
  headTime: z.number(),
});

/** The chain that runs start from: built once, and kept under `cache` for as long as nothing changes that it is built from. */
export async function preparedWorld(cache: string, say: (text: string) => void): Promise<Prepared> {
  const hash = createHash("sha256");
  for (const file of SOURCES) hash.update(readFileSync(path.join(ROOT, file)));
  const compiled = await compileProtocol(ROOT, say);
  const artifacts = artifactsFromDisk(compiled);
  for (const name of COMPILED) {
    hash.update(artifacts.read(`contracts/${name}.sol:${path.basename(name)}`).bytecode);
  }
  const directory = path.join(cache, `world-${hash.digest("hex").slice(0, 16)}`);
  const saved = path.join(directory, "prepared.json");
  if (!existsSync(saved)) {
    const fresh = await prepare(compiled, WINDOW);
    const { directory: built, stateFile: _state, bookFile: _book, ...facts } = fresh;
    const asText = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
    writeFileSync(path.join(built, "prepared.json"), JSON.stringify(facts, asText));
    const mine = `${directory}.${process.pid}`;
    cpSync(built, mine, { recursive: true });
    rmSync(built, { recursive: true });
    if (existsSync(directory)) rmSync(mine, { recursive: true });
    else renameSync(mine, directory);
  }
  return {
    ...savedSchema.parse(JSON.parse(readFileSync(saved, "utf8"))),
    directory,
    stateFile: path.join(directory, "state.json"),
    bookFile: path.join(directory, "address-book.json"),
  };
}
