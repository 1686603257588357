import { expect } from "chai";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { AnvilMarket, noAnvil } from "../helpers/anvilMarket";

const PROGRAM = path.join(__dirname, "../../scripts/leasehold.js");

describe("leasehold, with others at its ends", function () {
  this.timeout(120_000);

  it("is not at fault where nobody reads what it says", async () => {
    const line = `"${process.execPath}" "${PROGRAM}" --help | true; exit "\${PIPESTATUS[0]}"`;
    const child = spawn("bash", ["-c", line], { stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, err]).to.deep.equal([0, ""]);
  });

  it("says what is done and what is not, where it is stopped between two transactions", async function () {
    if (noAnvil() !== undefined) this.skip();
    const market = await AnvilMarket.start();
    const state = mkdtempSync(path.join(tmpdir(), "leasehold-stopped-"));
    try {
      await market.provider.send("evm_setAutomine", [false]);
      const child = spawn(process.execPath, [PROGRAM, ..."provider bond 5 --json --timeout 2m".split(" ")], {
        env: { ...process.env, ...market.environment("Corewerk"), XDG_STATE_HOME: state },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let err = "";
      child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
      const ended = new Promise((resolve) => child.once("close", resolve));
      const until = Date.now() + 60_000;
      while (market.proxy.count("eth_sendRawTransaction") === 0 && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      child.kill("SIGTERM");
      expect(await ended).to.equal(130);
      const { error, sent } = JSON.parse(err) as { error: { kind: string; message: string }; sent: { hash: string }[] };
      expect([error.kind, sent.length]).to.deep.equal(["interrupted", 1]);
      expect(error.message)
        .to.include(`sent as ${sent[0]?.hash}, and not waited for`)
        .and.to.include("not done: Bond 5.00 HOLD");
    } finally {
      rmSync(state, { recursive: true, force: true });
      await market.stop();
    }
  });
});
