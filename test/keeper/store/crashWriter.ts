/** Brings steps into the database at argv[2], and tells each number when it is there, until it is killed. */
import { pino } from "pino";

import { ChainStore } from "../../../keeper/store/chainStore";
import { openDatabase } from "../../../keeper/store/open";
import { blockAt, stepTo } from "../../helpers/chainSteps";
import { DEPLOYMENT } from "../../helpers/databases";
import { toyRules } from "../../helpers/toyRules";

/** Leases that a step opens. */
export const PER_STEP = 250;
export const OPTIONS = { madeBy: "toy", depth: 1_000 };

async function main(url: string): Promise<void> {
  const database = await openDatabase(url, { deployment: DEPLOYMENT, log: pino({ level: "silent" }) });
  const store = await ChainStore.open(database, toyRules, OPTIONS);
  for (;;) {
    const tip = await store.tip();
    const number = (tip?.number ?? 0) + 1;
    await database.query(
      "INSERT INTO transactions (account, nonce, attempt, hash, raw, kind, duties, max_fee, priority_fee, gas_limit, signed_block, signed_at, sent) " +
        "VALUES ('0xme', $1, 1, $2, '0x', 'expire', '[]', '1', '1', '1', 1, 1, 0) ON CONFLICT DO NOTHING",
      [number, `0x${number}`],
    );
    process.stdout.write(`signed ${number}\n`);
    const leases = Array.from({ length: PER_STEP }, (_, index) => number * PER_STEP + index);
    const said = leases.map((lease) => ({ lease, type: "LeaseOpened", duration: 5_000 }) as const);
    await store.advance(stepTo(blockAt(number), tip, said));
    process.stdout.write(`stepped ${number}\n`);
  }
}

if (require.main === module) void main(String(process.argv[2]));
