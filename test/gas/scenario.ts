import type { ContractTransactionResponse } from "ethers";

import type { Action, State } from "./limits";
import type { World } from "./world";

/** One transaction whose gas is a row. */
export interface Scenario {
  action: Action;
  state: State;
  /** Leases that share the cost; 1 but for batches. */
  items: number;
  /** What exactly is measured, for people. */
  conditions: string;
  /** Prepares what it needs on top of `world`, and sends it. */
  send(world: World): Promise<ContractTransactionResponse>;
}
