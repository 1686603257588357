import fc from "fast-check";

import { Broken } from "../promises/broken";
import { ALL_KINDS, weightOf } from "./kinds";
import { noNumbers, type Numbers } from "./play";
import { type Failure, type Look, run, type Step } from "./run";
import { shrink } from "./shrink";

/**
 * What the environment may change: MODEL_SEED, MODEL_RUNS, MODEL_STEPS, MODEL_PATH (one run of them), MODEL_SHRINK, and
 * MODEL_SHOW, which has the test say what happened how often. MODEL_ARTIFACTS, which `hardhat.config.ts` reads, names the
 * folder of the contracts under test, where these are others than the project's: a copy with a planted mistake.
 */
export interface Plan {
  seed: number;
  runs: number;
  /** Per run. */
  steps: number;
  path: string | undefined;
  /** Seconds to look for a shorter story of a failure. */
  shrinkSeconds: number;
  show: boolean;
}

/** How it went; `report` says all that is needed to see a failure again. */
export interface Verdict {
  numbers: Numbers;
  seconds: number;
  failure: { what: string; report: string } | undefined;
}

/** The default budget: about a minute. */
export const DEFAULT_RUNS = 11;
export const DEFAULT_STEPS = 420;

const NUMBERS_PER_STEP = 40;
const PERCENT_TOGETHER = 8;

const whole = (name: string, otherwise: number): number => {
  const value = Number(process.env[name] ?? otherwise);
  if (!Number.isInteger(value)) throw new Error(`${name} is no whole number: write ${name}=${otherwise}`);
  return value;
};

/** `npm test` plays a quarter of the runs, and `npm run fuzz` all of them. */
const brief = process.env["BRIEF"] === "true";

export const planned = (runs: number, steps: number): Plan => ({
  seed: whole("MODEL_SEED", 20_261_121),
  runs: whole("MODEL_RUNS", brief ? Math.ceil(runs / 4) : runs),
  steps: whole("MODEL_STEPS", steps),
  path: process.env["MODEL_PATH"],
  shrinkSeconds: whole("MODEL_SHRINK", 60),
  show: process.env["MODEL_SHOW"] !== undefined,
});

/** Steps as fast-check draws them. */
export function anySteps(length: number): fc.Arbitrary<Step[]> {
  const kinds = ALL_KINDS.map((kind) => ({ weight: weightOf(kind), arbitrary: fc.constant(kind) }));
  const number = fc.noBias(fc.nat());
  const step = fc.record({
    kind: fc.oneof(...kinds),
    together: fc.noBias(fc.nat({ max: 99 })).map((draw) => draw < PERCENT_TOGETHER),
    numbers: fc.array(number, { minLength: NUMBERS_PER_STEP, maxLength: NUMBERS_PER_STEP }),
  });
  return fc.array(step, { minLength: length, maxLength: length });
}

/** Runs the plan; after the first failure it looks for a shorter story of it and stops. See `run` for `look`. */
export async function campaign({ seed, runs, steps, path, shrinkSeconds }: Plan, look?: Look): Promise<Verdict> {
  const numbers = noNumbers();
  const begin = Date.now();
  let failure: Failure | undefined;
  const property = fc.asyncProperty(anySteps(steps), async (drawn) => {
    failure = await run(drawn, numbers, look);
    if (failure !== undefined) throw failure.error;
  });
  const parameters = { seed, numRuns: runs, endOnFailure: true, ...(path === undefined ? {} : { path }) };
  const details = await fc.check(property, parameters);
  const seconds = (Date.now() - begin) / 1_000;
  if (failure === undefined) return { numbers, seconds, failure: undefined };

  const { steps: drawn, failure: shortest } = await shrink(details.counterexample![0], failure, shrinkSeconds, look);
  const what = whatOf(failure.error);
  const again = `MODEL_SEED=${seed} MODEL_RUNS=${runs} MODEL_STEPS=${steps} MODEL_PATH=${details.counterexamplePath}`;
  const report = [
    `${shortest.error instanceof Broken ? shortest.error.message : shortest.error.stack}`,
    `Again: ${again}`,
    `${shortest.lines.length} calls, ${drawn} of them drawn, lead there (the first ones open the market):`,
    ...shortest.lines.map((line, index) => `${String(index + 1).padStart(4)}  ${line}`),
  ].join("\n");
  return { numbers, seconds, failure: { what, report } };
}

const whatOf = (error: Error): string => (error instanceof Broken ? error.what : "TEST");
