import type { BaseContract, Provider } from "ethers";

import type { TypedContractEvent, TypedDeferredTopicFilter, TypedEventLog } from "../../typechain-types/common";

/** Below this many blocks a refusal is no matter of the range. */
const LEAST_RANGE = 100;

/**
 * All events of one kind since a block. Nodes limit how many blocks one question may span, each in its own way: a range
 * that is refused is halved.
 */
export async function eventsSince<E extends TypedContractEvent>(
  contract: BaseContract,
  filter: TypedDeferredTopicFilter<E>,
  provider: Provider,
  startBlock: number,
): Promise<TypedEventLog<E>[]> {
  const head = await provider.getBlockNumber();
  const found: TypedEventLog<E>[] = [];
  let range = Math.max(1, head - startBlock + 1);
  for (let from = startBlock; from <= head;) {
    const to = Math.min(head, from + range - 1);
    try {
      found.push(...((await contract.queryFilter(filter, from, to)) as unknown as TypedEventLog<E>[]));
      from = to + 1;
    } catch (error) {
      if (range <= LEAST_RANGE) throw error;
      range = Math.ceil(range / 2);
    }
  }
  return found;
}
