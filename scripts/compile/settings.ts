/** The compiler and how it is asked: for Hardhat, and for compiling without it. */

export const SOLC_VERSION = "0.8.37";

export const SOLC_SETTINGS = {
  viaIR: true,
  optimizer: { enabled: true, runs: 200 },
  evmVersion: "cancun",
  metadata: { bytecodeHash: "none" },
} as const;
