import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import { expect } from "chai";
import Libsql from "libsql";

import { buildProgram } from "../../../scripts/build";
import { temporaryDirectory } from "../../helpers/databases";
import { fakeBook, serveKeeper } from "../chain/fakeBook";
import { FakeChain } from "../chain/fakeChain";
import { FakeNode } from "../chain/fakeNode";
import { sleep } from "../chain/nodes";

const { version } = JSON.parse(readFileSync(path.join(__dirname, "../../../package.json"), "utf8")) as {
  version: string;
};
/** Nothing of this project's environment. */
const NO_ENV = { PATH: process.env["PATH"] ?? "" };

describe("The program, compiled", function () {
  this.timeout(60_000);
  let directory: string;
  let program: string;

  before(async () => {
    directory = temporaryDirectory();
    program = await buildProgram(path.join(directory, "built"), "0123abc");
  });

  it("is one file that needs Node alone, and packages with binaries that lie beside it (ATK-KPR-22)", () => {
    const run = (...words: string[]): string =>
      execFileSync(process.execPath, [program, ...words], { cwd: directory, env: NO_ENV, encoding: "utf8" });
    for (const command of ["run", "once", "plan", "status"])
      expect(run("keeper", "--help")).to.contain(`\n  ${command} `);
    expect(run("lease", "--help")).to.contain("Usage: leasehold lease");
    expect(readFileSync(program, "utf8")).not.to.match(/require\("(?:tsx|ts-node)[/"]/);
  });

  it("run: says first which program it is, waits for a node that is down, and is ready when that answers (ATK-KPR-22)", async () => {
    const chain = new FakeChain(3);
    const node = new FakeNode(() => chain.blocks);
    serveKeeper(node);
    await node.start();
    node.http = (response) => {
      response.statusCode = 503;
      response.end();
      return true;
    };
    const book = path.join(directory, "book.json");
    writeFileSync(book, JSON.stringify(fakeBook(chain)));
    const port = await freePort();
    const keeper = spawn(process.execPath, [program, "keeper", "run"], {
      cwd: directory,
      env: {
        ...NO_ENV,
        KEEPER_RPC_URLS: node.url,
        KEEPER_ADDRESS_BOOK: book,
        KEEPER_PRIVATE_KEY: `0x${"22".repeat(32)}`,
        KEEPER_STORE: path.join(directory, "program.sqlite"),
        KEEPER_LISTEN: `127.0.0.1:${port}`,
        KEEPER_MAX_FEE_GWEI: "1",
        KEEPER_RPC_TIMEOUT_SECONDS: "2",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = linesOf(keeper);
    const statusOf = async (name: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}/${name}`)).status;
    try {
      await until(() => lines.some(({ msg }) => String(msg).startsWith("the nodes do not answer")));
      expect(lines[0]).to.include({ msg: "keeper starting", version, commit: "0123abc", node: process.version });
      expect([await statusOf("healthz"), await statusOf("readyz")]).to.deep.equal([200, 503]);

      node.http = undefined;
      await until(async () => (await statusOf("readyz")) === 200);
      expect(await statusOf("healthz")).to.equal(200);
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(metrics).to.match(new RegExp(`^leasehold_keeper_info\\{.*version="${version}",commit="0123abc"`, "m"));
      expect(metrics).to.contain("\nleasehold_keeper_balance_coins 1\n");

      const ended = once(keeper, "exit");
      keeper.kill("SIGTERM");
      expect((await ended)[0]).to.equal(0);
      expect(lines.at(-1)).to.include({ msg: "stopped" });
    } finally {
      keeper.kill("SIGKILL");
      await node.stop();
    }
  });

  for (const command of ["run", "once", "plan", "status"]) {
    it(`${command}: ends with 3 on the tables of another application, and leaves them as they are (ATK-KPR-21)`, async () => {
      const chain = new FakeChain(3);
      const node = new FakeNode(() => chain.blocks);
      serveKeeper(node);
      await node.start();
      const home = path.join(directory, `theirs-${command}`);
      mkdirSync(home);
      const book = path.join(home, "book.json");
      writeFileSync(book, JSON.stringify(fakeBook(chain)));
      const store = path.join(home, "shop.sqlite");
      const shop = new Libsql(store);
      shop.exec(
        "CREATE TABLE items (id integer PRIMARY KEY, name text); INSERT INTO items (name) VALUES ('a bicycle')",
      );
      shop.close();
      const before = readFileSync(store);
      const keeper = spawn(process.execPath, [program, "keeper", command], {
        cwd: home,
        env: {
          ...NO_ENV,
          KEEPER_RPC_URLS: node.url,
          KEEPER_ADDRESS_BOOK: book,
          KEEPER_PRIVATE_KEY: `0x${"22".repeat(32)}`,
          KEEPER_STORE: store,
          KEEPER_LISTEN: `127.0.0.1:${await freePort()}`,
          KEEPER_MAX_FEE_GWEI: "1",
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const said: string[] = [];
      for (const stream of [keeper.stdout, keeper.stderr]) stream.on("data", (text: Buffer) => said.push(String(text)));
      try {
        const [code] = (await once(keeper, "close")) as [number];
        expect(code, said.join("")).to.equal(3);
        expect(said.join("")).to.contain("another application");
        expect(readdirSync(home).sort()).to.deep.equal(["book.json", "shop.sqlite"]);
        expect(readFileSync(store).equals(before)).to.equal(true);
      } finally {
        keeper.kill("SIGKILL");
        await node.stop();
      }
    });
  }
});

/** What it logs, as it comes. */
function linesOf(child: ChildProcessByStdio<null, Readable, null>): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  return lines;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 30_000; performance.now() < end; await sleep(50)) if (await isSo()) return;
  throw new Error("it did not come to that in 30 s");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
