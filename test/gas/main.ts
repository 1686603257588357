/** `npm run gas`: measures everything, writes gas.md and gas.json, prints the report; fails where a limit is broken. */
import { writeFileSync } from "node:fs";
import path from "node:path";

import { config } from "hardhat";

import { breaches } from "./limits";
import { measureGrowth, measureReport, smallWorld } from "./measure";
import { toMarkdown } from "./page";
import { type Report, toJson } from "./report";

async function main(): Promise<void> {
  const progress = (line: string) => console.error(line);
  const world = await smallWorld();
  const report: Report = { ...(await measureReport(world, progress)), growth: await measureGrowth(world, progress) };
  const page = toMarkdown(report);
  writeFileSync(path.join(config.paths.root, "gas.md"), page);
  writeFileSync(path.join(config.paths.root, "gas.json"), toJson(report));
  console.log(page);

  const broken = breaches(report);
  for (const sentence of broken) console.error(`Limit broken: ${sentence}`);
  if (broken.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
