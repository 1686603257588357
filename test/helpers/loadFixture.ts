import { loadFixture as restore, time } from "@nomicfoundation/hardhat-network-helpers";

/**
 * Hardhat's `loadFixture`, with the chain's clock where the fixture left it: the node alone would let the next block be
 * as much later as the test run is old, and after ten minutes every provider of a fixture would be dark.
 */
export async function loadFixture<T>(fixture: () => Promise<T>): Promise<T> {
  const loaded = await restore(fixture);
  await time.setNextBlockTimestamp((await time.latest()) + 1);
  return loaded;
}
