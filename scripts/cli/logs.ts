import type { BaseContract, Provider } from "ethers";

import { readInRanges } from "../../sdk/logs";
import type { TypedContractEvent, TypedDeferredTopicFilter, TypedEventLog } from "../../typechain-types/common";

/** Below this many blocks a refusal is no matter of the range. */
const LEAST_RANGE = 100;

/** All events of one kind since a block. */
export async function eventsSince<E extends TypedContractEvent>(
  contract: BaseContract,
  filter: TypedDeferredTopicFilter<E>,
  provider: Provider,
  startBlock: number,
): Promise<TypedEventLog<E>[]> {
  const read = async (from: number, to: number): Promise<TypedEventLog<E>[]> =>
    (await contract.queryFilter(filter, from, to)) as unknown as TypedEventLog<E>[];
  return readInRanges(startBlock, await provider.getBlockNumber(), read, { least: LEAST_RANGE });
}
