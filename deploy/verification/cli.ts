import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { artifactsFromDisk } from "../artifacts";
import { DeployError } from "../errors";
import type { Environment } from "../key";
import type { Output } from "../output";
import { readParameters } from "../parameters";
import { PROTOCOL } from "../protocol";
import { compilationsFromDisk } from "./compilation";
import { type Material, materialsOf } from "./material";
import { etherscan, sourcify } from "./verifier";

const API_KEY = "VERIFIER_API_KEY";
const LOOKS = 40;

const sourcesOptions = z.object({
  networkFile: z.string(),
  artifacts: z.string(),
  out: z.string().optional(),
  only: z.array(z.string()).optional(),
});
const verifyOptions = sourcesOptions.extend({
  verifier: z.url({ protocol: /^https?$/, error: "--verifier must be a URL, as https://api.etherscan.io/v2/api" }),
  api: z.enum(["etherscan", "sourcify"], { error: "--api must be etherscan or sourcify" }),
  pause: z.coerce.number({ error: "--pause must be seconds" }).min(0).max(600),
});

/** Options as they were typed, checked. */
function parsed<T>(schema: z.ZodType<T>, raw: unknown): T {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ message }) => message).join("; ");
  throw new DeployError("OPTIONS", `The options are wrong: ${faults}.`, "see `npm run deploy -- verify --help`.");
}

function selected({ networkFile, artifacts, only }: z.infer<typeof sourcesOptions>): {
  chainId: number;
  materials: Material[];
} {
  const parameters = readParameters(networkFile);
  const all = materialsOf(parameters, PROTOCOL, artifactsFromDisk(artifacts), compilationsFromDisk(artifacts));
  const unknown = (only ?? []).filter((name) => all.every((material) => material.name !== name));
  if (unknown.length > 0) {
    throw new DeployError(
      "OPTIONS",
      `There is no contract ${unknown.join(", ")}.`,
      `name some of ${all.map(({ name }) => name).join(", ")}.`,
    );
  }
  const materials = all.filter(({ name }) => only === undefined || only.includes(name));
  return { chainId: parameters.chainId, materials };
}

/** Writes what a verifier wants into files, for people who submit by hand. */
function sources(raw: unknown, out: Output): number {
  const options = parsed(sourcesOptions, raw);
  const { chainId, materials } = selected(options);
  const directory = options.out ?? path.join("verification", String(chainId));
  mkdirSync(directory, { recursive: true });
  const index = materials.map(({ name, address, contract, compiler, input, constructorArguments }) => {
    const files = { input: `${name}.input.json`, constructorArguments: `${name}.arguments.txt` };
    writeFileSync(path.join(directory, files.input), `${JSON.stringify(input, null, 2)}\n`);
    writeFileSync(path.join(directory, files.constructorArguments), `${constructorArguments}\n`);
    return { name, address, contract, compiler, ...files };
  });
  writeFileSync(path.join(directory, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
  out.line(`Wrote standard JSON input and constructor arguments of ${materials.length} contracts to ${directory}.`);
  return 0;
}

async function verify(raw: unknown, environment: Environment, out: Output): Promise<number> {
  const options = parsed(verifyOptions, raw);
  const { chainId, materials } = selected(options);
  const apiKey = environment[API_KEY] === "" ? undefined : environment[API_KEY];
  const settings = { url: options.verifier, chainId, apiKey, pause: options.pause, looks: LOOKS };
  const submit = options.api === "sourcify" ? sourcify(settings) : etherscan(settings);
  const refused: string[] = [];
  for (const material of materials) {
    const { verified, words } = await submit(material);
    out.line(`${verified ? "verified" : "refused "}  ${material.name}  ${material.address}  ${words}`);
    if (!verified) refused.push(material.name);
  }
  if (refused.length === 0) {
    out.line(`All ${materials.length} contracts are verified.`);
    return 0;
  }
  out.error(
    `${refused.length} of ${materials.length} contracts are not verified: ${refused.join(", ")}.\n` +
      "Next: check that this checkout and network file are those of the deployment (npm run deploy -- status), and run " +
      `again with --only ${refused.join(" ")}.`,
  );
  return 1;
}

/** Adds the commands that publish sources. Neither needs a node: all follows from the network file and the checkout. */
export function addVerification(
  program: Command,
  environment: Environment,
  out: Output,
  ended: (code: number) => void,
): void {
  const common = (command: Command): Command =>
    command
      .requiredOption("--network-file <path>", "reviewed parameters of the network, as deploy/networks/local.json")
      .option("--artifacts <path>", "directory of compiled contracts", "artifacts")
      .option("--only <names...>", "contracts by the names of the address book, and create3Factory (default: all)");
  common(program.command("sources"))
    .description(
      "write standard JSON input and constructor arguments of each contract, for verifiers; needs no network",
    )
    .option("--out <directory>", "where to (default: verification/<chain id>)")
    .action((options: unknown) => ended(sources(options, out)));
  common(program.command("verify"))
    .description(`submit the sources of all contracts to a verifier (its API key, if it wants one: ${API_KEY})`)
    .requiredOption("--verifier <url>", "as https://api.etherscan.io/v2/api, or https://sourcify.dev/server")
    .option("--api <name>", "etherscan (version 2; Blockscout speaks it too) or sourcify (version 2)", "etherscan")
    .option("--pause <seconds>", "between two looks at what was submitted", "5")
    .action(async (options: unknown) => ended(await verify(options, environment, out)));
}
