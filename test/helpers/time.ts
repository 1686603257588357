import { mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { ethers, network } from "hardhat";

/** Second of the latest block. */
export const now = (): Promise<number> => time.latest();

/** Carries out `action` (one transaction) in a block of exactly that second. */
export async function at<T>(second: number | bigint, action: () => Promise<T>): Promise<T> {
  await time.setNextBlockTimestamp(second);
  return action();
}

/** Makes `second` the present: what is read from now on is as of it. */
export const moveTo = (second: number | bigint): Promise<void> => time.increaseTo(second);

/** Lets `seconds` pass and returns the second that it is then. */
export const pass = (seconds: number): Promise<number> => time.increase(seconds);

/** The second of the block that a transaction was mined in. */
export async function secondOf(sent: { getBlock(): Promise<{ timestamp: number } | null> }): Promise<number> {
  const block = await sent.getBlock();
  if (block === null) throw new Error("The transaction is not mined yet: await it before asking for its second");
  return block.timestamp;
}

/** Give it to transactions that are mined together: by default each asks for a whole block. */
export const ROOM = { gasLimit: 1_000_000n };

/**
 * Mines transactions in one block of exactly that second, in their order; give each `ROOM`. Returns whether each came
 * through: a failure does not throw.
 */
export async function together(
  second: number,
  ...actions: (() => Promise<{ hash: string }>)[]
): Promise<("done" | "reverted")[]> {
  await network.provider.send("evm_setAutomine", [false]);
  const sent = [];
  try {
    for (const action of actions) sent.push(await action());
    await time.setNextBlockTimestamp(second);
    await mine();
  } finally {
    await network.provider.send("evm_setAutomine", [true]);
  }
  const receipts = await Promise.all(sent.map(({ hash }) => ethers.provider.getTransactionReceipt(hash)));
  return receipts.map((receipt) => {
    if (receipt === null) throw new Error("Not all fit in one block: give each transaction ROOM");
    return receipt.status === 1 ? "done" : "reverted";
  });
}
