/**
 * The committed typechain-types/ are what the compiled contracts generate. Run after `hardhat compile --no-typechain`.
 *
 *   npx tsx test/lint/typechain-fresh.ts
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import { glob, runTypeChain } from "typechain";

const COMMITTED = "typechain-types";

/** Relative path -> content of every file under a directory. */
function contents(root: string): Map<string, string> {
  if (!existsSync(root)) return new Map();
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(root, file), readFileSync(file, "utf8")];
    }),
  );
}

export function differences(committed: Map<string, string>, fresh: Map<string, string>): string[] {
  const names = [...new Set([...committed.keys(), ...fresh.keys()])].sort();
  return names.flatMap((name) => {
    if (!fresh.has(name)) return [`${name}: left over, no contract generates it`];
    if (!committed.has(name)) return [`${name}: missing`];
    return committed.get(name) === fresh.get(name) ? [] : [`${name}: out of date`];
  });
}

/** Generates as the Hardhat plugin does, into another directory. */
async function generate(outDir: string): Promise<void> {
  const cwd = process.cwd();
  const artifacts = glob(cwd, [`${cwd}/artifacts/!(build-info)/**/+([a-zA-Z0-9_]).json`]);
  if (artifacts.length === 0) return;
  await runTypeChain({
    cwd,
    allFiles: artifacts,
    filesToProcess: artifacts,
    outDir,
    target: "ethers-v6",
    flags: {
      alwaysGenerateOverloads: false,
      discriminateTypes: false,
      tsNocheck: false,
      environment: "hardhat",
      node16Modules: false,
    },
  });
}

async function main(): Promise<void> {
  // Inside the project, so that the generated paths and their formatting come out alike.
  const temporary = mkdtempSync(path.join(process.cwd(), ".typechain-fresh-"));
  try {
    await generate(temporary);
    const fresh = contents(temporary);
    const found = differences(contents(COMMITTED), fresh);
    for (const line of found) console.error(`${COMMITTED}/${line}`);
    console.log(`Generated types: ${fresh.size} files, ${found.length} differences`);
    if (found.length > 0) {
      console.error("Run `npm run build:types` and commit the result.");
      process.exitCode = 1;
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

if (require.main === module) void main();
