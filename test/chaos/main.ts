/** The fault harness: `npm run chaos -- --runs 200 --seed 1`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Command, InvalidArgumentError } from "commander";

import { bundleKeeper } from "./bundle";
import { preparedWorld } from "./prepared";
import { type Observed, play } from "./run";
import { describeScenario, scenarioOf } from "./scenario";
import { tableHead, tableRow } from "./table";
import { passed, Tally } from "./tally";
import { judge, type Verdict } from "./verdict";

/** In the project, so that the bundle finds the packages that it does not contain. */
const CACHE = path.join(__dirname, "../../cache/chaos");
const NAMED = 5;

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly jobs: number;
  readonly json?: true;
  readonly keepFailed?: string;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("write a whole number");
  return value;
}

async function chaos({ runs, seed: first, jobs, json, keepFailed }: Options): Promise<number> {
  const say = (text: string): void => void (json === true ? process.stderr : process.stdout).write(`${text}\n`);
  const began = Date.now();
  mkdirSync(CACHE, { recursive: true });
  const prepared = await preparedWorld(CACHE);
  const directory = mkdtempSync(path.join(CACHE, "run-"));
  const program = await bundleKeeper(directory);
  say(
    `The chain and the keeper are ready after ${seconds(began)} s: ${runs} runs from seed ${first}, ${jobs} at a time.`,
  );

  say(tableHead());
  const tally = new Tally();
  const results: Record<string, unknown>[] = [];
  let next = first;
  const work = async (): Promise<void> => {
    while (next < first + runs) {
      const seed = next++;
      const scenario = scenarioOf(seed);
      const home = path.join(directory, `${seed}`);
      try {
        const seen = await play(prepared, program, scenario, home);
        const verdict = judge(seen);
        tally.add(seed, seen, verdict);
        results.push(row(seen, verdict));
        say(tableRow(seen, verdict, tally.runs));
        if (!passed(verdict)) {
          for (const fault of [
            ...verdict.lost.map((duty) => `lost: ${duty}`),
            ...verdict.double.map((text) => `double: ${text}`),
            ...verdict.faults,
          ].slice(0, NAMED))
            say(`      ${fault}`);
          say(`      again: npm run chaos -- --runs 1 --seed ${seed} --keep-failed <directory>`);
          if (keepFailed !== undefined) keep(keepFailed, seen, verdict);
        }
      } catch (error) {
        tally.broken(seed);
        say(`${seed}: could not be played: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    }
  };
  await Promise.all([...Array(Math.min(jobs, runs)).keys()].map(work));
  rmSync(directory, { recursive: true, force: true });

  const { due, done, lost, double, other, failed, worstLag, happened } = tally;
  const missing = tally.missing();
  const summary = {
    runs: tally.runs,
    due,
    doneByKeeper: done,
    lost,
    double,
    other,
    worstLagBlocks: worstLag,
    seconds: Number(seconds(began)),
    failed,
    happened: Object.fromEntries(happened),
    never: missing,
  };
  if (json === true) process.stdout.write(`${JSON.stringify({ summary, runs: results }, null, 1)}\n`);
  say("");
  say([...happened].map(([what, times]) => `${what}: ${times}`).join("; "));
  if (missing.length > 0) say(`Never happened in ${tally.runs} runs: ${missing.join(", ")}.`);
  say(
    `${tally.runs} runs (seeds ${first} to ${first + runs - 1}): ${due} duties due, ${done} done by the keeper, ${lost} lost, ${double} double, ${other} other faults; worst lag ${worstLag} blocks; ${seconds(began)} s.`,
  );
  if (failed.length > 0)
    say(`Failed: ${failed.sort((a, b) => a - b).join(", ")}. Repeat one by --runs 1 --seed <seed>.`);
  return failed.length === 0 && missing.length === 0 ? 0 : 1;
}

function row(seen: Observed, verdict: Verdict): Record<string, unknown> {
  const { scenario, blocks, forks, kills, starts, faults, calls, ms } = seen;
  const { due, done, lost, double, excused, mined, broadcast, lag } = verdict;
  return {
    seed: scenario.seed,
    scenario: describeScenario(scenario),
    blocks,
    mined,
    broadcast,
    due,
    done,
    forks,
    kills: Object.fromEntries(kills),
    starts,
    injected: Object.fromEntries(faults),
    calls,
    ms,
    lag,
    excused: Object.fromEntries(excused),
    lost,
    double,
    faults: verdict.faults,
    passed: passed(verdict),
  };
}

function keep(directory: string, seen: Observed, verdict: Verdict): void {
  mkdirSync(directory, { recursive: true });
  const { scenario, lines, reading } = seen;
  const text = [
    JSON.stringify(scenario, null, 1),
    JSON.stringify(row(seen, verdict), null, 1),
    ...reading.transactions.map(
      ({ nonce, hash, block, time }) =>
        `nonce ${nonce} ${hash} in block ${block} at ${time}: ${(reading.named.get(hash) ?? []).join(", ")}`,
    ),
    ...reading.deeds.map(({ duty, block, time, hash }) => `${duty} in block ${block} at ${time} by ${hash}`),
    ...[...seen.broadcasts.all.values()].map(
      ({ nonce, hash, maxFee, store, journalled }) =>
        `broadcast nonce ${nonce} ${hash} max fee ${maxFee}, store ${store}, journalled ${journalled}`,
    ),
    ...lines,
  ].join("\n");
  writeFileSync(path.join(directory, `${scenario.seed}.log`), `${text}\n`);
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1_000).toFixed(1);
}

const program = new Command("chaos")
  .description("plays keepers against chains with faults, and compares what came of it with what was due")
  .option("--runs <number>", "how many", whole, 20)
  .option("--seed <number>", "of the first run; the others follow", whole, 1)
  .option("--jobs <number>", "at a time", whole, 6)
  .option("--json", "the result on stdout, progress on stderr")
  .option("--keep-failed <directory>", "write what is known of failed runs there");
void program
  .parseAsync()
  .then(() => chaos(program.opts<Options>()))
  .then((code) => {
    process.exitCode = code;
  })
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  });
