import type { Filter, Log, Provider } from "ethers";

import { reasonOf } from "../sdk/endpoints";
import { readInRanges } from "../sdk/logs";
import { DeployError } from "./errors";

/** All logs that match, in ranges as small as the node wants them. */
export function collectLogs(
  provider: Provider,
  filter: Pick<Filter, "address" | "topics">,
  fromBlock: number,
  toBlock: number,
): Promise<Log[]> {
  return readInRanges(fromBlock, toBlock, async (from, to) => {
    try {
      return await provider.getLogs({ ...filter, fromBlock: from, toBlock: to });
    } catch (error) {
      if (from < to) throw error; // a shorter range may do
      throw new DeployError(
        "LOGS_MISSING",
        `The node does not serve the logs of block ${from}: ${reasonOf(error)}`,
        "run again with a node that does. Nothing on chain is missing; only the records are not complete.",
        { cause: error },
      );
    }
  });
}
