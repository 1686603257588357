import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { expect } from "chai";
import { build } from "esbuild";

import { ChainStore } from "../../../keeper/store/chainStore";
import { blockAt, stepTo } from "../../helpers/chainSteps";
import { onEachDatabase, temporaryDirectory } from "../../helpers/databases";
import { toyRules } from "../../helpers/toyRules";
import { OPTIONS, PER_STEP } from "./crashWriter";

/** Packages stay outside of the writer's file: it finds them here. */
const PACKAGES = join(__dirname, "../../../node_modules");

let writer: Promise<string> | undefined;

/** The writer in one file, compiled once: each start of it would compile all that it uses. */
async function compiled(): Promise<string> {
  const outfile = join(temporaryDirectory(), "crashWriter.cjs");
  const entryPoints = [join(__dirname, "crashWriter.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", packages: "external", logLevel: "error" });
  return outfile;
}

/** Runs a writer until it has told `count` lines, and some milliseconds more; then kills it. Returns what it told. */
async function killed(url: string, count: number, delay: number): Promise<string[]> {
  const env = { ...process.env, NODE_PATH: PACKAGES };
  const args = [await (writer ??= compiled()), url];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let told = "";
  let trouble = "";
  child.stderr.on("data", (data: Buffer) => (trouble += data.toString()));
  await Promise.race([
    ended,
    new Promise<void>((resolve) =>
      child.stdout.on("data", (data: Buffer) => {
        told += data.toString();
        if (told.split("\n").length > count) resolve();
      }),
    ),
  ]);
  await setTimeout(delay);
  expect(trouble).to.equal("");
  child.kill("SIGKILL");
  await ended;
  return told.split("\n").slice(0, -1);
}

describe("A keeper that is killed while it writes", () => {
  onEachDatabase((make) => {
    it("leaves whole steps, and everything that it told of (ATK-KPR-1)", async function () {
      this.timeout(60_000);
      const { url, connect } = await make();
      for (const delay of [0, 7]) {
        const told = await killed(url, 7, delay);
        const last = (what: string): number =>
          Math.max(0, ...told.filter((line) => line.startsWith(what)).map((line) => Number(line.split(" ")[1])));

        const database = await connect();
        const store = await ChainStore.open(database, toyRules, OPTIONS);
        await database.transaction(async (queries) => {
          // A server may still be busy with the last words of the dead: it has the lock as long.
          await queries.query(`SELECT * FROM meta ${database.forUpdate}`);
          const [tip] = await queries.query("SELECT max(number) AS number FROM tips");
          const steps = Number(tip?.["number"]);
          expect(steps).to.be.within(last("stepped"), last("signed"));
          for (const table of ["items", "duties", "undo"]) {
            const [count] = await queries.query(`SELECT count(*) AS number FROM ${table}`);
            expect(count).to.deep.equal({ number: steps * PER_STEP });
          }
          const [signed] = await queries.query("SELECT count(*) AS number FROM transactions");
          expect(Number(signed?.["number"])).to.be.within(last("signed"), last("signed") + 1);
        });
        const tip = await store.tip();
        expect(await store.advance(stepTo(blockAt(tip!.number + 1, "x"), tip, []))).to.equal(true);
        expect(await store.revertTo(tip!, blockAt(tip!.number + 1, "x"))).to.equal(true);
        await database.close();
      }
    });
  });
});
