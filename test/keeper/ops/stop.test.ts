import { EventEmitter } from "node:events";

import { expect } from "chai";

import { stopSignal } from "../../../keeper/ops/stop";

describe("Stop signal", () => {
  for (const name of ["SIGTERM", "SIGINT"]) {
    it(`is raised by ${name}, once however often it comes`, () => {
      const program = Object.assign(new EventEmitter(), { exit: () => undefined });
      const told: string[] = [];
      const signal = stopSignal((which) => told.push(which), program);
      expect(signal.aborted).to.equal(false);
      program.emit(name);
      program.emit(name);
      expect(signal.aborted).to.equal(true);
      expect(told).to.deep.equal([name]);
    });
  }

  it("ends the program in a last moment, when something else keeps it", async () => {
    const exited = new Promise<number>((resolve) => {
      const program = Object.assign(new EventEmitter(), { exit: resolve });
      stopSignal(() => undefined, program, 5);
      program.emit("SIGTERM");
    });
    expect(await exited).to.equal(0);
  });
});
