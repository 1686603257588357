import { reset, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { artifacts, config } from "hardhat";

import { KEEPERS } from "./keepers";
import { ACTIONS, type GrowthRow, type Row, SIZES, STATES } from "./limits";
import { BONDS, PROVIDERS } from "./providers";
import type { CodeSize, Report } from "./report";
import type { Scenario } from "./scenario";
import { DEPOSITS, TENANTS } from "./tenants";
import { type Spending, traceSpending } from "./trace";
import { buildWorld, grow, type World } from "./world";

/** Every row, in the order of the actions. */
export const SCENARIOS: readonly Scenario[] = ACTIONS.flatMap((action) =>
  STATES.flatMap((state) =>
    [...TENANTS, ...PROVIDERS, ...KEEPERS].filter((scenario) => scenario.action === action && scenario.state === state),
  ),
);

/** The scenario whose growth is measured, of each action: steady where there is such a state. */
const GROWING = ACTIONS.map((action) => SCENARIOS.findLast((scenario) => scenario.action === action)!);

type Log = (line: string) => void;

/** A world of `SIZES[0]`, the same to the last address every time: whatever was on this network before is gone. */
export async function smallWorld(): Promise<World> {
  await reset();
  return grow(await buildWorld(), SIZES[0]);
}

/** Carries out a scenario and undoes it; returns its row. */
async function measure(world: World, { send, items, action, state }: Scenario): Promise<Row> {
  const before = await takeSnapshot();
  const receipt = await (await send(world)).wait();
  if (receipt === null) throw new Error(`${action} (${state}) was not mined: mine a block, or turn automine on`);
  await before.restore();
  return { action, state, gas: Math.ceil(Number(receipt.gasUsed) / items) };
}

/** All of the report but growth, measured in a small world. */
export async function measureReport(world: World, log: Log): Promise<Omit<Report, "growth">> {
  const rows: Row[] = [];
  for (const scenario of SCENARIOS) {
    const row = await measure(world, scenario);
    rows.push(row);
    log(`${row.action.padEnd(22)} ${row.state.padEnd(6)} ${row.gas.toLocaleString("en-US").padStart(8)}`);
  }
  const allowances = [];
  for (const scenario of [...DEPOSITS, ...BONDS]) {
    allowances.push({ ...(await measure(world, scenario)), conditions: scenario.conditions });
  }
  return {
    rows,
    scenarios: SCENARIOS,
    allowances,
    sizes: await codeSizes(),
    spending: await spendingOfOpen(world),
    settings: settings(),
  };
}

/** What each action costs in worlds of every size, from a small one on. */
export async function measureGrowth(small: World, log: Log): Promise<GrowthRow[]> {
  const growth: GrowthRow[] = [];
  let world = small;
  for (const n of SIZES) {
    world = await grow(world, n);
    for (const scenario of GROWING) {
      const { action, gas } = await measure(world, scenario);
      growth.push({ action, n, gas });
    }
    log(`growth: ${n.toLocaleString("en-US")} leases, offers and accounts measured`);
  }
  return ACTIONS.flatMap((action) => growth.filter((row) => row.action === action));
}

/** Every contract that is deployed, largest first. */
async function codeSizes(): Promise<CodeSize[]> {
  const names = await artifacts.getAllFullyQualifiedNames();
  const deployed = names.filter((name) => /^contracts\/(?!mocks\/|libraries\/|types\/|interfaces\/)/.test(name));
  const sizes: CodeSize[] = [];
  for (const name of deployed) {
    const { contractName, deployedBytecode } = await artifacts.readArtifact(name);
    sizes.push({ contract: contractName, bytes: deployedBytecode.length / 2 - 1 });
  }
  return sizes.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
}

async function spendingOfOpen(world: World): Promise<Spending[]> {
  const open = SCENARIOS.find(({ action, state }) => action === "open" && state === "steady")!;
  const names = new Map<string, string>();
  for (const name of ["market", "escrow", "staking", "liveness"] as const) {
    names.set((await world[name].getAddress()).toLowerCase(), name);
  }
  const before = await takeSnapshot();
  const transaction = await open.send(world);
  const receipt = await transaction.wait();
  if (receipt === null) throw new Error("The open to be traced was not mined: mine a block, or turn automine on");
  const spending = await traceSpending(transaction, receipt.gasUsed, names);
  await before.restore();
  return spending;
}

function settings(): Record<string, string> {
  const compiler = config.solidity.compilers[0]!;
  const { viaIR, optimizer, evmVersion, metadata } = compiler.settings as {
    viaIR: boolean;
    optimizer: { enabled: boolean; runs: number };
    evmVersion: string;
    metadata: { bytecodeHash: string };
  };
  return {
    solc: compiler.version,
    pipeline: viaIR ? "IR" : "legacy",
    optimizer: optimizer.enabled ? `${optimizer.runs} runs` : "off",
    "EVM version": evmVersion,
    "metadata hash": metadata.bytecodeHash,
    "hard fork of the network": config.networks.hardhat.hardfork,
  };
}
