import { reset, takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { artifacts, config } from "hardhat";

import { MARKET_LIBRARIES } from "../helpers/market";
import { CHANGES } from "./changes";
import { measureCheckpoints } from "./checkpoints";
import { DISPUTES } from "./disputes";
import { ENDINGS } from "./endings";
import { KEEPERS } from "./keepers";
import { type Action, ACTIONS, type GrowthRow, type Row, SIZES, type State, STATES } from "./limits";
import { measureOutages } from "./outages";
import { BONDS, PROVIDERS } from "./providers";
import type { CodeSize, Report, Trace } from "./report";
import { gasOf, type Scenario } from "./scenario";
import { QUOTES } from "./quotes";
import { RENEWALS } from "./renewals";
import { REPLICAS } from "./replicas";
import { DEPOSITS, TENANTS } from "./tenants";
import { type Spending, traceSpending } from "./trace";
import { VOTERS } from "./voters";
import { buildWorld, grow, type World } from "./world";

/** Every row, in the order of the actions. */
export const SCENARIOS: readonly Scenario[] = ACTIONS.flatMap((action) =>
  STATES.flatMap((state) =>
    [
      ...TENANTS,
      ...PROVIDERS,
      ...KEEPERS,
      ...CHANGES,
      ...RENEWALS,
      ...REPLICAS,
      ...QUOTES,
      ...ENDINGS,
      ...DISPUTES,
      ...VOTERS,
    ].filter((scenario) => scenario.action === action && scenario.state === state),
  ),
);

/** The scenario whose growth is measured, of each action: steady where there is such a state. */
const GROWING = ACTIONS.map((action) => SCENARIOS.findLast((scenario) => scenario.action === action)!);

/** Rows of which gas.md tells where the gas goes. */
const TRACED = [
  ["open", "steady"],
  ["resize", "steady"],
  ["renew", "steady"],
  ["dispute-execute", "steady"],
  ["cast-vote", "first"],
  ["cast-vote", "steady"],
  ["cast-vote-quorum", "first"],
] as const satisfies readonly (readonly [Action, State])[];

/** Contracts that traces call by their names. */
const NAMED = [
  ...(["market", "escrow", "staking", "liveness", "records", "orders", "disputes", "hold"] as const),
  ...(["governor", "timelock"] as const),
];

type Log = (line: string) => void;

/** A world of `SIZES[0]`, the same to the last address every time: whatever was on this network before is gone. */
export async function smallWorld(): Promise<World> {
  await reset();
  return grow(await buildWorld(), SIZES[0]);
}

/** The row of a scenario. */
async function measure(world: World, { send, beyond, items, action, state }: Scenario): Promise<Row> {
  const rest = beyond === undefined ? 0 : await gasOf(() => beyond(world));
  return { action, state, gas: Math.ceil(((await gasOf(() => send(world))) - rest) / items) };
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
  const outages = await measureOutages(world);
  log("outages measured");
  const checkpoints = await measureCheckpoints(world);
  log("checkpoints measured");
  const traces: Trace[] = [];
  for (const [action, state] of TRACED)
    traces.push({ action, state, spending: await spendingOf(world, action, state) });
  return {
    rows,
    scenarios: SCENARIOS,
    allowances,
    outages,
    checkpoints,
    sizes: await codeSizes(),
    traces,
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

/** Every contract and linked library that is deployed, largest first. */
async function codeSizes(): Promise<CodeSize[]> {
  const names = await artifacts.getAllFullyQualifiedNames();
  const linked = MARKET_LIBRARIES.map((name) => `contracts/libraries/${name}.sol:${name}`);
  const deployed = names.filter(
    (name) => linked.includes(name) || /^contracts\/(?!mocks\/|libraries\/|types\/|interfaces\/)/.test(name),
  );
  const sizes: CodeSize[] = [];
  for (const name of deployed) {
    const { contractName, deployedBytecode } = await artifacts.readArtifact(name);
    sizes.push({ contract: contractName, bytes: deployedBytecode.length / 2 - 1 });
  }
  return sizes.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
}

/** Traces the row of an action. */
async function spendingOf(world: World, action: Action, state: State): Promise<Spending[]> {
  const scenario = SCENARIOS.find((row) => row.action === action && row.state === state)!;
  const names = new Map<string, string>();
  for (const name of NAMED) {
    names.set((await world[name].getAddress()).toLowerCase(), name);
  }
  const before = await takeSnapshot();
  const transaction = await scenario.send(world);
  const receipt = await transaction.wait();
  if (receipt === null) throw new Error(`The ${action} to be traced was not mined: mine a block, or turn automine on`);
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
