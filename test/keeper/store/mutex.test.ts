import { setImmediate } from "node:timers/promises";

import { expect } from "chai";

import { Mutex } from "../../../keeper/store/mutex";

describe("Mutex", () => {
  it("runs one piece of work at a time, in their order, also after one that failed", async () => {
    const mutex = new Mutex();
    const told: string[] = [];
    const work = (name: string, pauses: number) => async (): Promise<string> => {
      told.push(`${name} begins`);
      for (let pause = 0; pause < pauses; pause++) await setImmediate();
      told.push(`${name} ends`);
      if (name === "a") throw new Error("no");
      return name;
    };
    const results = await Promise.allSettled([
      mutex.run(work("a", 3)),
      mutex.run(work("b", 0)),
      mutex.run(work("c", 1)),
    ]);
    expect(told).to.deep.equal(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
    expect(results.map(({ status }) => status)).to.deep.equal(["rejected", "fulfilled", "fulfilled"]);
  });

  it("fails at once where work waits for itself, and lets others wait", async () => {
    const mutex = new Mutex();
    const inner = await mutex.run(() => mutex.run(() => Promise.resolve("never")).catch((error: unknown) => error));
    expect(inner).to.be.instanceOf(Error).with.property("message").that.includes("asked its database");
    expect(await mutex.run(() => Promise.resolve("after"))).to.equal("after");
  });
});
