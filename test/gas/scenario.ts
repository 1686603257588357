import { takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import type { ContractTransactionResponse } from "ethers";

import type { Action, State } from "./limits";
import type { World } from "./world";

/** One transaction whose gas is a row. */
export interface Scenario {
  action: Action;
  state: State;
  /** Leases that share the cost; 1 but for batches. */
  items: number;
  /** Sends what the cost is counted beyond: a row is (send - beyond) / items. */
  beyond?(world: World): Promise<ContractTransactionResponse>;
  /** What exactly is measured, for people. */
  conditions: string;
  /** Prepares what it needs on top of `world`, and sends it. */
  send(world: World): Promise<ContractTransactionResponse>;
}

/** Has a transaction sent, and undoes it; returns the gas that it used. */
export async function gasOf(send: () => Promise<ContractTransactionResponse>): Promise<number> {
  const before = await takeSnapshot();
  const receipt = await (await send()).wait();
  if (receipt === null) throw new Error("A measured transaction was not mined: mine a block, or turn automine on");
  await before.restore();
  return Number(receipt.gasUsed);
}
