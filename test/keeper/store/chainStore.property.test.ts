import { expect } from "chai";
import fc from "fast-check";

import type { ChainEvent, Head } from "../../../keeper/core/events";
import { GapError } from "../../../keeper/core/gap";
import type { Item } from "../../../keeper/core/rules";
import type { Step } from "../../../keeper/store/chainState";
import { ChainStore } from "../../../keeper/store/chainStore";
import type { Database } from "../../../keeper/store/database";
import { blockAt, timesOfBlocks } from "../../helpers/chainSteps";
import { onEachDatabase } from "../../helpers/databases";
import { holds, TIMES } from "../../helpers/property";
import { eventOf, type Said, toyRules } from "../../helpers/toyRules";

const DEPTH = 12;
const options = { madeBy: "toy", depth: DEPTH };

/** Blocks that follow the tip, or a fork that goes back to the n-th tip first; by one of two keepers. */
interface Move {
  readonly by: 0 | 1;
  readonly back: number;
  /** Per block. */
  readonly said: readonly (readonly Said[])[];
  readonly isDeep: boolean;
  /** No node tells the times of blocks. */
  readonly isUntimed: boolean;
}

const lease = fc.integer({ min: 1, max: 5 });
const seconds = fc.integer({ min: 0, max: 9_000 });
const said: fc.Arbitrary<Said> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("LeaseOpened" as const), lease, duration: seconds }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("LeaseActivated" as const), lease, startedAt: seconds }) },
  fc.record({ type: fc.constant("LeaseExtended" as const), lease, duration: seconds }),
  fc.record({ type: fc.constant("LeaseTransferred" as const), lease, tenant: fc.constantFrom("0xaa", "0xcc") }),
  fc.record({ type: fc.constant("LeaseClosed" as const), lease, endedAt: seconds }),
  fc.record({ type: fc.constant("CollateralReleased" as const), lease }),
);
const move: fc.Arbitrary<Move> = fc.record({
  by: fc.constantFrom(0, 1),
  back: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 6 })),
  said: fc.array(fc.array(said, { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
  isDeep: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  isUntimed: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
});

/** Those of the events that may follow one another, from items that the rules made in memory. */
function possible(items: Map<string, Item>, events: readonly ChainEvent[]): ChainEvent[] {
  return events.filter((event) => {
    try {
      toyRules.reduce(event, {
        get: (key) => items.get(key),
        set: (key, item) => items.set(key, item),
        delete: (key) => items.delete(key),
      });
      return true;
    } catch (error) {
      if (error instanceof GapError) return false;
      throw error;
    }
  });
}

/** All that follows from the chain; the names within an item in no order. */
async function contents(database: Database): Promise<Record<string, unknown>> {
  const rows = await database.query("SELECT * FROM items ORDER BY key");
  const items = rows.map((row) => ({ ...row, data: JSON.parse(String(row["data"])) as unknown }));
  return { items, duties: await database.query("SELECT * FROM duties ORDER BY key") };
}

describe("ChainStore as a property", () => {
  onEachDatabase((make, kind) => {
    it("holds, after any steps and forks, what a new store holds that saw the last chain alone (ATK-KPR-3)", async function () {
      this.timeout(60_000 * TIMES);
      const made = await make();
      const database = await made.connect();
      const connections = [database, await made.connect()];
      const stores = await Promise.all(connections.map((one) => ChainStore.open(one, toyRules, options)));
      const fresh = await (await make()).connect();
      const freshStore = await ChainStore.open(fresh, toyRules, options);

      /** Plays the moves. Returns the steps of the chain that is left. */
      const play = async (moves: readonly Move[]): Promise<readonly Step[]> => {
        let chain: Step[] = [];
        for (const [index, { by, back, said, isDeep, isUntimed }] of moves.entries()) {
          const store = stores[by]!;
          const tips = await store.tips();
          expect(tips[0]?.hash).to.equal(chain.at(-1)?.tip.hash);
          const to = tips[Math.min(back, tips.length - 1)];
          if (to !== undefined && to.hash !== tips[0]?.hash) {
            expect(await store.revertTo(to, tips[0]!)).to.equal(true);
            chain = chain.slice(0, chain.findIndex(({ tip }) => tip.hash === to.hash) + 1);
          }
          const items = new Map<string, Item>();
          possible(
            items,
            chain.flatMap(({ events }) => events),
          );
          const after = chain.at(-1)?.tip;
          const blocks: Head[] = said.map((_, block) => blockAt((after?.number ?? 0) + block + 1, `f${index}.`));
          const events = possible(
            items,
            said.flatMap((some, block) => some.map((one) => eventOf(one, blocks[block]!))),
          );
          const step: Step = {
            after,
            tip: blocks.at(-1)!,
            events,
            digest: String(index),
            canBeTakenBack: !isDeep,
            timesOf: isUntimed ? () => Promise.resolve(new Map()) : timesOfBlocks,
          };
          expect(await store.advance(step)).to.equal(true);
          chain.push(step);
        }
        return chain;
      };

      const property = fc.asyncProperty(
        fc.array(move, { minLength: 1, maxLength: 12 }),
        fc.nat(5),
        async (moves, stride) => {
          await Promise.all([stores[0]!.clear(), freshStore.clear()]);
          const chain = [...(await play(moves))];
          const last: Step = {
            ...chain.at(-1)!,
            after: chain.at(-1)!.tip,
            tip: blockAt(1_000, "end"),
            events: [],
            timesOf: timesOfBlocks,
          };
          expect(await stores[1]!.advance(last)).to.equal(true);

          // The new store sees the same events in other steps.
          let after: Head | undefined;
          for (const [index, { tip }] of chain.entries()) {
            if (index % (stride + 1) !== 0 && index !== chain.length - 1) continue;
            const from = chain.findIndex((step) => step.tip.hash === after?.hash) + 1;
            const events = chain.slice(from, index + 1).flatMap((step) => step.events);
            const step: Step = { after, tip, events, digest: "", canBeTakenBack: false, timesOf: timesOfBlocks };
            expect(await freshStore.advance(step)).to.equal(true);
            after = tip;
          }
          expect(await contents(database)).to.deep.equal(await contents(fresh));
          expect(await stores[0]!.due(10_000, 100)).to.deep.equal(await freshStore.due(10_000, 100));
        },
      );
      await holds(property, kind === "SQLite" ? 40 : 15);
    });
  });
});
