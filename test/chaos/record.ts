import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Observed } from "./observed";
import { describeScenario } from "./scenario";
import { passed } from "./tally";
import type { Verdict } from "./verdict";

/** A run for machines. */
export function resultOf(seen: Observed, verdict: Verdict): Record<string, unknown> {
  const { scenario, blocks, forks, deepestFork, kills, fates, starts, faults, calls, ms } = seen;
  return {
    seed: scenario.seed,
    scenario: describeScenario(scenario),
    passed: passed(verdict),
    ...verdict,
    money: Object.fromEntries(Object.entries(verdict.money).map(([name, value]) => [name, `${value}`])),
    excused: Object.fromEntries(verdict.excused),
    blocks,
    forks,
    deepestFork,
    starts,
    kills: Object.fromEntries(kills),
    stores: Object.fromEntries(fates),
    injected: Object.fromEntries(faults),
    calls,
    ms,
  };
}

/** Writes all that is known of a run into a file named by its seed. */
export function keepRecord(directory: string, seen: Observed, verdict: Verdict): void {
  mkdirSync(directory, { recursive: true });
  const { scenario, lines, reading, broadcasts, foreign, story } = seen;
  const text = [
    JSON.stringify(scenario, null, 1),
    JSON.stringify(resultOf(seen, verdict), null, 1),
    "--- mined transactions of the keeper's account",
    ...reading.transactions.map(({ nonce, hash, block, time }) => {
      const what = foreign.has(hash) ? "foreign" : (reading.named.get(hash) ?? []).join(", ");
      return `nonce ${nonce} ${hash} in block ${block} at ${time}: ${what}`;
    }),
    "--- what happened to leases and disputes",
    ...reading.deeds.map(({ duty, block, time, hash }) => `${duty} in block ${block} at ${time} by ${hash}`),
    "--- what the keeper broadcast",
    ...[...broadcasts.all.values()].map(({ nonce, hash, maxFee, store, journalled }) => {
      return `nonce ${nonce} ${hash} max fee ${maxFee}, store ${store}, journalled ${journalled}`;
    }),
    "--- what the harness did",
    ...story,
    "--- what the keeper said",
    ...lines,
  ];
  writeFileSync(path.join(directory, `${scenario.seed}.log`), `${text.join("\n")}\n`);
}
