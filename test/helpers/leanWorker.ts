import { reset } from "@nomicfoundation/hardhat-network-helpers";

/** More than a process of tests has after a file, unless its chain holds what nobody goes back to. */
const MUCH = 800 * 2 ** 20;

/** Loaded into each process of `hardhat test --parallel`: the chain of a process that has grown large starts anew. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    if (process.memoryUsage.rss() > MUCH) await reset();
  },
};
