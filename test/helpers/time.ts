import { time } from "@nomicfoundation/hardhat-network-helpers";

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
