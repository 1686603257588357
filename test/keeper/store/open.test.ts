import {
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { Writable } from "node:stream";

import { expect } from "chai";
import fc from "fast-check";
import Libsql from "libsql";
import { type Logger, pino } from "pino";

import { ChainStore } from "../../../keeper/store/chainStore";
import { type Database, StoreError } from "../../../keeper/store/database";
import { JOURNAL_VERSION } from "../../../keeper/store/journalSteps";
import { openDatabase } from "../../../keeper/store/open";
import { VERSION } from "../../../keeper/store/schema";
import { Sqlite } from "../../../keeper/store/sqlite";
import { blockAt, stepTo } from "../../helpers/chainSteps";
import { DEPLOYMENT, onEachDatabase, temporaryDirectory } from "../../helpers/databases";
import { holds, TIMES } from "../../helpers/property";
import { toyRules } from "../../helpers/toyRules";

const STEPS = 12;
const PER_STEP = 40;
const options = { madeBy: "toy", depth: 100 };

/** A log that keeps what it is told. */
function memoryLog(): { log: Logger; lines: { level: number; msg: string; setAsideAs?: string; problem?: string }[] } {
  const lines: { level: number; msg: string }[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines.push(JSON.parse(chunk.toString()) as { level: number; msg: string });
      done();
    },
  });
  return { log: pino(stream), lines };
}

const SILENT = pino({ level: "silent" });
const open = (path: string, log = SILENT): Promise<Database> => openDatabase(path, { deployment: DEPLOYMENT, log });

async function fails(promise: Promise<unknown>): Promise<Error> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(StoreError);
  return error as Error;
}

/** Twelve steps with forty leases each. */
async function fill(database: Database): Promise<void> {
  const store = await ChainStore.open(database, toyRules, options);
  for (let number = 1; number <= STEPS; number++) {
    const leases = Array.from({ length: PER_STEP }, (_, index) => number * PER_STEP + index);
    const said = leases.map((lease) => ({ lease, type: "LeaseOpened", duration: 5_000 }) as const);
    await store.advance(stepTo(blockAt(number), number === 1 ? undefined : blockAt(number - 1), said));
  }
}

/** Fails unless the database holds whole steps, and takes the next one. Returns how many. */
async function wholeSteps(database: Database): Promise<number> {
  const store = await ChainStore.open(database, toyRules, options);
  const tip = await store.tip();
  const steps = tip?.number ?? 0;
  for (const table of ["items", "duties"]) {
    expect(await database.query(`SELECT count(*) AS number FROM ${table}`)).to.deep.equal([
      { number: steps * PER_STEP },
    ]);
  }
  expect(await store.advance(stepTo(blockAt(1_000), tip && blockAt(steps), []))).to.equal(true);
  return steps;
}

