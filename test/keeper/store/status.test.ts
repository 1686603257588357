import { expect } from "chai";
import { getAddress } from "ethers";
import { pino } from "pino";

import { describeStatus } from "../../../keeper/ops/statusReport";
import { ChainStore } from "../../../keeper/store/chainStore";
import { type Database, StoreError } from "../../../keeper/store/database";
import { Journal } from "../../../keeper/store/journal";
import { openToRead } from "../../../keeper/store/openToRead";
import { readStatus } from "../../../keeper/store/status";
import { keepToken } from "../../../keeper/store/tokenStore";
import { WorkStore } from "../../../keeper/store/workStore";
import { blockAt, stepTo } from "../../helpers/chainSteps";
import { DEPLOYMENT, onEachDatabase, type TestDatabase, temporaryDirectory } from "../../helpers/databases";
import { TOKEN, toyRules } from "../../helpers/toyRules";

const LOG = pino({ level: "silent" });
const GWEI = 10n ** 9n;
const attemptOf = (nonce: number, attempt: number, block: number, keys: readonly string[]) => ({
  nonce,
  attempt,
  hash: `0x${nonce}${attempt}`,
  raw: "0x",
  kind: "expire" as const,
  duties: keys.map((key) => ({ key, dueAt: 0, token: TOKEN })),
  fees: { maxFeePerGas: BigInt(30 + attempt) * GWEI, maxPriorityFeePerGas: GWEI },
  gasLimit: 100_000n,
  signedBlock: block,
  sent: false,
});

