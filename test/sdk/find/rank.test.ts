import { expect } from "chai";

import { byRank, type LiveRecord } from "../../../sdk/find/rank";
import { anOffer, NEW } from "./sample";

const lived = (darkSeconds: number, liveSeconds: number, outages: number): LiveRecord => ({
  ...NEW,
  darkSeconds,
  liveSeconds,
  outages,
});
const DAY = 86_400;

describe("rank", () => {
  it("is by price, then by the dark part of leases, then by outages, then the older offer first", () => {
    const ranked = [
      anOffer({ id: 9n, priceX32: 99n, record: lived(900, 100, 9) }),
      anOffer({ id: 8n, record: lived(0, DAY, 5) }),
      anOffer({ id: 7n, record: lived(1, DAY, 1) }),
      anOffer({ id: 6n, record: lived(432, DAY / 2 - 432, 1) }),
      anOffer({ id: 4n, record: lived(864, DAY - 864, 2) }),
      anOffer({ id: 5n, record: lived(864, DAY - 864, 2) }),
      anOffer({ id: 3n, record: lived(864, DAY - 864, 3) }),
      anOffer({ id: 2n, record: lived(600, 600, 1) }),
    ].map((offer, place) => (place === 0 ? offer : { ...offer, priceX32: 100n }));
    expect(ranked.toReversed().sort(byRank)).to.deep.equal(ranked);
  });

  it("weighs the dark part by what was slashed: once more for each HOLD a day of leases", () => {
    const slashed = (hold: number, record: LiveRecord): LiveRecord => ({
      ...record,
      slashed: BigInt(hold) * 10n ** 18n,
    });
    const ranked = [
      anOffer({ id: 6n, record: lived(0, 365 * DAY, 1) }),
      // 100 HOLD in a year of leases weigh less than a name that nobody knows.
      anOffer({ id: 5n, record: slashed(100, lived(0, 365 * DAY, 1)) }),
      anOffer({ id: 4n, record: lived(0, DAY, 1) }),
      // In two observed days, 2 HOLD double the dark part: as bad as a new name, and older.
      anOffer({ id: 2n, record: slashed(2, lived(0, DAY, 0)) }),
      anOffer({ id: 3n, record: NEW }),
      anOffer({ id: 1n, record: slashed(3, lived(0, DAY, 0)) }),
    ];
    expect(
      ranked
        .toReversed()
        .sort(byRank)
        .map(({ id }) => id),
    ).to.deep.equal(ranked.map(({ id }) => id));
  });

  it("puts a provider without a record behind good ones and before bad ones", () => {
    const ranked = [
      anOffer({ id: 3n, record: lived(0, 60, 1) }),
      anOffer({ id: 2n, record: NEW }),
      anOffer({ id: 1n, record: lived(60, 60, 1) }),
    ];
    expect(ranked.toReversed().sort(byRank)).to.deep.equal(ranked);
  });
});
