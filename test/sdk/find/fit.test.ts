import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { type OfferFacts, lockAt, misfitOf, type Wish } from "../../../sdk/find/fit";
import { find } from "../../../sdk/find/propose";
import { parseResources } from "../../../sdk/resources";
import { anOffer, aWish, COLLATERAL, MODULE, ONE, TERMS, TOKEN } from "./sample";

describe("fit", () => {
  describe("misfits", () => {
    const two = 2n * 100n * 7_200n + 50n;
    for (const [reason, offered, wished] of [
      ["None", {}, {}],
      ["None", {}, { token: TOKEN.toLowerCase() }],
      ["None", {}, { maxPriceX32: 100n * ONE }],
      ["None", {}, { duration: 3_600 }],
      ["None", {}, { duration: 86_400 }],
      ["None", {}, { duration: undefined }],
      ["None", {}, { duration: undefined, maxLock: 0n }],
      ["None", {}, { maxLock: two }],
      ["None", { unitsLeft: 2 }, {}],
      // A lease of 3,600 s and 2 units for 50 base units: 2^32 / 144 a unit-second.
      ["None", { priceX32: ONE / 144n }, { duration: 3_600 }],
      ["None", { priceX32: 0n }, { duration: undefined }],
      ["None", { priceX32: 2n ** 127n - 1n }, { duration: undefined }],
      ["OtherToken", {}, { token: `0x${"C3".repeat(20)}` }],
      ["Retired", { retired: true }, {}],
      ["QuotedOnly", { quotedOnly: true }, {}],
      ["PriceTooHigh", {}, { maxPriceX32: 100n * ONE - 1n }],
      ["PriceTooHigh", { priceX32: 2n ** 127n }, { duration: undefined }],
      ["RequirementUnmet", {}, { requirement: parseResources({ cpu: "9" }) }],
      ["DurationOutOfBounds", {}, { duration: 3_599 }],
      ["DurationOutOfBounds", {}, { duration: 86_401 }],
      ["CapacityShort", { unitsLeft: 1 }, {}],
      ["LockTooSmall", { priceX32: (ONE * 49n) / 7_200n }, { duration: 3_600 }],
      ["LockTooLarge", {}, { maxLock: two - 1n }],
      ["ProviderStale", { fresh: false }, {}],
      ["BondShort", { freeBond: COLLATERAL * 2n - 1n }, {}],
    ] as [string, Partial<OfferFacts>, Partial<Wish>][]) {
      const keys = [...Object.keys(offered), ...Object.keys(wished)].join(", ");
      it(`${reason} for ${keys || "an offer that fits"}`, () => {
        expect(misfitOf(anOffer(offered), { ...aWish(), ...wished }, TERMS)).to.equal(reason);
      });
    }
  });

  it("leaves out what a slashing module rules on that is not trusted, and takes what none rules on", () => {
    const offers = [
      anOffer({ id: 1n }),
      anOffer({ id: 2n, slasher: ZeroAddress }),
      anOffer({ id: 3n, slasher: TOKEN }),
      anOffer({ id: 4n, slasher: TOKEN, retired: true }),
    ];
    const found = (slashers: readonly string[] | undefined): [bigint[], [string, number][]] => {
      const { matches, refused } = find(offers, aWish({ slashers }), TERMS);
      return [matches.map(({ id }) => id), [...refused]];
    };
    expect(found([MODULE.toLowerCase()])).to.deep.equal([
      [1n, 2n],
      [
        ["UntrustedSlasher", 1],
        ["Retired", 1],
      ],
    ]);
    expect(found([])).to.deep.equal([
      [2n],
      [
        ["UntrustedSlasher", 2],
        ["Retired", 1],
      ],
    ]);
    expect(found(undefined)).to.deep.equal([[1n, 2n, 3n], [["Retired", 1]]]);
  });

  it("rounds what a lease locks up, and adds the bounty", () => {
    const lock = (priceX32: bigint): bigint => lockAt(priceX32, { units: 2, duration: 3 }, TERMS);
    expect([0n, 1n, ONE / 6n, ONE / 6n + 1n, ONE].map(lock)).to.deep.equal([50n, 51n, 51n, 52n, 56n]);
    // A rate that no lease can hold counts as the highest that one can.
    expect(lock(2n ** 128n - 1n)).to.equal(3n * 2n ** 96n + 50n);
  });

  it("keeps what serves the wish, in its order, and counts why the rest does not", () => {
    const offers = [
      anOffer({ id: 1n, priceX32: 300n * ONE }),
      anOffer({ id: 2n, retired: true }),
      anOffer({ id: 3n, priceX32: 200n * ONE }),
      anOffer({ id: 4n, fresh: false }),
      anOffer({ id: 5n, fresh: false }),
    ];
    const { matches, refused } = find(offers, aWish(), TERMS);
    expect(matches.map(({ id }) => id)).to.deep.equal([1n, 3n]);
    expect([...refused]).to.deep.equal([
      ["Retired", 1],
      ["ProviderStale", 2],
    ]);
  });
});
