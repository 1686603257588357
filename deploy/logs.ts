import type { Filter, Log, Provider } from "ethers";

import { DeployError } from "./errors";

/** All logs that match, in ranges as small as the node wants them. */
export async function collectLogs(
  provider: Provider,
  filter: Pick<Filter, "address" | "topics">,
  fromBlock: number,
  toBlock: number,
): Promise<Log[]> {
  const logs: Log[] = [];
  let size = Math.max(1, toBlock - fromBlock + 1);
  for (let from = fromBlock; from <= toBlock;) {
    const to = Math.min(toBlock, from + size - 1);
    try {
      logs.push(...(await provider.getLogs({ ...filter, fromBlock: from, toBlock: to })));
      from = to + 1;
    } catch (error) {
      if (size === 1) {
        throw new DeployError(
          "LOGS_MISSING",
          `The node does not serve the logs of block ${from}: ${(error as Error).message}`,
          "run again with a node that does. Nothing on chain is missing; only the records are not complete.",
          { cause: error },
        );
      }
      size = Math.floor(size / 2);
    }
  }
  return logs;
}
