/** Plays the model's default campaign on the artifacts that MODEL_ARTIFACTS names; prints as JSON what it found. */
import { campaign, DEFAULT_RUNS, DEFAULT_STEPS, planned } from "../driver/campaign";

async function main(): Promise<void> {
  const plan = planned(DEFAULT_RUNS, DEFAULT_STEPS);
  const { numbers, seconds, failure } = await campaign(plan);
  const [, calls, drawn] = /^(\d+) calls, (\d+) of them drawn/m.exec(failure?.report ?? "") ?? [];
  const again = /^Again: (.*)$/m.exec(failure?.report ?? "")?.[1];
  const first = failure?.report.split("\n")[0];
  console.log(
    JSON.stringify({ seed: plan.seed, steps: numbers.steps, seconds, calls, drawn, again, what: failure?.what, first }),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
