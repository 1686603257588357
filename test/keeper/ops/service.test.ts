import { expect } from "chai";
import { pino } from "pino";

import { UnreachableError } from "../../../keeper/chain/connect";
import { WaitError } from "../../../keeper/chain/rpcErrors";
import { ConfigError } from "../../../keeper/config/load";
import { Health } from "../../../keeper/ops/health";
import { NO_METER } from "../../../keeper/ops/meter";
import { Pace } from "../../../keeper/ops/pace";
import { type Passed, runOnce, runService, type Service } from "../../../keeper/ops/service";
import { startPatiently } from "../../../keeper/ops/starting";
import { rejection } from "../chain/nodes";

interface Entry {
  readonly level: number;
  readonly msg: string;
  readonly reason?: string;
}

const IDLE: Passed = {
  head: { number: 1, timestamp: 1 },
  fresh: false,
  sent: 0,
  left: 0,
  undone: new Map(),
  outstanding: 0,
};

describe("Service", () => {
  let entries: Entry[];
  let controller: AbortController;
  /** Seconds of a stopwatch that only pauses move. */
  let now: number;
  let pauses: number[];
  const log = pino({ base: null }, { write: (line: string) => entries.push(JSON.parse(line) as Entry) });

  beforeEach(() => {
    entries = [];
    controller = new AbortController();
    now = 0;
    pauses = [];
  });

  function service(pass: () => Promise<Passed>, choices: Partial<Service> = {}): Service {
    return {
      pass,
      pace: new Pace(15),
      now: () => now,
      health: new Health({ staleSeconds: 120, stuckSeconds: 240 }, () => now),
      meter: NO_METER,
      explain: (error) => (error as Error).message,
      log,
      signal: controller.signal,
      wait: async (ms) => {
        pauses.push(ms / 1_000);
        now += ms / 1_000;
      },
      ...choices,
    };
  }

  it("never overlaps two passes, however long one takes", async () => {
    let [running, most, passes] = [0, 0, 0];
    const pass = async (): Promise<Passed> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 3));
      now += 1_000;
      running -= 1;
      passes += 1;
      if (passes === 5) controller.abort();
      return IDLE;
    };
    await runService(service(pass));
    expect(most).to.equal(1);
    expect(passes).to.equal(5);
  });

  it("logs a pass that fails and why, pauses longer each time, and goes on (ATK-KPR-2)", async () => {
    const health = new Health({ staleSeconds: 2, stuckSeconds: 240 }, () => now);
    let passes = 0;
    const pass = async (): Promise<Passed> => {
      passes += 1;
      if (passes <= 3) throw new Error("the node is down");
      expect(health.readiness())
        .to.include({ ok: false })
        .and.to.have.property("why")
        .that.contains("the node is down");
      expect(health.health().ok).to.equal(true);
      controller.abort();
      return IDLE;
    };
    await runService(service(pass, { health }));
    expect(entries.map(({ reason }) => reason)).to.deep.equal(Array(3).fill("the node is down"));
    expect(pauses.slice(0, 3)).to.deep.equal([1, 2, 4]);
    expect(health.readiness().ok).to.equal(true);
  });

  it("looks as often as blocks come, counted from when a pass began", async () => {
    let block = 0;
    const pass = async (): Promise<Passed> => {
      block += 1;
      now += 0.5; // that is how long it takes
      if (block === 20) controller.abort();
      return { ...IDLE, head: { number: block, timestamp: block }, fresh: true };
    };
    await runService(service(pass, { pace: new Pace(2) }));
    for (const seconds of pauses.slice(2, -1)) expect(seconds).to.be.within(0, 1.5);
  });

  it("ends its pause at once when it is told to stop", async () => {
    const running = runService(service(async () => IDLE, { wait: undefined as never, pace: new Pace(3_600) }));
    setTimeout(() => controller.abort(), 5);
    const began = performance.now();
    await running;
    expect(performance.now() - began).to.be.below(10_000); // of an hour
  });

  it("leaves a pass behind that hangs when it is told to stop", async () => {
    const hanging = new Promise<never>(() => undefined);
    const running = runService(service(() => hanging, { graceMs: 10 }));
    setTimeout(() => controller.abort(), 5);
    await running;
    expect(entries).to.deep.equal([]);
  });

  it("lets a pass end that does not hang when it is told to stop", async () => {
    let ended = false;
    const pass = async (): Promise<Passed> => {
      controller.abort();
      await new Promise((resolve) => setTimeout(resolve, 10));
      ended = true;
      return IDLE;
    };
    await runService(service(pass));
    expect(ended).to.equal(true);
  });

  it("does not blame the node for a pass that was stopped", async () => {
    const pass = async (): Promise<Passed> => {
      controller.abort();
      throw new Error("stopped");
    };
    await runService(service(pass));
    expect(entries).to.deep.equal([]);
  });

  it("starts when the nodes answer at last, says why it waits, and stays alive meanwhile (ATK-KPR-22)", async () => {
    const health = new Health({ staleSeconds: 120, stuckSeconds: 240 }, () => now);
    const wait = async (ms: number): Promise<void> => {
      pauses.push(ms / 1_000);
      now += ms / 1_000;
      expect(health.health()).to.include({
        ok: true,
        why: "the loop turns; the last pass failed: no endpoint answers",
      });
      expect(health.readiness().ok).to.equal(false);
    };
    let tries = 0;
    const build = async (): Promise<string> => {
      tries += 1;
      if (tries < 100) throw new WaitError("no endpoint answers");
      return "keeper";
    };
    expect(await startPatiently(build, { ...service(async () => IDLE), health, wait })).to.equal("keeper");
    expect(pauses.slice(0, 8)).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(pauses).to.have.length(99);
    expect(entries[0]).to.include({ reason: "no endpoint answers" });
  });

  it("does not start where something has to be mended first, or when it is stopped (ATK-KPR-22)", async () => {
    const wrong = new ConfigError(["KEEPER_TOKEN_PRICES is wrong"]);
    expect(
      await rejection(
        startPatiently(
          () => Promise.reject(wrong),
          service(async () => IDLE),
        ),
      ),
    ).to.equal(wrong);
    controller.abort();
    const down = new UnreachableError("no endpoint answers");
    expect(
      await startPatiently(
        () => Promise.reject(down),
        service(async () => IDLE),
      ),
    ).to.equal(undefined);
    expect(pauses).to.deep.equal([]);
  });

  it("once: passes until nothing is left to send and all that was sent is mined", async () => {
    const passes: Passed[] = [
      { ...IDLE, sent: 2, outstanding: 2 },
      { ...IDLE, outstanding: 1 },
      { ...IDLE, left: 3 },
      { ...IDLE, sent: 1 },
    ];
    expect(await runOnce(service(async () => passes.shift()!))).to.equal("done");
    expect(passes).to.have.length(1);
    expect(entries.at(-1)).to.include({ msg: "nothing is left that this keeper should do", block: 1, leftUndone: 3 });
  });

  it("once: says what is left that it should have done, why, and what to do (ATK-KPR-22)", async () => {
    const undone = new Map([
      ["account empty", 2],
      ["fee above the cap", 1],
    ] as const);
    expect(await runOnce(service(async () => ({ ...IDLE, left: 5, undone })))).to.equal("undone");
    expect(entries.at(-1)).to.include({ level: 50, block: 1, leftUndone: 5 });
    expect(entries.at(-1)?.msg).to.equal(
      "3 duties are left that this keeper should have done: 2 account empty (send it native coin); " +
        "1 fee above the cap (wait until fees fall, or raise KEEPER_MAX_FEE_GWEI)",
    );
  });

  it("once: gives up after three failed passes in a row, and when what it sent is not mined in ten minutes", async () => {
    const outcomes = ["bad", "bad", "good", "bad", "bad", "bad"];
    const pass = async (): Promise<Passed> => {
      if (outcomes.shift() === "bad") throw new Error("the node is down");
      return { ...IDLE, outstanding: 1 };
    };
    expect(await runOnce(service(pass))).to.equal("gaveUp");
    expect(outcomes).to.be.empty;

    expect(await runOnce(service(async () => ({ ...IDLE, outstanding: 1 })))).to.equal("gaveUp");
    expect(now).to.be.within(600, 700);
  });
});