describe("openDatabase", () => {
  onEachDatabase((make) => {
    it("makes the tables once, and finds what was there before", async () => {
      const { connect } = await make();
      const first = await connect();
      await first.query("INSERT INTO tips VALUES (1, '0x1', 1, '')");
      expect(await (await connect()).query("SELECT number FROM tips")).to.deep.equal([{ number: 1 }]);
    });

    it("opens an empty database for several keepers at once", async () => {
      const { connect } = await make();
      const all = await Promise.all([connect(), connect(), connect()]);
      for (const one of all) expect(await one.query("SELECT * FROM items")).to.deep.equal([]);
    });

    it("forgets what an older version made, but no signed transaction", async () => {
      const { connect } = await make();
      const first = await connect();
      await fill(first);
      await first.query(
        "INSERT INTO transactions VALUES ('0xme', 1, 1, '0x', '0x', '', '', '', '', '', 1, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0)",
      );
      await first.query("UPDATE meta SET value = '0' WHERE name = 'version'");
      const next = await connect();
      expect(await next.query("SELECT * FROM items")).to.deep.equal([]);
      expect(await next.query("SELECT * FROM tips")).to.deep.equal([]);
      expect(await next.query("SELECT nonce FROM transactions")).to.deep.equal([{ nonce: 1 }]);
      expect(await next.query("SELECT value FROM meta WHERE name = 'version'")).to.deep.equal([
        { value: String(VERSION) },
      ]);
    });

    it("stops a keeper whose database a newer version has taken over", async () => {
      const { connect } = await make();
      const database = await connect();
      const store = await ChainStore.open(database, toyRules, options);
      await database.query("UPDATE meta SET value = $1 WHERE name = 'version'", [String(VERSION + 1)]);
      expect((await fails(store.advance(stepTo(blockAt(1), undefined, [])))).message).to.include("another version");
    });
  });

  describe("a PostgreSQL database of others", () => {
    onEachDatabase((make, kind) => {
      if (kind !== "PostgreSQL") return;
      for (const [name, value, said] of [
        ["chainId", "1", "It belongs to market"],
        ["market", "0x00000000000000000000000000000000000000bb", "It belongs to market"],
        ["version", String(VERSION + 1), "another version"],
        ["journalVersion", String(JOURNAL_VERSION + 1), "another version"],
      ] as const) {
        it(`is refused, and left alone: ${name}`, async () => {
          const { connect } = await make();
          const database = await connect();
          await fill(database);
          await database.query("UPDATE meta SET value = $1 WHERE name = $2", [value, name]);
          expect((await fails(connect())).message)
            .to.include(said)
            .and.include("KEEPER_STORE");
          expect(await database.query("SELECT count(*) AS number FROM items")).to.deep.equal([
            { number: STEPS * PER_STEP },
          ]);
        });
      }
    });
  });

  describe("a file", () => {
    let path: string;
    const aside = (reason: string, number: number): string => `${path}.${reason}-${number}`;

    beforeEach(() => {
      path = join(temporaryDirectory(), "keeper.sqlite");
    });

    /** The file of a keeper that ended well. */
    async function closedFile(): Promise<void> {
      const database = await open(path);
      await fill(database);
      await database.close();
    }

    it("writes every commit through to the disk", async () => {
      const database = await open(path);
      expect(await database.query("PRAGMA synchronous")).to.deep.equal([{ synchronous: 2 }]);
      expect(await database.query("PRAGMA journal_mode")).to.deep.equal([{ journal_mode: "wal" }]);
      await database.close();
    });

    it("is one file alone when it was closed", async () => {
      await closedFile();
      expect(readdirSync(dirname(path))).to.deep.equal([basename(path)]);
    });

    const damages: Readonly<Record<string, () => void>> = {
      "has lost its first page": () => writeAt(path, 0, Buffer.alloc(2_048, 0xa5)),
      "is short": () => writeFileSync(path, "SQLite"),
      "is full of zeros": () => writeFileSync(path, Buffer.alloc(statSync(path).size)),
      "has lost its second half": () => truncateSync(path, statSync(path).size / 2),
      "was cut within a page": () => truncateSync(path, 3 * 4_096 + 100),
      "has a torn page": () => writeAt(path, 5 * 4_096, Buffer.alloc(2_048, 0xa5)),
      "calls itself read-only": () => writeAt(path, 18, Buffer.from([3])),
      "has a column of another name": () => writeAt(path, readFileSync(path).indexOf("digest"), Buffer.from("digits")),
      "has a text that is none": () => writeAt(path, readFileSync(path).lastIndexOf("0xaa"), Buffer.from([0xf5])),
      "has a broken header": () => writeAt(path, 16, Buffer.alloc(84, 0xff)),
    };
    for (const [what, damage] of Object.entries(damages)) {
      it(`is set aside, with a warning, when it ${what}: a new one takes its place (ATK-KPR-10)`, async () => {
        await closedFile();
        damage();
        const { log, lines } = memoryLog();
        const { size } = statSync(path);
        const database = await open(path, log);
        expect(await wholeSteps(database)).to.equal(0);
        await database.close();
        expect(statSync(aside("corrupt", 1)).size).to.equal(size);
        expect(lines.map(({ level, setAsideAs }) => [level, setAsideAs])).to.deep.equal([[40, aside("corrupt", 1)]]);
        await (await open(path, log)).close();
        expect(lines).to.have.length(1);
      });
    }

    it("is set aside when a crash tore its header and took its log, right after it was made (ATK-KPR-10)", async () => {
      const killed = await open(path);
      const torn = join(temporaryDirectory(), "keeper.sqlite");
      copyFileSync(path, torn);
      await killed.close();
      writeAt(torn, 0, Buffer.alloc(512, 0xa5));
      const { log, lines } = memoryLog();
      const database = await open(torn, log);
      expect(await wholeSteps(database)).to.equal(0);
      await database.close();
      expect(lines.map(({ setAsideAs }) => setAsideAs)).to.deep.equal([`${torn}.corrupt-1`]);
    });

    it("is looked at twice where another process has a log in its hands that was deleted (ATK-KPR-10)", async () => {
      for (const [isPatient, steps] of [
        [true, STEPS],
        [false, 0],
      ] as const) {
        const other = await open(path);
        await fill(other);
        rmSync(`${path}-wal`);
        const { log, lines } = memoryLog();
        const opening = open(path, log);
        if (isPatient) await other.close();
        const database = await opening;
        expect(await wholeSteps(database)).to.equal(steps);
        expect(lines.map(({ setAsideAs }) => setAsideAs)).to.deep.equal(isPatient ? [] : [aside("corrupt", 1)]);
        await database.close();
        if (!isPatient) await other.close();
        rmSync(path);
      }
    });

    it("is new when it was deleted, whatever SQLite left beside it (ATK-KPR-10)", async () => {
      const database = await open(path);
      await fill(database);
      const copy = join(temporaryDirectory(), "keeper.sqlite");
      for (const part of ["-wal", "-shm"]) copyFileSync(path + part, copy + part);
      await database.close();
      const next = await open(copy);
      expect(await wholeSteps(next)).to.equal(0);
      await next.close();
    });

    it("holds whole steps, whatever a loss of power left of its log (ATK-KPR-10)", async function () {
      this.timeout(30_000 * TIMES);
      const database = await open(path);
      await fill(database);
      const log = readFileSync(`${path}-wal`);
      const reached = new Set<number>();
      const property = fc.asyncProperty(fc.nat(log.length), fc.boolean(), async (length, isTorn) => {
        const copy = join(temporaryDirectory(), "keeper.sqlite");
        copyFileSync(path, copy);
        writeFileSync(
          `${copy}-wal`,
          isTorn ? Buffer.concat([log.subarray(0, length), Buffer.alloc(4_000, 0x5a)]) : log.subarray(0, length),
        );
        const after = await open(copy);
        reached.add(await wholeSteps(after));
        await after.close();
      });
      await holds(property, 20);
      expect(reached.size).to.be.greaterThan(4);
      await database.close();
    });

    it("never brings the process down, wherever its bytes changed (ATK-KPR-10)", async function () {
      this.timeout(30_000 * TIMES);
      await closedFile();
      const bytes = readFileSync(path);
      const property = fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        async (offset, noise) => {
          const copy = join(temporaryDirectory(), "keeper.sqlite");
          writeFileSync(copy, bytes);
          writeAt(copy, offset, noise);
          const database = await open(copy);
          for (const table of ["meta", "tips", "items", "duties", "undo"]) {
            expect(await database.query(`SELECT * FROM ${table}`)).to.be.an("array");
          }
          await database.close();
        },
      );
      await holds(property, 25);
    });

    it("is known as a keeper's however it was cut or torn, of a version that signed it or of an earlier one (ATK-KPR-10)", async function () {
      this.timeout(30_000 * TIMES);
      await closedFile();
      const signed = readFileSync(path);
      const earlier = Buffer.from(signed);
      earlier.fill(0, 68, 72);
      const property = fc.asyncProperty(
        fc.constantFrom(signed, earlier),
        fc.array(fc.nat(signed.length / 512 - 1), { maxLength: 3 }),
        fc.option(fc.nat(signed.length)),
        async (bytes, blocks, length) => {
          const copy = join(temporaryDirectory(), "keeper.sqlite");
          writeFileSync(copy, bytes);
          for (const block of blocks) writeAt(copy, 512 * block, Buffer.alloc(512, 0xa5));
          if (length !== null && blocks.length === 0) truncateSync(copy, length);
          await (await open(copy)).close();
        },
      );
      await holds(property, 40);
    });

    it("keeps the last three that were set aside", async () => {
      for (let times = 0; times < 5; times++) {
        writeFileSync(path, `SQLite format 3\0 and nonsense ${times}`);
        await (await open(path)).close();
      }
      const names = [3, 4, 5].map((number) => basename(aside("corrupt", number)));
      expect(readdirSync(dirname(path))).to.have.members([basename(path), ...names]);
      expect(readFileSync(aside("corrupt", 5), "utf8")).to.match(/nonsense 4$/);
    });

    it("is set aside whole when it belongs to another market", async () => {
      await closedFile();
      const { log, lines } = memoryLog();
      const market = "0x00000000000000000000000000000000000000bb";
      const other = await openDatabase(path, { deployment: { ...DEPLOYMENT, market }, log });
      expect(await wholeSteps(other)).to.equal(0);
      await other.close();
      expect(lines[0]?.problem).to.include("It belongs to market");
      const back = await open(aside("foreign", 1));
      expect(await wholeSteps(back)).to.equal(STEPS);
      await back.close();
    });

    it("is not taken away from another market's keeper that is running", async () => {
      const database = await open(path);
      await fill(database);
      const other = openDatabase(path, { deployment: { ...DEPLOYMENT, chainId: 1 }, log: SILENT });
      expect((await fails(other)).message).to.include("Another keeper has it open");
      expect(existsSync(aside("foreign", 1))).to.equal(false);
      expect(await wholeSteps(database)).to.equal(STEPS);
      await database.close();
    });

    it("needs a directory that exists, and says so", async () => {
      const error = await fails(open(join(dirname(path), "missing", "keeper.sqlite")));
      expect(error.message).to.include("missing").and.include("directory");
      expect((await fails(open(dirname(path)))).message).to.include("Name a file, not a directory.");
    });

    it("says what to do when it breaks later, and is set aside at the next start", async () => {
      const database = await open(path);
      await fill(database);
      await database.close();
      const broken = await open(path);
      writeAt(path, 4_096, Buffer.alloc(statSync(path).size - 4_096, 0xa5));
      await broken.query("PRAGMA shrink_memory");
      const error = await fails(broken.query("SELECT * FROM items ORDER BY data"));
      expect(error.message).to.include("Start the keeper again");
      await broken.close();
      const next = await open(path);
      expect(await wholeSteps(next)).to.equal(0);
      expect(existsSync(aside("corrupt", 1))).to.equal(true);
      await next.close();
    });

    it("says what to do when the disk is full, keeps what it had, and goes on afterwards", async () => {
      const database = await open(path);
      await fill(database);
      const store = await ChainStore.open(database, toyRules, options);
      const [pages] = await database.query("PRAGMA page_count");
      await database.query(`PRAGMA max_page_count = ${Number(pages?.["page_count"])}`);
      const said = Array.from(
        { length: 500 },
        (_, index) => ({ lease: 9_000 + index, type: "LeaseOpened", duration: 1 }) as const,
      );
      const step = stepTo(blockAt(STEPS + 1), blockAt(STEPS), said);
      expect((await fails(store.advance(step))).message).to.include("Make room");
      expect((await store.tip())?.number).to.equal(STEPS);
      await database.query("PRAGMA max_page_count = 1000000");
      expect(await store.advance(step)).to.equal(true);
      await database.close();
    });

    it("says so when another process holds it for too long", async () => {
      await closedFile();
      const database = new Sqlite(path, 50);
      const other = new Libsql(path);
      other.exec("BEGIN IMMEDIATE");
      const write = "INSERT INTO tips VALUES (99, '', 1, '')";
      expect((await fails(database.query(write))).message).to.include("Another process holds it");
      other.exec("COMMIT");
      await database.query(write);
      await database.close();
      other.close();
    });
  });
});

function writeAt(path: string, position: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, position);
}
