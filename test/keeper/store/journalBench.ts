/**
 * How large the journal grows and how long `status` takes; for people.
 *
 *   npx tsx test/keeper/store/journalBench.ts
 */
import { statSync } from "node:fs";
import { join } from "node:path";

import { pino } from "pino";

import { ChainStore } from "../../../keeper/store/chainStore";
import { Journal } from "../../../keeper/store/journal";
import { JournalUpkeep } from "../../../keeper/store/journalUpkeep";
import { openDatabase } from "../../../keeper/store/open";
import { readStatus } from "../../../keeper/store/status";
import { blockAt, stepTo } from "../../helpers/chainSteps";
import { DEPLOYMENT, temporaryDirectory } from "../../helpers/databases";
import { TOKEN, toyRules } from "../../helpers/toyRules";

const PER_TRANSACTION = 100;

async function measure(transactions: number, perTransaction: number): Promise<void> {
  const file = join(temporaryDirectory(), "keeper.sqlite");
  const database = await openDatabase(file, { deployment: DEPLOYMENT, log: pino({ level: "silent" }) });
  const store = await ChainStore.open(database, toyRules, { madeBy: "toy", depth: 128 });
  const journal = new Journal(database, `0x${"c0".repeat(20)}`);
  for (let nonce = 0; nonce < transactions; nonce++) {
    const duties = Array.from({ length: perTransaction }, (_, index) => ({
      key: `expire 1-${nonce * perTransaction + index}`,
      dueAt: 1_795_286_865,
      token: TOKEN,
      tenant: `0x${(index % 7).toString(16).repeat(40)}`,
    }));
    const hash = `0x${nonce.toString(16).padStart(64, "0")}`;
    const raw = `0x${"ab".repeat(180 + 32 * perTransaction)}`;
    const fees = { maxFeePerGas: 30_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n };
    const about = { kind: "expire" as const, fees, gasLimit: 10_000_000n, signedBlock: nonce, sent: false };
    await journal.record({ nonce, attempt: 0, hash, raw, duties, ...about }, 1_795_286_865 + nonce * 12);
    const block = { number: nonce + 1, hash };
    const earned = { [TOKEN]: "1500000" };
    await journal.mined(nonce, { hash, block, reverted: false, gasUsed: 9_000_000n, feePaid: 10n ** 15n, earned });
  }
  await store.advance(stepTo(blockAt(transactions + 9_000), undefined, []));
  await store.advance(stepTo(blockAt(transactions + 10_000), blockAt(transactions + 9_000), []));
  await report("as it is");
  const upkeep = new JournalUpkeep(database, { depth: 140, keepSeconds: 30 * 86_400, keepBytes: 64_000_000 });
  const began = performance.now();
  for (let hour = 0; hour < 11; hour++) {
    const head = blockAt(transactions + 10_000);
    await upkeep.tend({ ...head, timestamp: head.timestamp + hour * 3_600 });
  }
  await report(`after upkeep of ${Math.round(performance.now() - began)} ms`);
  await database.close();

  async function report(when: string): Promise<void> {
    const began = performance.now();
    const { accounts } = await readStatus(database);
    const took = Math.round(performance.now() - began);
    await database.query("PRAGMA wal_checkpoint(TRUNCATE)");
    const [free] = await database.query("PRAGMA freelist_count");
    const bytes = statSync(file).size - 4_096 * Number(free?.["freelist_count"]);
    const duties = transactions * perTransaction;
    console.log(
      `${when}: ${transactions} transactions, ${duties} duties: ${(bytes / 1e6).toFixed(2)} MB ` +
        `(${((bytes / duties) * 0.01).toFixed(2)} MB per 10,000 duties), status ${took} ms, ${accounts[0]?.done} done`,
    );
  }
}

async function main(): Promise<void> {
  await measure(100, PER_TRANSACTION);
  await measure(100_000, 1);
}

void main();
