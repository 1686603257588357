import { expect } from "chai";
import fc from "fast-check";

import { deployFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { fieldsOf, holds } from "../helpers/property";

const LAYOUT = [
  ["served", 40],
  ["noShows", 24],
  ["liveSeconds", 48],
  ["darkSeconds", 48],
  ["slashed", 96],
] as const;
const NAMES = LAYOUT.map(([name]) => name);
type Figures = Record<(typeof LAYOUT)[number][0], bigint>;

const NOTHING: Figures = { served: 0n, noShows: 0n, liveSeconds: 0n, darkSeconds: 0n, slashed: 0n };
const DELTA: Figures = { served: 1n, noShows: 2n, liveSeconds: 3_600n, darkSeconds: 59n, slashed: 10n ** 18n };
const MOST = Object.fromEntries(LAYOUT.map(([name, bits]) => [name, 2n ** BigInt(bits) - 1n])) as Figures;

/** As the contract returns them. */
const listed = (figures: Figures): bigint[] => NAMES.map((name) => figures[name]);

describe("ProviderRecords", () => {
  describe("add", () => {
    it("adds to the figures of the calling module and announces what was added", async () => {
      const { records, module, providerA } = await loadFixture(deployFixture);
      for (const times of [1n, 2n, 3n]) {
        await expect(records.connect(module).add(providerA, DELTA))
          .to.emit(records, "RecordAdded")
          .withArgs(module, providerA, listed(DELTA));
        expect(await records.recordOf(module, providerA)).to.deep.equal(listed(DELTA).map((value) => value * times));
      }
    });

    it("writes no column but the caller's, and there no other provider's (INV-REC-1)", async () => {
      const { records, module, otherModule, providerA, providerB } = await loadFixture(deployFixture);
      const others = [
        [otherModule, providerA],
        [module, providerB],
        [providerA, module],
        [otherModule, providerB],
      ] as const;
      await records.connect(module).add(providerA, DELTA);
      for (const [by, of] of others) expect(await records.recordOf(by, of)).to.deep.equal(listed(NOTHING));

      await records.connect(otherModule).add(providerA, MOST);
      expect(await records.recordOf(module, providerA)).to.deep.equal(listed(DELTA));
      expect(await records.recordOf(otherModule, providerA)).to.deep.equal(listed(MOST));
    });

    it("lets a provider praise itself in a column that nobody else reads", async () => {
      const { records, module, providerA } = await loadFixture(deployFixture);
      await records.connect(providerA).add(providerA, MOST);
      expect(await records.recordOf(providerA, providerA)).to.deep.equal(listed(MOST));
      expect(await records.recordOf(module, providerA)).to.deep.equal(listed(NOTHING));
    });

    it("adds nothing, and says so", async () => {
      const { records, module, providerA } = await loadFixture(deployFixture);
      await records.connect(module).add(providerA, DELTA);
      await expect(records.connect(module).add(providerA, NOTHING))
        .to.emit(records, "RecordAdded")
        .withArgs(module, providerA, listed(NOTHING));
      expect(await records.recordOf(module, providerA)).to.deep.equal(listed(DELTA));
    });

    for (const [name, bits] of LAYOUT) {
      const most = 2n ** BigInt(bits) - 1n;
      for (const [before, added, after] of [
        [most - 1n, 1n, most],
        [most, 0n, most],
        [most, 1n, most],
        [1n, most, most],
        [most, most, most],
      ] as const) {
        it(`keeps ${name} at ${after} where ${added} join ${before}, and the other figures right`, async () => {
          const { records, module, providerA } = await loadFixture(deployFixture);
          await records.connect(module).add(providerA, { ...DELTA, [name]: before });
          await expect(records.connect(module).add(providerA, { ...DELTA, [name]: added }))
            .to.emit(records, "RecordAdded")
            .withArgs(module, providerA, listed({ ...DELTA, [name]: added }));
          const twice = NAMES.map((each) => (each === name ? after : 2n * DELTA[each]));
          expect(await records.recordOf(module, providerA)).to.deep.equal(twice);
        });
      }
    }

    it("never reverts, and never lowers a figure, whatever is added (INV-REC-1)", async () => {
      const property = fc.asyncProperty(
        fc.array(fieldsOf(LAYOUT), { minLength: 2, maxLength: 5 }),
        async (deltas: Figures[]) => {
          const { records, module, providerA } = await loadFixture(deployFixture);
          let expected = NOTHING;
          for (const delta of deltas) {
            await records.connect(module).add(providerA, delta);
            const sums = NAMES.map((name): [string, bigint] => {
              const sum = expected[name] + delta[name];
              return [name, sum > MOST[name] ? MOST[name] : sum];
            });
            expected = Object.fromEntries(sums) as Figures;
            expect(await records.recordOf(module, providerA)).to.deep.equal(listed(expected));
          }
        },
      );
      await holds(property, 20);
    });
  });

  describe("recordOf", () => {
    it("knows nothing of strangers", async () => {
      const { records, module, stranger } = await loadFixture(deployFixture);
      expect(await records.recordOf(module, stranger)).to.deep.equal(listed(NOTHING));
    });
  });
});
