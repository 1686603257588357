import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";

import { z } from "zod";

import { hardhatHas } from "./hardhatOutput";
import { CompilerPool } from "./pool";
import { SOLC_SETTINGS, SOLC_VERSION } from "./settings";
import { type Sources, SourceTree } from "./sources";

/** How far compiling is. */
export interface CompileProgress {
  readonly done: number;
  readonly total: number;
  /** The contract that was just compiled; none at the beginning. */
  readonly contract?: string;
}

interface Job {
  /** `path/of/Source.sol:Contract`. */
  readonly contract: string;
  readonly sources: Sources;
  /** Of everything that the result depends on. */
  readonly inputHash: string;
  readonly file: string;
}

/** Each compiler takes some hundred megabytes. */
const MOST_COMPILERS = 4;
const OUTPUT = ["abi", "evm.bytecode", "evm.deployedBytecode"];

const links = z.record(z.string(), z.record(z.string(), z.array(z.unknown())));
const code = z.object({
  object: z.string(),
  linkReferences: links,
  immutableReferences: z.record(z.string(), z.array(z.unknown())).optional(),
});
const outputSchema = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({ abi: z.array(z.unknown()), evm: z.object({ bytecode: code, deployedBytecode: code }) }),
      ),
    )
    .default({}),
});

/**
 * Compiles contracts and nothing else, each by itself, on as many cores as there are; what did not change is not compiled
 * again. Returns the directory of the artifacts: that of Hardhat, where it has them all.
 */
export async function compileContracts(
  root: string,
  contracts: readonly string[],
  onProgress: (progress: CompileProgress) => void,
): Promise<string> {
  const tree = new SourceTree(root);
  const directory = path.join(root, "cache/contracts");
  const jobs = contracts.map((contract) => jobOf(tree, contract, directory));
  if (hardhatHas(root, contracts, Object.assign({}, ...jobs.map(({ sources }) => sources)) as Sources)) {
    return path.join(root, "artifacts");
  }
  const due = jobs.filter((job) => !isFresh(job)).sort((a, b) => sizeOf(b) - sizeOf(a));
  if (due.length === 0) return directory;

  const pool = new CompilerPool(Math.min(due.length, MOST_COMPILERS, availableParallelism()));
  let finished = 0;
  onProgress({ done: 0, total: due.length });
  try {
    await Promise.all(
      due.map(async (job) => {
        write(job, await pool.compile(inputOf(job)));
        const [, name] = namesOf(job.contract);
        onProgress({ done: ++finished, total: due.length, contract: name });
      }),
    );
  } finally {
    await pool.close();
  }
  return directory;
}

function namesOf(contract: string): [source: string, name: string] {
  const [source = "", name = ""] = contract.split(":");
  return [source, name];
}

function jobOf(tree: SourceTree, contract: string, directory: string): Job {
  const [source, name] = namesOf(contract);
  const sources = tree.closureOf(source);
  const everything = JSON.stringify([SOLC_VERSION, SOLC_SETTINGS, OUTPUT, contract, sources]);
  const inputHash = createHash("sha256").update(everything).digest("hex");
  return { contract, sources, inputHash, file: path.join(directory, source, `${name}.json`) };
}

function isFresh({ file, inputHash }: Job): boolean {
  try {
    return z.object({ inputHash: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).inputHash === inputHash;
  } catch {
    return false; // not compiled yet, or half written by a version before this one
  }
}

/** A guess of how long it takes: the longest go first, so that no core waits for another in the end. */
function sizeOf({ sources }: Job): number {
  return Object.values(sources).reduce((sum, content) => sum + content.length, 0);
}

function inputOf({ contract, sources }: Job): string {
  const [source, name] = namesOf(contract);
  return JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
    settings: { ...SOLC_SETTINGS, outputSelection: { [source]: { [name]: OUTPUT } } },
  });
}

/** Writes an artifact as Hardhat lays them out, whole or not at all. */
function write({ contract, file, inputHash }: Job, answer: string): void {
  const [sourceName, contractName] = namesOf(contract);
  const { errors, contracts } = outputSchema.parse(JSON.parse(answer));
  const faults = errors.filter(({ severity }) => severity === "error").map(({ formattedMessage }) => formattedMessage);
  if (faults.length > 0) throw new Error(`${contract} does not compile:\n${faults.join("\n")}`);
  const compiled = contracts[sourceName]?.[contractName];
  if (compiled === undefined) throw new Error(`${sourceName} has no contract ${contractName}`);
  const { abi, evm } = compiled;
  const artifact = {
    inputHash,
    contractName,
    sourceName,
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
    linkReferences: evm.bytecode.linkReferences,
    deployedLinkReferences: evm.deployedBytecode.linkReferences,
    immutableReferences: evm.deployedBytecode.immutableReferences ?? {},
  };
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(artifact));
  renameSync(`${file}.${process.pid}`, file);
}
