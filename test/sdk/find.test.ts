import { expect } from "chai";

import { find, misfitOf, type OfferFacts, rank, type Wish } from "../../sdk/find";
import { parseResources } from "../../sdk/resources";

const TOKEN = `0x${"A1".repeat(20)}`;
const COLLATERAL = 8n * 10n ** 15n;

function offer(changes: Partial<OfferFacts> = {}): OfferFacts {
  return {
    id: 1n,
    provider: `0x${"B2".repeat(20)}`,
    token: TOKEN,
    priceX32: 100n,
    resources: parseResources({
      cpu: "8",
      memory: "32GiB",
      gpu: "h100:2",
      region: "eu-central",
      attributes: "ecc,bit31",
    }),
    unitsLeft: 4,
    minDuration: 3_600,
    maxDuration: 86_400,
    retired: false,
    live: true,
    freeBond: COLLATERAL * 2n,
    collateralPerUnit: COLLATERAL,
    record: { darkSeconds: 0, outages: 0, lastSeen: 1 },
    ...changes,
  };
}

function wish(changes: Partial<Wish> = {}): Wish {
  return { token: TOKEN, requirement: parseResources({}), units: 2, duration: 7_200, ...changes };
}

describe("find", () => {
  describe("misfits", () => {
    for (const [reason, offered, wished] of [
      ["None", {}, {}],
      ["None", {}, { token: TOKEN.toLowerCase() }],
      ["None", {}, { maxPriceX32: 100n }],
      ["None", {}, { duration: 3_600 }],
      ["None", {}, { duration: 86_400 }],
      ["None", {}, { duration: undefined }],
      ["None", { unitsLeft: 2 }, {}],
      ["OtherToken", {}, { token: `0x${"C3".repeat(20)}` }],
      ["Retired", { retired: true }, {}],
      ["PriceTooHigh", {}, { maxPriceX32: 99n }],
      ["RequirementUnmet", {}, { requirement: parseResources({ cpu: "9" }) }],
      ["DurationOutOfBounds", {}, { duration: 3_599 }],
      ["DurationOutOfBounds", {}, { duration: 86_401 }],
      ["CapacityShort", { unitsLeft: 1 }, {}],
      ["ProviderDark", { live: false }, {}],
      ["BondShort", { freeBond: COLLATERAL * 2n - 1n }, {}],
    ] as [string, Partial<OfferFacts>, Partial<Wish>][]) {
      const keys = [...Object.keys(offered), ...Object.keys(wished)].join(", ");
      it(`${reason} for ${keys || "an offer that fits"}`, () => {
        expect(misfitOf(offer(offered), wish(wished))).to.equal(reason);
      });
    }
  });

  it("ranks by price, then by dark seconds, then by outages, then the older offer first", () => {
    const live = (darkSeconds: number, outages: number): OfferFacts["record"] => ({
      darkSeconds,
      outages,
      lastSeen: 1,
    });
    const ranked = [
      offer({ id: 9n, priceX32: 99n, record: live(9, 9) }),
      offer({ id: 8n, record: live(1, 2) }),
      offer({ id: 6n, record: live(2, 1) }),
      offer({ id: 7n, record: live(2, 1) }),
      offer({ id: 5n, record: live(2, 2) }),
    ];
    expect([...ranked].reverse().sort(rank)).to.deep.equal(ranked);
  });

  it("returns what serves the wish, the best first, and counts why the others do not", () => {
    const offers = [
      offer({ id: 1n, priceX32: 300n }),
      offer({ id: 2n, retired: true }),
      offer({ id: 3n, priceX32: 200n }),
      offer({ id: 4n, live: false }),
      offer({ id: 5n, live: false }),
    ];
    const { matches, refused } = find(offers, wish());
    expect(matches.map(({ id }) => id)).to.deep.equal([3n, 1n]);
    expect([...refused]).to.deep.equal([
      ["Retired", 1],
      ["ProviderDark", 2],
    ]);
  });
});
