import "@nomicfoundation/hardhat-toolbox";

import { availableParallelism, totalmem } from "node:os";
import path from "node:path";

import { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, TASK_TEST_GET_TEST_FILES } from "hardhat/builtin-tasks/task-names";
import { extendEnvironment, type HardhatUserConfig, subtask } from "hardhat/config";
import type { SolcBuild } from "hardhat/types";

import { SOLC_SETTINGS, SOLC_VERSION } from "./scripts/compile/settings";

// Hardhat's network has one thing to do at a time: more threads only wake each other. Memory that it does not need after an
// answer it needs again for the next, so it gives back to the system only what it did not need for a second. Without these
// two the kernel takes up to twice its time in tests; if nothing were given back, a process of tests would grow to 6 GB.
process.env["TOKIO_WORKER_THREADS"] ??= "1";
process.env["MIMALLOC_PURGE_DELAY"] ??= "1000";

// The compiler is the npm package `solc`, pinned by the lock file: the same bytes everywhere, and no download at build time.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async ({ solcVersion }: { solcVersion: string }): Promise<SolcBuild> => {
  const { default: solc } = (await import("solc")) as { default: { version(): string } };
  const longVersion = solc.version().replace(/\.Emscripten\.clang$/, "");
  if (!longVersion.startsWith(`${solcVersion}+`)) {
    throw new Error(`hardhat.config.ts asks for solc ${solcVersion}, but the installed package is ${longVersion}`);
  }
  return { version: solcVersion, longVersion, compilerPath: require.resolve("solc/soljson.js"), isSolcJs: true };
});

// Instrumented contracts must not overwrite the real artifacts nor the committed types; .solcover.js has the other half.
const coverage = process.argv.includes("coverage");

/** The tests that take longest begin first: no process is left with one of them when the others have nothing to do. */
const LONGEST = [
  "deploy/tampering.test.ts",
  "invariants/model.test.ts",
  "slashing/Disputes.paths.test.ts",
  "keeper/ops/vain.test.ts",
];

// Only `*.test.ts` are tests; helpers, fixtures, behaviours and checkers live beside them and are imported.
subtask(TASK_TEST_GET_TEST_FILES, async ({ testFiles }: { testFiles: string[] }, hre, runSuper): Promise<string[]> => {
  const files = (await runSuper()) as string[];
  if (testFiles.length > 0) return files;
  const tests = files.filter((file) => file.endsWith(".test.ts"));
  const longest = LONGEST.map((name) => path.join(hre.config.paths.tests, name));
  return [...longest, ...tests.filter((file) => !longest.includes(file))];
});

// The plugin's `ethers` is a proxy that writes a stack trace on every use, and it makes all signers anew for every contract
// that is deployed: together a third of the time of ordinary tests. The object behind it, with signers made once, does the
// same. Coverage keeps the proxy, which waits until coverage has changed the network.
extendEnvironment((hre) => {
  if (coverage) return;
  const ethers = { ...hre.ethers };
  let signers: ReturnType<typeof ethers.getSigners> | undefined;
  hre.ethers = { ...ethers, getSigners: async () => [...(await (signers ??= ethers.getSigners()))] };
});

/** What a process of tests takes at most, bytes, and what the machine has for all of them. */
const OF_A_WORKER = 0.9e9;
const memory = Math.min(totalmem(), process.constrainedMemory() || totalmem());
/** One process more than the cores: a quarter of the time tests wait, for a node, a clock or another process. */
const workers = Math.max(1, Math.min(availableParallelism() + 1, Math.floor(memory / OF_A_WORKER)));

const config: HardhatUserConfig = {
  solidity: {
    version: SOLC_VERSION,
    settings: SOLC_SETTINGS,
  },
  paths: {
    sources: "contracts",
    tests: "test",
    cache: coverage ? "cache/coverage/cache" : "cache",
    // Another folder holds contracts with a planted mistake, for the stateful model to find: see `planned` in its driver.
    artifacts: coverage ? "cache/coverage/artifacts" : (process.env["MODEL_ARTIFACTS"] ?? "artifacts"),
  },
  networks: {
    hardhat: {
      chainId: 31337,
      hardfork: "prague",
      allowUnlimitedContractSize: false,
      accounts: { count: 40 },
    },
  },
  typechain: {
    outDir: coverage ? "cache/coverage/typechain-types" : "typechain-types",
    target: "ethers-v6",
  },
  gasReporter: {
    enabled: process.env["REPORT_GAS"] === "true",
    offline: true,
  },
  mocha: {
    // What is instrumented for coverage runs several times as long.
    timeout: coverage ? 480_000 : 120_000,
    jobs: workers,
    // For the processes of `hardhat test --parallel`.
    require: ["hardhat/register", path.join(__dirname, "test/helpers/leanWorker.ts")],
    forbidOnly: process.env["CI"] === "true",
  },
};

export default config;
