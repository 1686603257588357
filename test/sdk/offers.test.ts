import { expect } from "chai";

import { offerPages, withRecords } from "../../sdk/offers";
import type { Liveness, Market, MarketLens, ProviderRecords } from "../../typechain-types";
import { address, anOffer } from "./find/sample";

/** A market of so many offers whose pages arrive when they are let through. */
function fakeMarket(count: number) {
  const asked: { from: number; limit: number; answer: () => void; refuse: (error: Error) => void }[] = [];
  const views = (from: number, limit: number): { offerId: bigint; resources: bigint }[] =>
    Array.from({ length: Math.max(0, Math.min(limit, count - from + 1)) }, (_, index) => ({
      offerId: BigInt(from + index),
      resources: 0n,
    }));
  const lens = {
    offerViews: (from: number, limit: number) =>
      new Promise((resolve, refuse) => {
        asked.push({ from, limit, answer: () => resolve(views(from, limit)), refuse });
      }),
  } as unknown as MarketLens;
  const market = { offerCount: () => Promise.resolve(BigInt(count)) } as unknown as Market;
  return { lens, market, asked };
}

describe("offers", () => {
  describe("pages", () => {
    it("come in their order, whichever is answered first, and some are asked for ahead of their use", async () => {
      const fake = fakeMarket(7);
      const pages = offerPages(fake, { size: 2, ahead: 3 });
      const first = pages.next();
      await Promise.resolve();
      await Promise.resolve();
      expect(fake.asked.map(({ from, limit }) => [from, limit])).to.deep.equal([
        [1, 2],
        [3, 2],
        [5, 2],
      ]);
      fake.asked.toReversed().forEach(({ answer }) => answer());
      const numbers: bigint[][] = [(await first).value?.map(({ id }) => id) ?? []];
      const second = await pages.next();
      numbers.push(second.value?.map(({ id }) => id) ?? []);
      expect(fake.asked).to.have.lengthOf(4);
      fake.asked[3]?.answer();
      for await (const page of pages) numbers.push(page.map(({ id }) => id));
      expect(numbers).to.deep.equal([[1n, 2n], [3n, 4n], [5n, 6n], [7n]]);
      expect(fake.asked).to.have.lengthOf(4);
    });

    it("are none where there is no offer", async () => {
      const fake = fakeMarket(0);
      expect((await offerPages(fake).next()).done).to.equal(true);
      expect(fake.asked).to.deep.equal([]);
    });

    it("end with what the node refused; pages behind it are let go", async () => {
      const fake = fakeMarket(4);
      const pages = offerPages(fake, { size: 1, ahead: 2 });
      const first = pages.next();
      await Promise.resolve();
      await Promise.resolve();
      fake.asked.forEach(({ refuse, from }) => refuse(new Error(`page ${from}`)));
      expect(await first.then(String, (error: Error) => error.message)).to.equal("page 1");
      expect((await pages.next()).done).to.equal(true);
    });
  });

  it("have the records of their providers, over all modules, each asked for once", async () => {
    const asked: string[] = [];
    const liveness = {
      clockOf: (provider: string) => {
        asked.push(provider);
        return Promise.resolve({ lastSeen: 70n, outages: 3n });
      },
    } as unknown as Liveness;
    const records = {
      recordOf: (module: string) =>
        Promise.resolve(
          module === address(91)
            ? { served: 5n, noShows: 1n, liveSeconds: 1_000n, darkSeconds: 10n, slashed: 40n }
            : { served: 2n, noShows: 0n, liveSeconds: 500n, darkSeconds: 7n, slashed: 2n },
        ),
    } as unknown as ProviderRecords;
    const offers = [1, 2, 1].map((provider, index) => anOffer({ id: BigInt(index + 1), provider: address(provider) }));
    const recorded = await withRecords({ liveness, records, modules: [address(91), address(92)] }, offers);
    expect(recorded.map(({ id }) => id)).to.deep.equal([1n, 2n, 3n]);
    expect(recorded[2]?.record).to.deep.equal({
      served: 7,
      noShows: 1,
      liveSeconds: 1_500,
      darkSeconds: 17,
      slashed: 42n,
      outages: 3,
      lastSeen: 70,
    });
    expect(asked).to.deep.equal([address(1), address(2)]);
  });
});
