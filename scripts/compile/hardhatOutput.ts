import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";

import { z } from "zod";

import { SOLC_SETTINGS, SOLC_VERSION } from "./settings";
import type { Sources } from "./sources";

const cacheSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      sourceName: z.string(),
      contentHash: z.string(),
      solcConfig: z.object({ version: z.string(), settings: z.record(z.string(), z.unknown()) }),
    }),
  ),
});

/** Whether what `npm run compile` left under `artifacts/` has these contracts, made of these very sources. */
export function hardhatHas(root: string, contracts: readonly string[], sources: Sources): boolean {
  let text: string;
  try {
    text = readFileSync(path.join(root, "cache/solidity-files-cache.json"), "utf8");
  } catch {
    return false; // never compiled
  }
  const cache = cacheSchema.safeParse(JSON.parse(text));
  if (!cache.success) return false; // written by another version of Hardhat
  const made = new Map(Object.values(cache.data.files).map((file) => [file.sourceName, file]));
  return (
    contracts.every((name) => existsSync(path.join(root, "artifacts", `${name.replace(":", "/")}.json`))) &&
    Object.entries(sources).every(([name, content]) => {
      const file = made.get(name);
      if (file?.contentHash !== createHash("md5").update(content).digest("hex")) return false;
      const { version, settings } = file.solcConfig;
      const ours = Object.fromEntries(Object.keys(SOLC_SETTINGS).map((key) => [key, settings[key]]));
      return version === SOLC_VERSION && isDeepStrictEqual(ours, { ...SOLC_SETTINGS });
    })
  );
}
