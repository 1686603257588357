import { expect } from "chai";

import { atMost } from "../../sdk/atMost";

describe("atMost", () => {
  it("runs so many tasks at the same time, and starts the others in their order", async () => {
    const limited = atMost(2);
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const results = await Promise.all(
      [30, 5, 5, 1, 1].map((milliseconds, index) =>
        limited(async () => {
          started.push(index);
          most = Math.max(most, (running += 1));
          await new Promise((done) => setTimeout(done, milliseconds));
          running -= 1;
          return index * 10;
        }),
      ),
    );
    expect(results).to.deep.equal([0, 10, 20, 30, 40]);
    expect(started).to.deep.equal([0, 1, 2, 3, 4]);
    expect(most).to.equal(2);
  });

  it("goes on after a task that fails, and hands its error on", async () => {
    const limited = atMost(1);
    const failing = limited(() => Promise.reject(new Error("no")));
    const next = limited(() => Promise.resolve("yes"));
    expect(await failing.catch((error: Error) => error.message)).to.equal("no");
    expect(await next).to.equal("yes");
    expect(await limited(() => Promise.resolve("again"))).to.equal("again");
  });
});
