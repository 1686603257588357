import type { BaseContract, Provider } from "ethers";

import { readInRanges } from "../../sdk/logs";
import { isConnectionLoss } from "../../sdk/nodeErrors";
import type { TypedContractEvent, TypedDeferredTopicFilter, TypedEventLog } from "../../typechain-types/common";

/** All events of one kind since a block, in ranges as small as the node wants them: some give logs of ten blocks at once. */
export async function eventsSince<E extends TypedContractEvent>(
  contract: BaseContract,
  filter: TypedDeferredTopicFilter<E>,
  provider: Provider,
  startBlock: number,
): Promise<TypedEventLog<E>[]> {
  const read = async (from: number, to: number): Promise<TypedEventLog<E>[]> =>
    (await contract.queryFilter(filter, from, to)) as unknown as TypedEventLog<E>[];
  // A node that does not answer is not mended by a shorter range.
  return readInRanges(startBlock, await provider.getBlockNumber(), read, { isHopeless: isConnectionLoss });
}
