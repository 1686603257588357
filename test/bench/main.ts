/** What the keeper can carry: `npm run bench:keeper`. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";

import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";

import { coldStart, drain, Stand } from "./bench";
import { type Crowd, crowd } from "./crowd";

const CACHE = path.join(__dirname, "../../cache/bench");
const BLOCK_GAS = 30_000_000;
const DAY = 86_400;
const MOST_BLOCKS = 1.1;
const MOST_SECONDS = 60;
const MOST_MIB = 256;
const MOST_CALLS = 3;

interface Options {
  readonly same: number;
  readonly cold: number;
  readonly blockMs: number;
  readonly json?: true;
}

/** A measure and its limit. */
interface Line {
  readonly what: string;
  readonly measured: number;
  readonly most: number;
  readonly unit: string;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("write a whole number");
  return value;
}

async function bench({ same, cold, blockMs, json }: Options): Promise<number> {
  const say = (text: string): void => void (json === true ? process.stderr : process.stdout).write(`${text}\n`);
  mkdirSync(CACHE, { recursive: true });
  const directory = mkdtempSync(path.join(CACHE, "run-"));
  const lines: Line[] = [];
  try {
    const on = async <T>(chain: Crowd, work: (stand: Stand) => Promise<T>): Promise<T> => {
      const stand = await Stand.open(chain, directory);
      try {
        return await work(stand);
      } finally {
        await stand.close();
      }
    };
    if (same > 0) {
      const chain = await crowd(CACHE, { leases: same, tenants: 50, duration: 1_500, together: true }, say);
      const { ended, blocks, fewest, gas, transactions, filled, memory } = await on(chain, (stand) => {
        return drain(stand, chain, blockMs, BLOCK_GAS);
      });
      say(
        `${same} leases that end in one second: ${transactions} transactions, ${(gas / 1e6).toFixed(1)} M gas, by block: ${filled.join(", ")} M.`,
      );
      lines.push(
        { what: `${same} in one second: left over`, measured: same - ended, most: 0, unit: "leases" },
        {
          what: `${same} in one second: blocks, of ${fewest} by gas alone`,
          measured: blocks,
          most: Math.floor(MOST_BLOCKS * fewest),
          unit: "blocks",
        },
        { what: `${same} in one second: memory`, measured: memory, most: MOST_MIB, unit: "MiB" },
      );
    }
    if (cold > 0) {
      const chain = await crowd(CACHE, { leases: cold, tenants: 100, duration: 200 * DAY, together: false }, say);
      const { seconds, memory, warmSeconds, callsPerBlock } = await on(chain, (stand) => coldStart(stand, chain, 250));
      lines.push(
        { what: `${cold} open: cold start`, measured: seconds, most: MOST_SECONDS, unit: "s" },
        { what: `${cold} open: start with a store`, measured: warmSeconds, most: MOST_SECONDS, unit: "s" },
        { what: `${cold} open: memory`, measured: memory, most: MOST_MIB, unit: "MiB" },
        { what: `${cold} open: RPC calls`, measured: callsPerBlock, most: MOST_CALLS, unit: "per block" },
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }

  const missed = lines.filter(({ measured, most }) => measured > most);
  const table = new Table({ head: ["what", "measured", "at most", "", ""], style: { head: [], border: [] } });
  for (const { what, measured, most, unit } of lines) {
    table.push([what, round(measured), round(most), unit, measured > most ? "MISSED" : "ok"]);
  }
  say(table.toString());
  if (json === true) process.stdout.write(`${JSON.stringify({ lines, missed: missed.length }, null, 1)}\n`);
  return missed.length === 0 ? 0 : 1;
}

function round(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(2);
}

const program = new Command("bench:keeper")
  .description("how many blocks ten thousand leases take that end at once, and what a hundred thousand cost to watch")
  .option("--same <number>", "leases that end in one second; 0: leave it out", whole, 10_000)
  .option("--cold <number>", "leases at a cold start; 0: leave it out", whole, 100_000)
  .option("--block-ms <number>", "milliseconds of the machine between two blocks", whole, 12_000)
  .option("--json", "the result on stdout, progress on stderr");
void program
  .parseAsync()
  .then(() => bench(program.opts<Options>()))
  .then((code) => {
    process.exitCode = code;
  })
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  });
