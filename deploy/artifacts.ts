import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { DeployError } from "./errors";

const hex = z.string().regex(/^0x[0-9a-zA-Z_$]*$/);
const position = z.object({ start: z.number().int().nonnegative(), length: z.number().int().positive() });
const positions = z.record(z.string(), z.array(position));
const links = z.record(z.string(), positions);

const artifactSchema = z.object({
  contractName: z.string(),
  sourceName: z.string(),
  abi: z.array(z.record(z.string(), z.unknown())),
  bytecode: hex,
  deployedBytecode: hex,
  linkReferences: links,
  deployedLinkReferences: links,
  immutableReferences: positions.optional(),
});

/** A place in bytecode, in bytes. */
export type Position = z.infer<typeof position>;

/** What the compiler made of one contract. */
export interface Artifact extends Omit<z.infer<typeof artifactSchema>, "immutableReferences"> {
  /** For each immutable, the places in `deployedBytecode` that creation fills in. */
  readonly immutableReferences: Readonly<Record<string, readonly Position[]>>;
}

/** Where compiled contracts come from. */
export interface ArtifactSource {
  /** The artifact of `path/of/Source.sol:Contract`. */
  read(qualifiedName: string): Artifact;
}

const debugSchema = z.object({ buildInfo: z.string() });

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8")) as unknown;
}

/**
 * Compiled contracts from the directory that `hardhat compile` writes. This is all the deployment knows of Hardhat, and
 * it is only the layout of files: Hardhat 2 keeps the places of immutables in the build info that `<name>.dbg.json`
 * leads to, Hardhat 3 in the artifact itself; both are read.
 */
export function artifactsFromDisk(directory: string): ArtifactSource {
  const artifacts = new Map<string, Artifact>();
  const buildInfos = new Map<string, unknown>();

  const immutablesOf = (base: string, sourceName: string, contractName: string): Artifact["immutableReferences"] => {
    const { buildInfo } = debugSchema.parse(readJson(`${base}.dbg.json`));
    const file = path.resolve(path.dirname(base), buildInfo);
    const info = buildInfos.get(file) ?? readJson(file);
    buildInfos.set(file, info);
    const compiled = z.object({ evm: z.object({ deployedBytecode: z.object({ immutableReferences: positions }) }) });
    const output = z.object({
      output: z.object({
        contracts: z.object({ [sourceName]: z.object({ [contractName]: compiled }) }),
      }),
    });
    const { contracts } = output.parse(info).output;
    return contracts[sourceName]?.[contractName]?.evm.deployedBytecode.immutableReferences ?? {};
  };

  const load = (qualifiedName: string): Artifact => {
    const [source = "", name = ""] = qualifiedName.split(":");
    const base = path.join(directory, source, name);
    if (!existsSync(`${base}.json`)) {
      throw new DeployError(
        "ARTIFACT_MISSING",
        `There is no compiled ${qualifiedName} under ${directory}.`,
        "run `npm run compile`, then this again.",
      );
    }
    const { immutableReferences, ...artifact } = artifactSchema.parse(readJson(`${base}.json`));
    return { ...artifact, immutableReferences: immutableReferences ?? immutablesOf(base, source, name) };
  };

  return {
    read(qualifiedName) {
      const artifact = artifacts.get(qualifiedName) ?? load(qualifiedName);
      artifacts.set(qualifiedName, artifact);
      return artifact;
    },
  };
}
