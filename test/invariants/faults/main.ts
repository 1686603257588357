/**
 * `npm run model:faults`: brings each fault back and demands that the model alone finds it within its default budget. Prints a
 * table; exits 1 where one was not found. FAULTS="F1 F7" in the environment names some of them.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { z } from "zod";

import { build } from "./build";
import { type Fault, FAULTS } from "./patches";

const foundSchema = z.object({
  seed: z.number(),
  steps: z.number(),
  seconds: z.number(),
  calls: z.string().optional(),
  drawn: z.string().optional(),
  again: z.string().optional(),
  what: z.string().optional(),
  first: z.string().optional(),
});
type Found = z.infer<typeof foundSchema>;

/** Seconds that a shorter story is looked for. */
const SHRINK_SECONDS = "30";

async function play(fault: Fault): Promise<Found> {
  const artifacts = await build(fault);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [require.resolve("hardhat/internal/cli/bootstrap"), "run", "--no-compile", "test/invariants/faults/play.ts"],
    { env: { ...process.env, MODEL_ARTIFACTS: artifacts, MODEL_SHRINK: SHRINK_SECONDS }, maxBuffer: 2 ** 26 },
  );
  return foundSchema.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
}

function rowOf({ id, what }: Fault, { what: as = "**not found**", seed, steps, calls, drawn }: Found): string {
  const shortest = calls === undefined ? "" : `${calls}, ${drawn}`;
  return `| ${id} | ${what} | ${as} | ${seed} | ${steps} | ${shortest} |`;
}

async function main(): Promise<void> {
  const wanted = (process.env["FAULTS"] ?? "").split(" ").filter((id) => id !== "");
  const faults = FAULTS.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const missed: string[] = [];
  console.log("| fault | what happens | found as | seed | calls until then | shortest story: calls, of them drawn |");
  console.log("| --- | --- | --- | ---: | ---: | ---: |");
  for (const fault of faults) {
    const found = await play(fault);
    console.log(rowOf(fault, found));
    if (found.what === undefined) missed.push(fault.id);
    else console.error(`${fault.id}: ${found.first}\n    ${found.again}`);
  }
  if (missed.length > 0) {
    console.error(`The model does not find ${missed.join(", ")} within its default budget`);
    process.exitCode = 1;
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
