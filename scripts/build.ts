/**
 * `npm run build -- --out <directory> [--commit <hash>]`: compiles `leasehold` into one file of JavaScript, and puts beside it
 * the packages that have binaries of their own. The directory needs Node and nothing else.
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { build } from "esbuild";
import { z } from "zod";

const ROOT = path.join(__dirname, "..");
/** Packages with binaries: they cannot be put into a file of JavaScript. */
const BINARY = ["libsql"];
/** Packages that others ask for and do without. */
const OPTIONAL = ["pg-native", "bufferutil", "utf-8-validate"];

const manifestSchema = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

/** A package and all that it needs, as far as it is installed: of optional ones, those for this platform. */
function withDependencies(names: readonly string[], found = new Set<string>()): ReadonlySet<string> {
  for (const name of names) {
    const manifest = path.join(ROOT, "node_modules", name, "package.json");
    if (found.has(name) || !existsSync(manifest)) continue;
    found.add(name);
    const { dependencies, optionalDependencies } = manifestSchema.parse(JSON.parse(readFileSync(manifest, "utf8")));
    withDependencies([...Object.keys(dependencies), ...Object.keys(optionalDependencies)], found);
  }
  return found;
}

/** Compiles the program into a directory, where `scripts/leasehold.js` starts it. Returns that file. */
export async function buildProgram(out: string, commit = "unknown"): Promise<string> {
  const outfile = path.join(out, "scripts", "leasehold.js");
  await build({
    entryPoints: [path.join(ROOT, "scripts/leasehold.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: [...BINARY, ...OPTIONAL],
    define: { LEASEHOLD_COMMIT: JSON.stringify(commit) },
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "error",
  });
  for (const name of withDependencies(BINARY)) {
    const to = path.join(out, "node_modules", name);
    mkdirSync(path.dirname(to), { recursive: true });
    cpSync(path.join(ROOT, "node_modules", name), to, { recursive: true, dereference: true });
  }
  return outfile;
}

if (require.main === module) {
  const options = { out: { type: "string" }, commit: { type: "string" } } as const;
  const { out, commit } = parseArgs({ options }).values;
  if (out === undefined) {
    process.stderr.write("error: write --out <directory>, and --commit <hash> where it is known\n");
    process.exitCode = 2;
  } else {
    void buildProgram(out, commit).then((file) => void process.stdout.write(`${file}\n`));
  }
}
