import path from "node:path";

import { build } from "esbuild";

const ROOT = path.join(__dirname, "../..");
/** Packages with binaries of their own. They are found beside the bundle's directory, so that must be in the project. */
const EXTERNAL = ["libsql", "pg", "pg-native", "bufferutil", "utf-8-validate"];

/** Compiles the keeper into one file, which starts in a fraction of the time. */
export async function bundleKeeper(directory: string): Promise<string> {
  const outfile = path.join(directory, "keeper.cjs");
  await build({
    entryPoints: [path.join(ROOT, "keeper/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: EXTERNAL,
    logLevel: "error",
  });
  return outfile;
}
