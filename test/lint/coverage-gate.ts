/**
 * Every line and branch of contracts/ is run by the tests of the contracts.
 *
 *   npx tsx test/lint/coverage-gate.ts
 */
import { existsSync, readFileSync } from "node:fs";

import { z } from "zod";

const share = z.object({ total: z.number(), covered: z.number() });
const summarySchema = z.record(
  z.string(),
  z.object({ lines: share, branches: share, functions: share, statements: share }),
);

export type Summary = z.infer<typeof summarySchema>;

/** What is not covered, a line each: file, kind, how much of it. An empty summary is a fault, too. */
export function gaps(summary: Summary): string[] {
  if ((summary["total"]?.lines.total ?? 0) === 0) return ["nothing was measured"];
  return Object.entries(summary)
    .filter(([file]) => file !== "total")
    .flatMap(([file, kinds]) =>
      Object.entries(kinds)
        .filter(([, { total, covered }]) => covered < total)
        .map(([kind, { total, covered }]) => `${file}: ${covered} of ${total} ${kind}`),
    );
}

/** Returns the exit code. */
export function check(file: string, log: (line: string) => void): number {
  if (!existsSync(file)) {
    log(`Coverage: ${file} does not exist; run \`npm run coverage\``);
    return 1;
  }
  const found = gaps(summarySchema.parse(JSON.parse(readFileSync(file, "utf8"))));
  found.forEach((gap) => log(`Coverage: ${gap}`));
  log(found.length === 0 ? "Coverage: all of contracts/" : `Coverage: ${found.length} gaps`);
  return found.length === 0 ? 0 : 1;
}

if (require.main === module) process.exitCode = check("coverage/coverage-summary.json", console.log);
