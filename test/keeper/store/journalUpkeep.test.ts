import { expect } from "chai";

import { ChainStore } from "../../../keeper/store/chainStore";
import type { Database, Queries } from "../../../keeper/store/database";
import { Journal } from "../../../keeper/store/journal";
import { JOURNAL_STEPS, JOURNAL_VERSION } from "../../../keeper/store/journalSteps";
import { JournalUpkeep } from "../../../keeper/store/journalUpkeep";
import { readStatus } from "../../../keeper/store/status";
import { blockAt, stepTo } from "../../helpers/chainSteps";
import { onEachDatabase, type TestDatabase } from "../../helpers/databases";
import { TOKEN, toyRules } from "../../helpers/toyRules";

const DAY = 86_400;
const FEE = 10n ** 15n;
const DEPTH = 10;
const ACCOUNT = "0xMine";
const options = { depth: DEPTH, keepSeconds: 30 * DAY, keepBytes: 10 ** 9 };

describe("Upkeep of the journal (ATK-KPR-21)", () => {
  onEachDatabase((make) => {
    let made: TestDatabase;
    let database: Database;
    let journal: Journal;
    let store: ChainStore;

    beforeEach(async () => {
      made = await make();
      database = await made.connect();
      store = await ChainStore.open(database, toyRules, { madeBy: "toy", depth: DEPTH });
      journal = new Journal(database, ACCOUNT);
    });

    const attemptOf = (nonce: number, attempt = 0, perTransaction = 1) => ({
      nonce,
      attempt,
      hash: `0x${nonce}-${attempt}`,
      raw: `0x${"ab".repeat(200)}`,
      kind: "expire" as const,
      duties: Array.from({ length: perTransaction }, (_, index) => ({
        key: `expire ${nonce}-${index}`,
        dueAt: 5,
        token: TOKEN,
        tenant: "0x00000000000000000000000000000000000000e1",
      })),
      fees: { maxFeePerGas: 30n, maxPriorityFeePerGas: 1n },
      gasLimit: 100_000n,
      signedBlock: nonce,
      sent: false,
    });

    /** Signs and mines in block `nonce`, on day `day` of the chain. */
    async function mine(
      nonce: number,
      day: number,
      more: { reverted?: boolean; isEmpty?: boolean } = {},
    ): Promise<void> {
      await journal.record(attemptOf(nonce), 0);
      const block = { number: nonce, hash: `0xb${nonce}` };
      const isVain = more.reverted === true || more.isEmpty === true;
      const earned = isVain ? {} : { [TOKEN]: "1500" };
      const mined = { hash: `0x${nonce}-0`, block, reverted: false, gasUsed: 1n, feePaid: FEE, earned, ...more };
      await journal.mined(nonce, mined, day * DAY + 7);
    }

    /** The chain at block `number`, of which only `DEPTH` blocks can be taken back. */
    async function chainAt(number: number): Promise<void> {
      const tip = await store.tip();
      const bottom = blockAt(number - DEPTH);
      await store.advance(stepTo(bottom, tip, []));
      await store.advance(stepTo(blockAt(number), bottom, []));
    }

    const rowsOf = (columns: string): Promise<unknown> =>
      database.query(`SELECT ${columns} FROM transactions ORDER BY nonce, attempt`);
    const tend = (head: { number: number; timestamp: number }, more: Partial<typeof options> = {}): Promise<void> =>
      new JournalUpkeep(database, { ...options, ...more }).tend(head);

    it("drops the signed bytes of what no fork takes back, and nothing of what one may, or of what is open", async () => {
      await mine(1, 3);
      await mine(95, 3);
      await journal.record(attemptOf(96), 0);
      await chainAt(100);
      await tend(blockAt(100));
      expect(await rowsOf("nonce, length(raw) AS bytes, counted, outcome")).to.deep.equal([
        { nonce: 1, bytes: 0, counted: 1, outcome: "done" },
        { nonce: 95, bytes: 402, counted: 0, outcome: "done" },
        { nonce: 96, bytes: 402, counted: 0, outcome: null },
      ]);
      const [first] = await database.query("SELECT duties FROM transactions WHERE nonce = 1");
      expect(first).to.deep.equal({ duties: '[{"key":"expire 1-0","dueAt":5}]' });
      expect((await journal.open()).map(({ nonce, attempts: [one] }) => [nonce, one?.raw.length])).to.deep.equal([
        [96, 402],
      ]);
      expect([...(await journal.minedAfter(90))]).to.deep.equal(["expire 95-0"]);
    });

    it("leaves alone what is above the deepest tip that one can go back to, however old", async () => {
      await mine(50, 3);
      await store.advance(stepTo(blockAt(40), undefined, []));
      await store.advance(stepTo(blockAt(1_000), blockAt(40), []));
      await tend(blockAt(1_000));
      expect(await rowsOf("nonce, counted")).to.deep.equal([{ nonce: 50, counted: 0 }]);
      await store.revertTo(blockAt(40), blockAt(1_000));
      expect((await journal.open()).map(({ nonce }) => nonce)).to.deep.equal([50]);
    });

    it("keeps the sums of every account and day, by outcome and token, exact to the wei and counted once", async () => {
      await mine(1, 3);
      await mine(2, 3);
      await mine(3, 4, { reverted: true });
      await mine(4, 4, { isEmpty: true });
      await journal.record(attemptOf(5), 0);
      await journal.record(attemptOf(5, 1), 0);
      await journal.foreign(5, { number: 5, hash: "0xb5", timestamp: 4 * DAY });
      await mine(99, 4);
      const before = await readStatus(database);
      await chainAt(100);
      for (let times = 0; times < 2; times++) {
        await tend(blockAt(100));
        const { accounts, days } = await readStatus(database);
        expect({ accounts, days }).to.deep.equal({ accounts: before.accounts, days: before.days });
      }
      expect(before.days).to.deep.equal([
        {
          day: "1970-01-05",
          done: 1,
          reverted: 1,
          empty: 1,
          foreign: 1,
          spent: 3n * FEE,
          inVain: 2n * FEE,
          earned: { [TOKEN]: 1_500n },
        },
        {
          day: "1970-01-04",
          done: 2,
          reverted: 0,
          empty: 0,
          foreign: 0,
          spent: 2n * FEE,
          inVain: 0n,
          earned: { [TOKEN]: 3_000n },
        },
      ]);
      expect(before.accounts).to.deep.equal([
        {
          account: ACCOUNT,
          done: 3,
          reverted: 1,
          empty: 1,
          foreign: 1,
          spent: 5n * FEE,
          inVain: 2n * FEE,
          earned: { [TOKEN]: 4_500n },
        },
      ]);
    });

    it("has status read sums, and not every transaction that ever was", async function () {
      this.timeout(60_000);
      const closed = 600;
      for (let nonce = 1; nonce <= closed; nonce++) await mine(nonce, 3);
      await chainAt(closed + 100);
      await tend(blockAt(closed + 100));
      let rows = 0;
      const counting: Queries = {
        query: async (sql, parameters) => {
          const found = await database.query(sql, parameters);
          rows += found.length;
          return found;
        },
      };
      const { accounts } = await readStatus(counting);
      expect(accounts[0]?.done).to.equal(closed);
      expect(rows).to.be.lessThan(20);
    });

    it("forgets what is too old, or too much, the oldest first, and never the sums", async () => {
      for (let nonce = 1; nonce <= 6; nonce++) await mine(nonce, nonce);
      await journal.record(attemptOf(7), 0);
      await chainAt(100);
      const before = await readStatus(database);
      await tend({ number: 100, timestamp: 33 * DAY }, { keepSeconds: 30 * DAY });
      expect(await rowsOf("nonce")).to.deep.equal([3, 4, 5, 6, 7].map((nonce) => ({ nonce })));
      await tend({ number: 100, timestamp: 33 * DAY }, { keepBytes: 1_500 });
      expect(await rowsOf("nonce")).to.deep.equal([5, 6, 7].map((nonce) => ({ nonce })));
      await tend({ number: 100, timestamp: 33 * DAY }, { keepBytes: 1 });
      expect(await rowsOf("nonce")).to.deep.equal([{ nonce: 7 }]);
      const after = await readStatus(database);
      expect({ accounts: after.accounts, days: after.days }).to.deep.equal({
        accounts: before.accounts,
        days: before.days,
      });
    });

    it("takes 10,000 duties from megabytes to a fraction", async () => {
      const size = async (): Promise<number> => {
        const [row] = await database.query("SELECT sum(length(raw) + length(duties)) AS size FROM transactions");
        return Number(row?.["size"]);
      };
      for (let nonce = 1; nonce <= 20; nonce++) {
        const raw = `0x${"ab".repeat(180 + 32 * 500)}`;
        await journal.record({ ...attemptOf(nonce, 0, 500), raw }, 0);
        const block = { number: nonce, hash: `0xb${nonce}` };
        const earned = { [TOKEN]: "1" };
        await journal.mined(nonce, { hash: `0x${nonce}-0`, block, reverted: false, gasUsed: 1n, feePaid: 1n, earned });
      }
      await chainAt(100);
      const before = await size();
      await tend(blockAt(100));
      expect(before).to.be.greaterThan(2_000_000);
      expect(await size()).to.be.lessThan(350_000);
    });

    it("lets a nonce be signed for again that a fork deeper than all gave back, and counts it once", async () => {
      await mine(1, 3);
      await mine(2, 3);
      await chainAt(100);
      await tend(blockAt(100));
      expect(await journal.reopen(2)).to.equal(false);
      await journal.record({ ...attemptOf(2), hash: "0xagain" }, 9 * DAY);
      expect(
        (await journal.open()).map(({ nonce, attempts }) => [nonce, attempts.map(({ hash }) => hash)]),
      ).to.deep.equal([[2, ["0xagain"]]]);
      expect((await readStatus(database)).accounts).to.deep.include.members([
        {
          account: ACCOUNT,
          done: 1,
          reverted: 0,
          empty: 0,
          foreign: 0,
          spent: FEE,
          inVain: 0n,
          earned: { [TOKEN]: 1_500n },
        },
      ]);
    });

    it("is shared by keepers of one database without counting anything twice", async () => {
      for (let nonce = 1; nonce <= 40; nonce++) await mine(nonce, 1 + (nonce % 3));
      await chainAt(100);
      const other = await made.connect();
      // Two processes of SQLite wait for each other in their connection, which two of one process cannot do.
      await Promise.all([tend(blockAt(100)), tend(blockAt(100))]);
      await new JournalUpkeep(other, options).tend(blockAt(100));
      expect((await readStatus(database)).accounts[0]).to.deep.include({ done: 40, spent: 40n * FEE });
    });

    it("comes with the journal of an earlier version, of which nothing is lost", async () => {
      await database.query("DROP TABLE days");
      await database.query("DROP TABLE transactions");
      for (const statement of JOURNAL_STEPS[0]?.statements ?? []) await database.query(statement);
      await database.query("UPDATE meta SET value = '1' WHERE name = 'journalVersion'");
      for (const [nonce, block] of [
        [1, 5],
        [2, null],
      ] as const) {
        await database.query(
          "INSERT INTO transactions VALUES ($1, $2, 0, $3, '0xraw', 'expire', '[]', '1', '1', '1', 1, $4, 1, $5, NULL, $6, '9', $7, $8)",
          [ACCOUNT, nonce, `0x${nonce}`, 2 * DAY, block, block && "done", block && "70", block && `{"${TOKEN}":"5"}`],
        );
      }
      database = await made.connect();
      expect(await database.query("SELECT value FROM meta WHERE name = 'journalVersion'")).to.deep.equal([
        { value: String(JOURNAL_VERSION) },
      ]);
      expect((await new Journal(database, ACCOUNT).open()).map(({ nonce }) => nonce)).to.deep.equal([2]);
      expect((await readStatus(database)).days).to.deep.equal([
        {
          day: "1970-01-03",
          done: 1,
          reverted: 0,
          empty: 0,
          foreign: 0,
          spent: 70n,
          inVain: 0n,
          earned: { [TOKEN]: 5n },
        },
      ]);
    });
  });
});
