import { expect } from "chai";

import { find, meets, misfitOf, type OfferFacts, rank, type Wish } from "../../sdk/find";
import { parseResources, type ResourcesText } from "../../sdk/resources";

const TOKEN = `0x${"A1".repeat(20)}`;
const WEIGHTS = {
  cpu: 1n,
  memoryMiB: 0n,
  diskGiB: 0n,
  bandwidthMbps: 0n,
  gpuTier0: 0n,
  gpuTier1: 0n,
  gpuTier2: 0n,
  gpuTier3: 0n,
};
// 8,000 thousandths x 1 x 10^12 wei for each unit of 8 CPUs.
const COLLATERAL = 8_000n * 10n ** 12n;

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
    record: { darkSeconds: 0, outages: 0, lastSeen: 1 },
    ...changes,
  };
}

function wish(changes: Partial<Wish> = {}): Wish {
  return { token: TOKEN, requirement: parseResources({}), units: 2, duration: 7_200, ...changes };
}

describe("find", () => {
  describe("meets", () => {
    const { resources } = offer();
    for (const [requirement, expected] of [
      [{}, true],
      [{ cpu: "8", memory: "32GiB", gpu: "h100:2", region: "eu-central", attributes: "ecc,bit31" }, true],
      [{ cpu: "8.001" }, false],
      [{ memory: "33GiB" }, false],
      [{ disk: "1GiB" }, false],
      [{ bandwidth: "1Mbps" }, false],
      [{ gpu: "h100:1" }, true],
      [{ gpu: "h100:3" }, false],
      [{ gpu: "h200:1" }, false],
      [{ region: "eu-west" }, false],
      [{ attributes: "bit31" }, true],
      [{ attributes: "ecc,nvme" }, false],
    ] as [ResourcesText, boolean][]) {
      it(`${expected ? "takes" : "refuses"} it for ${JSON.stringify(requirement)}`, () => {
        expect(meets(resources, parseResources(requirement))).to.equal(expected);
      });
    }
  });

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
        expect(misfitOf(offer(offered), wish(wished), WEIGHTS)).to.equal(reason);
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
    const { matches, refused } = find(offers, wish(), WEIGHTS);
    expect(matches.map(({ id }) => id)).to.deep.equal([3n, 1n]);
    expect([...refused]).to.deep.equal([
      ["Retired", 1],
      ["ProviderDark", 2],
    ]);
  });
});
