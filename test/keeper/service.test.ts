import { expect } from "chai";
import { pino } from "pino";

import type { PassReport } from "../../keeper/ops/keeper";
import { runOnce, runService } from "../../keeper/ops/service";
import { FakeChain } from "./fakes";

interface Entry {
  readonly level: number;
  readonly msg: string;
  readonly failures?: number;
}

const WORKED: Omit<PassReport, "head"> = {
  openLeases: 1,
  openDisputes: 0,
  planned: 0,
  skipped: 0,
  ended: 0,
  executed: 0,
  settled: 0,
  failed: 0,
};

describe("Service", () => {
  let entries: Entry[];
  const stop = { controller: new AbortController() };
  const log = pino({ base: null }, { write: (line: string) => entries.push(JSON.parse(line) as Entry) });

  beforeEach(() => {
    entries = [];
    stop.controller = new AbortController();
  });

  const report = async (choices: Partial<PassReport> = {}): Promise<PassReport> => ({
    ...WORKED,
    head: await new FakeChain().head(),
    ...choices,
  });

  it("never overlaps two passes, however long one takes", async () => {
    let [running, most, passes] = [0, 0, 0];
    const pass = async (): Promise<PassReport> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      passes += 1;
      if (passes === 5) stop.controller.abort();
      return report();
    };
    await runService({ pass, pollMs: 1, log, signal: stop.controller.signal });
    expect(most).to.equal(1);
    expect(passes).to.equal(5);
  });

  it("logs a pass that fails, pauses longer each time, and goes on (ATK-KPR-2)", async () => {
    const moments: number[] = [];
    const pass = (): Promise<PassReport> => {
      moments.push(Date.now());
      if (moments.length <= 3) return Promise.reject(new Error("the node is down"));
      stop.controller.abort();
      return report();
    };
    await runService({ pass, pollMs: 10, log, signal: stop.controller.signal });
    expect(entries.map(({ failures }) => failures)).to.deep.equal([1, 2, 3]);
    const pauses = moments.slice(1).map((moment, index) => moment - moments[index]!);
    for (const [index, least] of [20, 40, 80].entries()) expect(pauses[index]).to.be.at.least(least - 2);
  });

  it("ends its pause at once when it is told to stop", async () => {
    const running = runService({ pass: report, pollMs: 60_000, log, signal: stop.controller.signal });
    setTimeout(() => stop.controller.abort(), 5);
    const began = Date.now();
    await running;
    expect(Date.now() - began).to.be.below(1_000);
  });

  it("does not blame the node for a pass that was stopped", async () => {
    const pass = (): Promise<PassReport> => {
      stop.controller.abort();
      return Promise.reject(new Error("stopped"));
    };
    await runService({ pass, pollMs: 1, log, signal: stop.controller.signal });
    expect(entries).to.deep.equal([]);
  });

  it("once: passes until nothing is left", async () => {
    let left = 3;
    const pass = (): Promise<PassReport> => {
      left -= 1;
      return report({ planned: left > 0 ? 1 : 0, ended: left > 0 ? 2 : 0 });
    };
    expect(await runOnce({ pass, log, signal: stop.controller.signal })).to.equal(true);
    expect(entries.at(-1)).to.include({ msg: "nothing left to do", ended: 4 });
  });

  it("once: tells when something failed, or does not come to an end", async () => {
    const { signal } = stop.controller;
    expect(await runOnce({ pass: () => report({ failed: 1 }), log, signal })).to.equal(false);
    expect(await runOnce({ pass: () => report({ planned: 1 }), log, signal })).to.equal(false);
  });
});
