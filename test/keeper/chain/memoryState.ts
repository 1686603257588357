import type { Followed } from "../../../keeper/chain/sync";
import type { BlockRef } from "../../../keeper/core/events";
import { GapError } from "../../../keeper/core/gap";
import type { Step, Tip } from "../../../keeper/store/chainState";

interface Kept {
  readonly tip: Tip;
  readonly said: readonly number[];
  readonly canBeTakenBack: boolean;
}

/**
 * What the chain said, in memory. What it says are numbers: their thousands count from 0 on, so that one that is left out is
 * a gap.
 */
export class MemoryState implements Followed {
  private kept: Kept[] = [];
  readonly steps: Step[] = [];
  cleared = 0;

  get said(): readonly number[] {
    return this.kept.flatMap(({ said }) => said);
  }

  tip(): Promise<Tip | undefined> {
    return Promise.resolve(this.kept.at(-1)?.tip);
  }

  tips(): Promise<readonly Tip[]> {
    const oldest = this.kept.findLastIndex(({ canBeTakenBack }) => !canBeTakenBack);
    return Promise.resolve(
      this.kept
        .slice(Math.max(0, oldest))
        .map(({ tip }) => tip)
        .reverse(),
    );
  }

  async advance(step: Step): Promise<boolean> {
    if (this.kept.at(-1)?.tip.hash !== step.after?.hash) return false;
    const said = step.events.map((event) => ("leaseId" in event ? Number(event.leaseId) : -1));
    const before = this.said.length;
    said.forEach((number, index) => {
      if (Math.floor(number / 1_000) !== before + index) throw new GapError(`number ${number} does not follow`);
    });
    await step.timesOf(step.events.map(({ block }) => block));
    const { number, hash, timestamp } = step.tip;
    this.kept.push({
      tip: { number, hash, timestamp, digest: step.digest },
      said,
      canBeTakenBack: step.canBeTakenBack,
    });
    this.steps.push(step);
    return true;
  }

  revertTo(to: BlockRef, from: BlockRef): Promise<boolean> {
    if (this.kept.at(-1)?.tip.hash !== from.hash) return Promise.resolve(false);
    this.kept = this.kept.slice(0, this.kept.findIndex(({ tip }) => tip.hash === to.hash) + 1);
    return Promise.resolve(true);
  }

  clear(): Promise<void> {
    this.kept = [];
    this.cleared += 1;
    return Promise.resolve();
  }
}