describe("Status of a store", () => {
  onEachDatabase((make) => {
    let made: TestDatabase;
    let database: Database;

    beforeEach(async () => {
      made = await make();
      database = await made.connect();
      await ChainStore.open(database, toyRules, { madeBy: "toy", depth: 10 });
    });

    async function twoLeases(): Promise<void> {
      const store = await ChainStore.open(database, toyRules, { madeBy: "toy", depth: 10 });
      const first = blockAt(1);
      await store.advance(
        stepTo(first, undefined, [
          { lease: 1, type: "LeaseOpened", duration: 5_000 },
          { lease: 2, type: "LeaseOpened", duration: 5_000 },
          { lease: 1, type: "LeaseActivated", startedAt: 100 },
        ]),
      );
      await store.advance(stepTo(blockAt(52), first, []));
    }

    it("tells the tip, what is open, what is due by kind and since when, and what comes next", async () => {
      await twoLeases();
      const status = await readStatus(database);
      expect(status).to.deep.include({
        chainId: DEPLOYMENT.chainId,
        market: getAddress(DEPLOYMENT.market),
        tip: { number: 52, hash: "0x52", timestamp: 5_200 },
        leases: 2,
        disputes: 0,
        backlog: { duties: 2, dueSince: 3_700 },
        dueByKind: { expire: 1, cancelNoShow: 1 },
        nextDueAt: null,
      });
      expect(describeStatus(status)).to.contain("2 leases not ended").and.to.contain("2 duties due, the first for 25m");
    });

    it("tells what is under way, by the newest attempt of every nonce of every account", async () => {
      await twoLeases();
      const [mine, theirs] = [new Journal(database, "0xMine"), new Journal(database, "0xTheirs")];
      await mine.record(attemptOf(4, 0, 48, ["expire 1-1"]), 4_800);
      await mine.sent({ nonce: 4, attempt: 0 });
      await mine.record(attemptOf(4, 1, 51, ["expire 1-1"]), 5_100);
      await theirs.record({ ...attemptOf(9, 0, 52, ["expire 1-2"]), hash: "0xOther" }, 5_200);
      const status = await readStatus(database);
      expect(status.underWay).to.deep.equal([
        {
          account: "0xMine",
          nonce: 4,
          attempts: 2,
          hash: "0x41",
          kind: "expire",
          duties: ["expire 1-1"],
          maxFeePerGas: 31n * GWEI,
          sinceBlock: 48,
          sent: true,
        },
        {
          account: "0xTheirs",
          nonce: 9,
          attempts: 1,
          hash: "0xOther",
          kind: "expire",
          duties: ["expire 1-2"],
          maxFeePerGas: 30n * GWEI,
          sinceBlock: 52,
          sent: false,
        },
      ]);
      expect(describeStatus(status)).to.contain("4 blocks").and.to.contain("0xOther\n       No node has taken it yet.");
    });

    it("sums what was spent and earned, by account and token, of what was mined and no more", async () => {
      const journal = new Journal(database, "0xMine");
      const block = { number: 60, hash: "0x60" };
      for (const nonce of [0, 1, 2, 3]) await journal.record(attemptOf(nonce, 0, 48, ["expire 1-1"]), 4_800);
      await journal.record(attemptOf(0, 1, 49, ["expire 1-1"]), 4_900);
      const mined = { block, reverted: false, gasUsed: 50_000n, feePaid: 10n ** 15n, earned: { [TOKEN]: "1500" } };
      await journal.mined(0, { ...mined, hash: "0x01" });
      await journal.mined(1, { ...mined, hash: "0x10", earned: { [TOKEN]: "500" } });
      await journal.mined(2, { ...mined, hash: "0x20", reverted: true, earned: {} });
      await journal.foreign(3, block);
      const { accounts } = await readStatus(database);
      expect(accounts).to.deep.equal([
        {
          account: "0xMine",
          done: 2,
          reverted: 1,
          empty: 0,
          foreign: 1,
          spent: 3n * 10n ** 15n,
          inVain: 10n ** 15n,
          earned: { [TOKEN]: 2_000n },
        },
      ]);
    });

    it("shows profit and loss by day, fees in vain apart, and bounties in symbol and decimals once they are known", async () => {
      await twoLeases();
      const journal = new Journal(database, "0xMine");
      const day = 86_400;
      for (const nonce of [0, 1, 2]) await journal.record(attemptOf(nonce, 0, 48, ["expire 1-1"]), 4_800);
      const mined = { block: { number: 60, hash: "0x60" }, reverted: false, gasUsed: 1n, feePaid: 10n ** 15n };
      await journal.mined(0, { ...mined, hash: "0x00", earned: { [TOKEN]: "2500000" } }, 3 * day);
      await journal.mined(1, { ...mined, hash: "0x10", earned: {}, isEmpty: true }, 3 * day + 5);
      await journal.mined(2, { ...mined, hash: "0x20", earned: {}, reverted: true }, 4 * day);
      expect(describeStatus(await readStatus(database))).to.match(
        new RegExp(`1970-01-04 +1 +0 +1 +0 +0\\.002 +0\\.001 +2500000 of ${TOKEN}$`, "m"),
      );
      await keepToken(database, TOKEN, { symbol: "USDC", decimals: 6 });
      const status = await readStatus(database);
      expect(status.tokens).to.deep.equal({ [TOKEN]: { symbol: "USDC", decimals: 6 } });
      const text = describeStatus(status);
      expect(text).to.match(/DAY +DONE +REVERTED +EMPTY +OTHERS' +FEES +IN VAIN +EARNED/);
      expect(text).to.match(
        /1970-01-05 +0 +1 +0 +0 +0\.001 +0\.001\s*\n1970-01-04 +1 +0 +1 +0 +0\.002 +0\.001 +2\.5 USDC$/m,
      );
    });

    it("tells what is left in peace, and who in a fleet is at what, as long as that holds by the chain (ATK-KPR-7)", async () => {
      await twoLeases();
      const work = new WorkStore(database);
      await work.fail("expire 1-1", 5_190);
      await work.claim(["cancelNoShow 1-2", "settle 3-1"], "east", 5_200, 5_320);
      await work.claim(["renew 9-9"], "west", 5_000, 5_120);
      const status = await readStatus(database);
      expect(status.held).to.deep.equal([{ duty: "expire 1-1", failures: 1, until: 5_250, why: "failed 1 time" }]);
      expect(status.claims).to.deep.equal([{ keeper: "east", duties: 2, until: 5_320 }]);
      const text = describeStatus(status);
      expect(text)
        .to.match(/expire 1-1 +failed 1 time/)
        .and.to.match(/east +2/);
    });

    it("is read while a keeper has the store open, and changes nothing", async () => {
      await twoLeases();
      const reader = await openToRead(made.url, LOG);
      try {
        const before = await database.query("SELECT name, value FROM meta ORDER BY name");
        expect((await readStatus(reader)).leases).to.equal(2);
        expect(await database.query("SELECT name, value FROM meta ORDER BY name")).to.deep.equal(before);
      } finally {
        await reader.close();
      }
    });

    it("says that nothing is known yet before the first pass", async () => {
      const status = await readStatus(database);
      expect(status).to.deep.include({ tip: null, leases: 0, underWay: [], accounts: [] });
      expect(describeStatus(status)).to.contain("nothing is known yet");
    });
  });

  it("is refused, and nothing is made, where no keeper has been", async () => {
    const path = `${temporaryDirectory()}/none.sqlite`;
    const error: unknown = await openToRead(path, LOG).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(StoreError);
    expect((error as Error).message).to.contain("KEEPER_STORE");
  });
});
