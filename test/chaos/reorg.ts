import { type Block, BLOCK_SECONDS, type Chain } from "./chain";
import type { Random } from "./random";
import { data } from "./rpc";

/** Base fees of a fork's blocks differ by this much, so that no block is the one that it replaces. */
const MARK = 7n;

/**
 * Takes back `depth` blocks and makes one more than that instead. A share of the transactions that were in them is mined
 * again, each as high as before or one block higher; the others are gone from the node, as after a fork they may be.
 * Returns the new head, and the hashes of all transactions that were in those blocks.
 */
export async function reorganise(
  chain: Chain,
  depth: number,
  kept: number,
  baseFee: bigint,
  random: Random,
  afterRollback: () => Promise<void>,
): Promise<{ readonly head: Block; readonly takenBack: readonly string[] }> {
  const head = await chain.head();
  const base = await chain.blockAt(head.number - depth);
  const lost: { offset: number; raw: string }[] = [];
  const takenBack: string[] = [];
  for (let number = base.number + 1; number <= head.number; number++) {
    const { transactions } = await chain.blockAt(number);
    takenBack.push(...transactions);
    for (const hash of transactions) {
      const raw = await chain.rpc.ask(data.nullable(), "eth_getRawTransactionByHash", hash);
      if (raw !== null && random.chance(kept)) lost.push({ offset: number - base.number + random.int(0, 1), raw });
    }
  }
  await chain.rollback(depth);
  await afterRollback();
  const span = head.timestamp + BLOCK_SECONDS - base.timestamp;
  let tip = base;
  for (let offset = 1; offset <= depth + 1; offset++) {
    for (const { offset: at, raw } of lost) {
      // One that does not fit any more is lost, too.
      if (at === offset) await chain.rpc.send("eth_sendRawTransaction", raw).catch(() => undefined);
    }
    const timestamp = base.timestamp + Math.max(offset, Math.floor((span * offset) / (depth + 1)));
    await chain.rpc.send("anvil_setNextBlockBaseFeePerGas", `0x${(baseFee + MARK).toString(16)}`);
    await chain.rpc.send("evm_mine", { timestamp });
    tip = { ...tip, number: base.number + offset };
  }
  return { head: await chain.head(), takenBack };
}
