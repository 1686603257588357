import type { Observed } from "./observed";
import { describeScenario } from "./scenario";
import { passed } from "./tally";
import type { Verdict } from "./verdict";

const COLUMNS = ["run", "seed", "blocks", "txs", "sent", "due", "own", "forks", "kills", "faults", "lag", "s"] as const;
const WIDTH = 7;

/** The names of the columns. */
export function tableHead(): string {
  return `${COLUMNS.map((name) => name.padStart(WIDTH)).join("")}  verdict  scenario`;
}

/** One run in a line. */
export function tableRow(seen: Observed, verdict: Verdict, run: number): string {
  const sum = (counts: ReadonlyMap<unknown, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
  const cells = [
    run,
    seen.scenario.seed,
    seen.blocks,
    verdict.mined,
    verdict.broadcast,
    verdict.due,
    verdict.done,
    seen.forks,
    sum(seen.kills),
    sum(seen.faults),
    verdict.lag,
    (seen.ms / 1_000).toFixed(1),
  ];
  const word = passed(verdict) ? "ok     " : "FAILED ";
  return `${cells.map((cell) => `${cell}`.padStart(WIDTH)).join("")}  ${word}  ${describeScenario(seen.scenario)}`;
}
