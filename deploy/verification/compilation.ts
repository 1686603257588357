import { existsSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { readText } from "../../sdk/text";
import { DeployError } from "../errors";

const sources = z.record(z.string(), z.object({ content: z.string() }));
const inputSchema = z.object({
  language: z.string(),
  sources,
  settings: z.looseObject({ libraries: z.unknown().optional(), outputSelection: z.unknown() }),
});

/** Input of the compiler, as its documentation calls "standard JSON". */
export type StandardInput = z.infer<typeof inputSchema>;

/** What one contract was compiled from. */
export interface Compilation {
  /** As verifiers call it: `v0.8.37+commit.f401782d`. */
  readonly compiler: string;
  /** The sources that this contract needs, and no others. */
  readonly input: StandardInput;
}

const debugSchema = z.object({ buildInfo: z.string() });
const buildInfoSchema = z.object({
  solcLongVersion: z.string(),
  input: inputSchema,
  output: z.object({ contracts: z.record(z.string(), z.record(z.string(), z.object({ metadata: z.string() }))) }),
});
type BuildInfo = z.infer<typeof buildInfoSchema>;
const metadataSchema = z.object({ sources: z.record(z.string(), z.unknown()) });

const readJson = (file: string): unknown => JSON.parse(readText(file)) as unknown;

/** What contracts were compiled from, as `hardhat compile` keeps it beside the artifacts. */
export function compilationsFromDisk(directory: string): (qualifiedName: string) => Compilation {
  const buildInfos = new Map<string, BuildInfo>();
  const buildInfoOf = (file: string): BuildInfo => {
    const info = buildInfos.get(file) ?? buildInfoSchema.parse(readJson(file));
    buildInfos.set(file, info);
    return info;
  };
  return (qualifiedName) => {
    const [source = "", name = ""] = qualifiedName.split(":");
    const debug = path.join(directory, source, `${name}.dbg.json`);
    if (!existsSync(debug)) {
      throw new DeployError(
        "ARTIFACT_MISSING",
        `There is no compiled ${qualifiedName} under ${directory}.`,
        "run `npm run compile`, then this again.",
      );
    }
    const file = path.resolve(path.dirname(debug), debugSchema.parse(readJson(debug)).buildInfo);
    const { solcLongVersion, input, output } = buildInfoOf(file);
    // The compiler lists in a contract's metadata what it read for it.
    const { metadata = "" } = output.contracts[source]?.[name] ?? {};
    const needed = Object.keys(metadataSchema.parse(JSON.parse(metadata)).sources);
    return {
      compiler: `v${solcLongVersion}`,
      input: {
        language: input.language,
        sources: Object.fromEntries(needed.map((key) => [key, sources.valueType.parse(input.sources[key])])),
        settings: input.settings,
      },
    };
  };
}
