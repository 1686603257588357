import { AsyncLocalStorage } from "node:async_hooks";

/** Lets one piece of work run at a time, in the order in which they came. */
export class Mutex {
  private last: Promise<unknown> = Promise.resolve();
  private readonly inside = new AsyncLocalStorage<true>();

  /** Runs `work` when all before it is done. Fails at once where `work` would wait for the work that it is part of. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.inside.getStore() === true) {
      return Promise.reject(new Error("A transaction asked its database instead of the queries it was given."));
    }
    const turn = this.last.then(() => this.inside.run(true, work));
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
