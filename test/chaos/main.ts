/** The fault harness: `npm run chaos -- --runs 200 --seed 1`, `npm run chaos -- --drill fleet`. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";

import { bundleKeeper } from "./bundle";
import { DRILLS, type Kit, LONG_DRILLS } from "./drills";
import { preparedWorld } from "./prepared";
import { keepRecord, resultOf } from "./record";
import { ACTIVE_KINDS, LASTING_KINDS, type LastingKind } from "./lasting";
import type { Observed } from "./observed";
import { play } from "./run";
import { scenarioOf } from "./scenario";
import { tableHead, tableRow } from "./table";
import { passed, Tally } from "./tally";
import { judge, type Verdict } from "./verdict";

/** In the project, so that the bundle finds the packages that it does not contain. */
const CACHE = path.join(__dirname, "../../cache");
/** In memory where there is such a directory: thousands of stores are flushed to it. */
const SHARED_MEMORY = "/dev/shm";
const NAMED = 5;

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly jobs: number;
  readonly attempts: number;
  readonly drill?: string;
  readonly kinds?: LastingKind[];
  readonly also?: LastingKind[];
  readonly json?: true;
  readonly keepFailed?: string;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("write a whole number");
  return value;
}

function lastingKinds(text: string): LastingKind[] {
  if (text === "all") return [...LASTING_KINDS];
  return text.split(",").map((name) => {
    const kind = LASTING_KINDS.find((each) => each === name.trim());
    if (kind === undefined) throw new InvalidArgumentError(`write all, or some of: ${LASTING_KINDS.join(", ")}`);
    return kind;
  });
}

async function main(options: Options): Promise<number> {
  const say = (text: string): void => void (options.json === true ? process.stderr : process.stdout).write(`${text}\n`);
  for (const name of ["chaos", "bench"]) mkdirSync(path.join(CACHE, name), { recursive: true });
  const prepared = await preparedWorld(path.join(CACHE, "chaos"), say);
  const directory = mkdtempSync(path.join(CACHE, "chaos", "run-"));
  try {
    const program = [await bundleKeeper(directory), "run"];
    const kit = { prepared, program, directory, cache: path.join(CACHE, "bench"), say };
    return options.drill === undefined ? await chaos(kit, options) : await drill(kit, options.drill, options);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function chaos(kit: Kit, options: Options): Promise<number> {
  const { runs, seed: first, jobs, attempts, json, keepFailed, kinds, also } = options;
  const { prepared, program, say } = kit;
  const choice = { active: kinds === undefined ? ACTIVE_KINDS : new Set(kinds), forced: also ?? [] };
  const directory = mkdtempSync(path.join(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), "leasehold-chaos-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const began = Date.now();
  say(`${runs} runs from seed ${first}, ${jobs} at a time.\n${tableHead()}`);
  const tally = new Tally();
  const results: unknown[] = [];
  let next = first;
  const work = async (): Promise<void> => {
    while (next < first + runs) {
      const seed = next++;
      const home = path.join(directory, `${seed}`);
      try {
        const once = async (): Promise<{ seen: Observed; verdict: Verdict }> => {
          const seen = await play(prepared, program, scenarioOf(seed, choice), home);
          return { seen, verdict: judge(seen) };
        };
        let { seen, verdict } = await once();
        for (let played = 1; played < attempts && !passed(verdict); played++) {
          say(`${tableRow(seen, verdict, tally.runs)}\n${faultsOf(verdict)}\n      It is played once more.`);
          if (keepFailed !== undefined) keepRecord(keepFailed, seen, verdict);
          rmSync(home, { recursive: true, force: true });
          ({ seen, verdict } = await once());
        }
        tally.add(seed, seen, verdict);
        results.push(resultOf(seen, verdict));
        say(tableRow(seen, verdict, tally.runs));
        if ((runs === 1 || !passed(verdict)) && keepFailed !== undefined) keepRecord(keepFailed, seen, verdict);
        if (passed(verdict)) continue;
        say(faultsOf(verdict));
        say(`      again: npm run chaos -- --runs 1 --seed ${seed} --keep-failed <directory>`);
      } catch (error) {
        tally.broken(seed);
        say(`seed ${seed} could not be played: ${reasonOf(error)}`);
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    }
  };
  await Promise.all([...Array(Math.min(jobs, runs)).keys()].map(work));
  for (const line of tally.summary(first, (Date.now() - began) / 1_000)) say(line);
  if (json === true) process.stdout.write(`${JSON.stringify({ summary: tally.result(), runs: results }, null, 1)}\n`);
  return tally.good ? 0 : 1;
}

function faultsOf({ lost, double, faults }: Verdict): string {
  const all = [...lost.map((duty) => `lost: ${duty}`), ...double.map((text) => `double: ${text}`), ...faults];
  return all
    .slice(0, NAMED)
    .map((fault) => `      ${fault}`)
    .join("\n");
}

async function drill(kit: Kit, wanted: string, { json }: Options): Promise<number> {
  const names = wanted === "all" ? Object.keys(DRILLS).filter((name) => !LONG_DRILLS.has(name)) : wanted.split(",");
  const table = new Table({ head: ["what", "measured", "at most", ""], style: { head: [], border: [] } });
  const measures = [];
  for (const name of names) {
    const carryOut = DRILLS[name];
    if (carryOut === undefined)
      throw new Error(`There is no drill ${name}: write ${Object.keys(DRILLS).join(", ")} or all.`);
    kit.say(`Drill: ${name}.`);
    measures.push(...(await carryOut(kit)));
  }
  for (const { what, measured, most } of measures) {
    table.push([what, `${measured}`, `${most}`, measured > most ? "MISSED" : "ok"]);
  }
  kit.say(table.toString());
  if (json === true) process.stdout.write(`${JSON.stringify({ measures }, null, 1)}\n`);
  return measures.every(({ measured, most }) => measured <= most) ? 0 : 1;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const program = new Command("chaos")
  .description("plays keepers against chains with faults, and compares what came of it with what was due")
  .option("--runs <number>", "how many", whole, 20)
  .option("--seed <number>", "of the first run; the others follow", whole, 1)
  .option("--jobs <number>", "at a time", whole, 6)
  .option("--attempts <number>", "times that a run may fail: which processes are faster is not in the seed", whole, 1)
  .option("--drill <names>", `instead of runs: ${Object.keys(DRILLS).join(", ")}, or all`)
  .option("--kinds <names>", "of faults that last, which runs may have; otherwise those that are active", lastingKinds)
  .option("--also <names>", "faults that last and that every run has", lastingKinds)
  .option("--json", "the result on stdout, progress on stderr")
  .option("--keep-failed <directory>", "write what is known of failed runs there");
void program
  .parseAsync()
  .then(() => main(program.opts<Options>()))
  .then((code) => process.exit(code))
  .catch((error: unknown) => {
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exit(1);
  });
