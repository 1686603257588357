import { network } from "hardhat";
import { z } from "zod";

/** What one kind of step in one contract costs together. */
export interface Spending {
  where: string;
  what: string;
  times: number;
  gas: number;
}

const stepSchema = z.object({
  op: z.string(),
  gas: z.number(),
  gasCost: z.number(),
  depth: z.number(),
  stack: z.array(z.string()),
});

const traceSchema = z.object({ gas: z.number(), structLogs: z.array(stepSchema) });

export type Step = z.infer<typeof stepSchema>;

const CALLS = new Set(["CALL", "STATICCALL", "DELEGATECALL", "CREATE", "CREATE2"]);
const REACHING = "calls out of it, with a look whether there is code";
const EVENTS = "events";
const COMPUTATION = "computation, memory, repeated access to warm slots";

/** What is left of a transaction without events and with code that costs nothing. */
export const floorOf = (spending: readonly Spending[]): number =>
  spending.filter(({ what }) => what !== COMPUTATION && what !== EVENTS).reduce((sum, { gas }) => sum + gas, 0);

/** What a step is, by its opcode and its price (EIP-2929, EIP-2200). */
function kindOf(op: string, cost: number): string {
  if (op === "SLOAD" && cost >= 2_100) return "slots read, the first time each";
  if (op === "SSTORE" && cost >= 20_000) return "slots written that were zero";
  if (op === "SSTORE" && cost >= 2_900) return "slots changed, the first time each";
  if (op.startsWith("LOG")) return EVENTS;
  if (CALLS.has(op) || op === "EXTCODESIZE") return REACHING;
  return COMPUTATION;
}

/** The contract that a call reaches: the second word of the stack, from its top. (Linked code works for its caller.) */
const calleeOf = (stack: readonly string[]): string =>
  `0x${stack.at(-2)!.replace(/^0x/, "").padStart(64, "0").slice(-40)}`;

/**
 * Shares out what the steps of a transaction cost, without what is paid before the first one. `names` are contracts by
 * lower-case address; `to` is the one that was called first.
 */
export function spendingOf(steps: readonly Step[], to: string, names: ReadonlyMap<string, string>): Spending[] {
  const spent = new Map<string, Spending>();
  const frames = [to.toLowerCase()];
  for (const [index, step] of steps.entries()) {
    frames.length = step.depth;
    const address = frames[step.depth - 1]!;
    const where = names.get(address) ?? address;
    let cost = step.gasCost;
    if (CALLS.has(step.op)) {
      frames.push(step.op === "DELEGATECALL" ? address : calleeOf(step.stack));
      cost = ownCost(steps, index);
    }
    const what = kindOf(step.op, cost);
    const key = `${where}/${what}`;
    const entry = spent.get(key) ?? { where, what, times: 0, gas: 0 };
    const times = entry.times + (step.op === "EXTCODESIZE" ? 0 : 1);
    spent.set(key, { ...entry, times, gas: entry.gas + cost });
  }
  return [...spent.values()].map((entry) => (entry.what === COMPUTATION ? { ...entry, times: 1 } : entry));
}

/** What a call itself costs: what is gone when it returns, without what the called contract used. */
function ownCost(steps: readonly Step[], index: number): number {
  const { gas, depth } = steps[index]!;
  const back = steps.findIndex((step, later) => later > index && step.depth === depth);
  const [first, last] = [steps[index + 1]!, steps[back - 1]!];
  const used = back === index + 1 ? 0 : first.gas - last.gas + last.gasCost;
  return gas - steps[back]!.gas - used;
}

/** Where the gas of a mined transaction went; adds up to what its receipt says. */
export async function traceSpending(
  transaction: { hash: string; to: string | null; gasLimit: bigint },
  gasUsed: bigint,
  names: ReadonlyMap<string, string>,
): Promise<Spending[]> {
  const answer: unknown = await network.provider.send("debug_traceTransaction", [
    transaction.hash,
    { disableMemory: true, disableStorage: true },
  ]);
  const { structLogs } = traceSchema.parse(answer);
  const before = Number(transaction.gasLimit) - structLogs[0]!.gas;
  const inside = spendingOf(structLogs, transaction.to!, names);
  const sum = before + inside.reduce((total, { gas }) => total + gas, 0);
  const refund = sum - Number(gasUsed);
  return [
    { where: "transaction", what: "base and calldata", times: 1, gas: before },
    ...inside,
    ...(refund === 0 ? [] : [{ where: "transaction", what: "refund", times: 1, gas: -refund }]),
  ];
}
