import path from "node:path";

import { isError } from "ethers";

import { explainError } from "../../sdk/errors";
import { compileProtocol } from "../compile/protocol";
import { mismatches } from "./check";
import type { Children } from "./children";
import { household } from "./household";
import { KeeperProcess } from "./keeper";
import { printLedger } from "./ledger";
import { ledgerOf } from "./model";
import { ChainClock, startNode } from "./node";
import { observe, observeVaults } from "./observe";
import type { Screen } from "./screen";
import { Stage } from "./stage";
import { failOver, failure, laterHours, leave, lowerFee, openLeases, openShops, settle, voteOnFee } from "./story";
import { buildWorld } from "./world";

const ROOT = path.resolve(__dirname, "../..");

export interface DemoOptions {
  /** Hardhat's own node even where anvil is installed. */
  readonly hardhat: boolean;
}

/** Runs the demo. Returns the exit code: 0 only if the ledger is right and nothing was left behind. */
export async function runDemo(screen: Screen, options: DemoOptions): Promise<number> {
  const began = Date.now();
  const { leftovers, ...ended } = await household("demo", (children, directory) =>
    live(screen, children, directory, options),
  );
  const faults = "error" in ended ? [reasonOf(ended.error)] : ended.result;
  faults.push(...leftovers.map((name) => `the process of ${name} was still there, and had to be killed`));
  for (const fault of faults) screen.fault(fault);
  if (faults.length === 0) screen.done("no process is left behind");
  const seconds = ((Date.now() - began) / 1_000).toFixed(1);
  const verdict = faults.length === 0 ? screen.green("The demo worked.") : screen.red("The demo failed.");
  screen.line(`\n${screen.bold(verdict)} ${screen.dim(`${seconds} s`)}`);
  return faults.length === 0 ? 0 : 1;
}

/** Everything from the compiler to the last withdrawal. Returns what does not add up. */
async function live(screen: Screen, children: Children, directory: string, options: DemoOptions): Promise<string[]> {
  screen.section("A chain, and the protocol on it");
  const compiled = await compileProtocol(ROOT, (text) => screen.note(text));
  const node = await startNode(ROOT, children, options.hardhat);
  screen.done(`${node.name} on port ${node.port}, over JSON-RPC`);
  const world = await buildWorld(compiled, directory, node.provider);
  const { transactions, gasUsed } = world.deployment;
  const gas = Number(gasUsed).toLocaleString("en");
  screen.done(
    `the protocol is deployed: ${transactions} transactions, ${gas} gas; market at ${world.deployment.addresses.market}`,
  );
  const clock = new ChainClock(node.provider);
  const keeper = new KeeperProcess(world, (text) => screen.event("", screen.cyan(text)));
  await keeper.start(ROOT, children, node.url);
  screen.done("a keeper runs beside it, as a process of its own");

  const stage = new Stage(world, clock, keeper, screen);
  screen.section("Three providers bond HOLD and list what they have");
  await openShops(stage);
  screen.section("Holders of HOLD, bonded or not, vote the fee down");
  const fee = await voteOnFee(stage);
  screen.section("Two tenants fund once each, and lease");
  const leases = await openLeases(stage);
  screen.section("Hours pass on the chain, and a provider fails");
  await failure(stage, leases);
  screen.section("The vote comes into force, and what is left runs to its end");
  const late = await lowerFee(stage, fee, leases);
  const moved = await failOver(stage, leases);
  await laterHours(stage, leases, { moved, late });
  screen.section("Everybody gets what is theirs");
  const fees = await settle(stage);
  await keeper.stop(children);

  screen.section("The ledger");
  const observed = await observe(world);
  const decimals = Object.fromEntries(
    Object.values(world.tokens).map(({ symbol, decimals: places }) => [symbol, places]),
  );
  printLedger(screen, observed.ledger, decimals);
  screen.line();
  const expected = ledgerOf(stage.facts());
  const faults = mismatches(expected, observed);
  if (faults.length > 0) return faults;
  const figures = Object.values(expected)
    .flat()
    .flatMap((line) => Object.values(line))
    .filter((value) => typeof value === "bigint").length;
  screen.done(
    `all ${expected.leases.length} leases have ended; ${figures} figures are what an independent computation says`,
  );

  await leave(stage, fees);
  const left = (await observeVaults(world)).filter(({ balance, liabilities }) => balance !== 0n || liabilities !== 0n);
  if (left.length > 0)
    return left.map(({ token, balance }) => `after everybody withdrew, escrow still holds ${balance} ${token}`);
  screen.done("everybody withdrew everything: the escrow is empty, to the base unit");
  node.provider.destroy();
  return [];
}

export function reasonOf(error: unknown): string {
  const revert = explainError(error);
  if (revert !== undefined) return `a transaction was refused: ${revert.sentence}`;
  if (isError(error, "UNKNOWN_ERROR") || isError(error, "INSUFFICIENT_FUNDS")) return error.shortMessage;
  return error instanceof Error ? error.message : String(error);
}
