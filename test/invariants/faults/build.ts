/** Compiles the contracts with a fault brought back, into a folder of artifacts of its own. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { config } from "hardhat";
import { z } from "zod";

import type { Fault } from "./patches";

interface Compiler {
  compile(input: string, callbacks: { import(name: string): { contents: string } }): string;
}

const bytecode = z.object({ object: z.string(), linkReferences: z.record(z.string(), z.unknown()) });
const outputSchema = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z.record(
    z.string(),
    z.record(z.string(), z.object({ evm: z.object({ bytecode, deployedBytecode: bytecode }) })),
  ),
});
const artifactSchema = z.record(z.string(), z.unknown());

/** A source under contracts/ with the fault's changes; fails where one does not apply exactly once. */
export function patched(source: string, file: string, { id, changes }: Fault): string {
  return changes
    .filter((change) => change.file === file)
    .reduce((text, { now, then }) => {
      const found = text.split(now).length - 1;
      if (found !== 1) throw new Error(`${id}: the text to change occurs ${found} times in contracts/${file}:\n${now}`);
      return text.replace(now, () => then);
    }, source);
}

function sourcesWith(fault: Fault): Record<string, { content: string }> {
  const root = config.paths.sources;
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".sol"));
  return Object.fromEntries(
    files.map((file) => [
      `contracts/${file}`,
      { content: patched(readFileSync(path.join(root, file), "utf8"), file, fault) },
    ]),
  );
}

/** Where the artifacts with this fault are. */
export const folderOf = ({ id }: Fault): string => path.join(config.paths.root, "cache", "faults", id);

/** Compiles what the fault changes; everything else is as `npm run compile` left it. */
export async function build(fault: Fault): Promise<string> {
  const { default: solc } = (await import("solc")) as { default: Compiler };
  const { settings } = config.solidity.compilers[0]!;
  const outputSelection = Object.fromEntries(
    Object.entries(fault.compiled).map(([file, contract]) => [
      `contracts/${file}`,
      { [contract]: ["evm.bytecode", "evm.deployedBytecode"] },
    ]),
  );
  const input = { language: "Solidity", sources: sourcesWith(fault), settings: { ...settings, outputSelection } };
  const find = (name: string) => ({ contents: readFileSync(require.resolve(name), "utf8") });
  const output = outputSchema.parse(JSON.parse(solc.compile(JSON.stringify(input), { import: find })));
  const errors = output.errors.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(`${fault.id}: ${errors.map((error) => error.formattedMessage).join("\n")}`);

  const folder = folderOf(fault);
  rmSync(folder, { recursive: true, force: true });
  cpSync(config.paths.artifacts, folder, { recursive: true, filter: (source) => !source.includes("build-info") });
  for (const [file, contract] of Object.entries(fault.compiled)) {
    const target = path.join(folder, "contracts", file, `${contract}.json`);
    const artifact = artifactSchema.parse(JSON.parse(readFileSync(target, "utf8")));
    const { evm } = output.contracts[`contracts/${file}`]![contract]!;
    const changed = {
      bytecode: `0x${evm.bytecode.object}`,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
      linkReferences: evm.bytecode.linkReferences,
      deployedLinkReferences: evm.deployedBytecode.linkReferences,
    };
    if (artifact["bytecode"] === changed.bytecode) {
      throw new Error(`${fault.id}: ${contract} compiles to what is there already: run \`npm run compile\` first`);
    }
    writeFileSync(target, JSON.stringify({ ...artifact, ...changed }));
  }
  return folder;
}
