import { expect } from "chai";

import { type Standing, turnsOf } from "../../../sdk/find/walk";
import { drawFrom } from "./draw";
import { walk } from "./oracle";
import { address, anOffer, aWish, ONE, TERMS } from "./sample";

const SEED = Number(process.env["FC_SEED"] ?? "20261121");
const MOST = 10n ** 30n;

const at = (provider: number, region: number, locked: bigint): Standing => ({
  provider: address(provider),
  region,
  locked,
});
const stale = { reason: "ProviderStale", available: 0n, required: 0n } as const;

describe("turnsOf", () => {
  it("takes the first that fit, passes over what cannot stand beside them, and leaves the rest as spares", () => {
    const candidates = [
      { ...at(1, 1, 10n), misfit: stale },
      at(2, 1, 10n),
      at(2, 2, 10n),
      at(3, 1, 10n),
      at(4, 0, 10n),
      at(5, 2, 91n),
      at(6, 2, 90n),
      { ...at(7, 3, 1n), misfit: stale },
    ];
    expect(turnsOf(candidates, { replicas: 2, distinctRegions: true, maxLock: 100n })).to.deep.equal([
      { taken: false, misfit: stale },
      { taken: true },
      { taken: false, misfit: { reason: "SameProvider", available: 0n, required: 0n } },
      { taken: false, misfit: { reason: "SameRegion", available: 1n, required: 0n } },
      { taken: false, misfit: { reason: "SameRegion", available: 0n, required: 0n } },
      { taken: false, misfit: { reason: "LockTooLarge", available: 90n, required: 91n } },
      { taken: true },
      { taken: false },
    ]);
  });

  it("does not look at regions of a single lease, nor where they may be the same", () => {
    const candidates = [at(1, 0, 1n), at(2, 0, 1n)];
    const taken = (replicas: number, distinctRegions: boolean): boolean[] =>
      turnsOf(candidates, { replicas, distinctRegions, maxLock: MOST }).map((turn) => turn.taken);
    expect(taken(1, true)).to.deep.equal([true, false]);
    expect(taken(2, false)).to.deep.equal([true, true]);
    expect(taken(2, true)).to.deep.equal([false, false]);
  });

  it("takes what the market's rules take", () => {
    const draw = drawFrom(SEED);
    for (let round = 0; round < 2_000; round += 1) {
      const offers = Array.from({ length: 6 }, (_, index) =>
        anOffer({
          id: BigInt(index),
          provider: address(draw.below(4)),
          region: draw.below(4),
          priceX32: BigInt(1 + draw.below(9)) * ONE,
          fresh: draw.chance(80),
        }),
      );
      const wish = aWish({ replicas: 1 + draw.below(4), distinctRegions: draw.chance(50) });
      const locked = ({ priceX32 }: { priceX32: bigint }): bigint => (priceX32 / ONE) * 14_400n + 50n;
      const maxLock = draw.chance(50) ? MOST : BigInt(draw.below(25)) * 14_400n;
      const expected = walk(
        offers.map((offer) => ({ offer, maxPriceX32: offer.priceX32 })),
        wish,
        TERMS,
        maxLock,
      );
      const turns = turnsOf(
        offers.map((offer) => ({
          provider: offer.provider,
          region: offer.resources.region,
          locked: locked(offer),
          misfit: offer.fresh ? undefined : stale,
        })),
        { replicas: wish.replicas, distinctRegions: wish.distinctRegions === true, maxLock },
      );
      const taken = offers.filter((_, index) => turns[index]?.taken);
      const where = `FC_SEED=${SEED}, round ${round}`;
      expect(taken.length === wish.replicas ? taken : undefined, where).to.deep.equal(expected);
    }
  });
});
