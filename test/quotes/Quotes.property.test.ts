import { expect } from "chai";
import { ZeroAddress } from "ethers";
import fc from "fast-check";

import { loadFixture } from "../helpers/loadFixture";
import { holds } from "../helpers/property";
import { at, now } from "../helpers/time";
import { openWith, quotesFixture, type Signed, stateOf } from "./quoting";

type Action =
  | { kind: "open"; quote: number; byA: boolean; units: number; wait: number }
  | { kind: "cancel"; quote: number; wait: number }
  | { kind: "cancelAll"; wait: number };

/** Short enough that no provider gets dark, long enough that quotes expire. */
const LIFE = 60;
const wait = fc.integer({ min: 1, max: 9 });
const quote = fc.integer({ min: 0, max: 3 });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("open" as const),
      quote,
      byA: fc.boolean(),
      units: fc.integer({ min: 0, max: 3 }),
      wait,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), quote, wait }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancelAll" as const), wait }) },
);

async function fourQuotes() {
  const fixture = await quotesFixture();
  const { market, providerA, tenantA, offerA, signed, someTerms } = fixture;
  await market.connect(providerA).setCapacity(offerA, 1_000);
  const expiry = (await now()) + LIFE;
  const all = [
    await signed({ units: 4, salt: 0n }),
    await signed({ units: 3, salt: 1n, tenant: tenantA.address, expiry }),
    await signed({ units: 5, salt: 2n, offer: 0n, terms: someTerms() }),
    await signed({ units: 4, salt: 3n, epoch: 1n, expiry }),
  ];
  return { ...fixture, all };
}

/** What a quote must do, in the plainest words. */
class Model {
  epoch = 0n;
  readonly cancelled = new Set<number>();
  readonly opened = [0, 0, 0, 0];

  constructor(private readonly all: readonly Signed[]) {}

  /** The error that opening meets; undefined: it opens. */
  refusal(index: number, tenant: string, units: number, second: number): string | undefined {
    const { quote: given } = this.all[index]!;
    if (second >= given.expiry) return "QuotesExpired";
    if (given.tenant !== ZeroAddress && given.tenant !== tenant) return "QuotesNotTenant";
    if (given.epoch !== this.epoch) return "QuotesOtherEpoch";
    if (this.cancelled.has(index)) return "QuotesCancelled";
    if (this.opened[index]! + units > given.units) return "QuotesUnitsShort";
    return units === 0 ? "MarketEmptyOrder" : undefined;
  }
}

type Fixture = Awaited<ReturnType<typeof fourQuotes>>;

/** Units, cancellation and epoch of every quote from events alone; the offer is that of its leases. */
async function fromEvents({ quotes, providerA, all }: Fixture) {
  const [opened, cancelled, epochs] = await Promise.all([
    quotes.queryFilter(quotes.filters.QuoteOpened(providerA)),
    quotes.queryFilter(quotes.filters.QuoteCancelled(providerA)),
    quotes.queryFilter(quotes.filters.AllQuotesCancelled(providerA)),
  ]);
  const states = all.map(({ digest }) => {
    const leases = opened.filter(({ args }) => args.digest === digest).map(({ args }) => args);
    const units = leases.reduce((sum, lease) => sum + lease.units, 0n);
    expect(leases.at(-1)?.opened ?? 0n).to.equal(units);
    const offers = new Set(leases.map(({ leaseId }) => leaseId / 2n ** 32n));
    expect(offers.size).to.be.at.most(1);
    return [[...offers][0] ?? 0n, units, cancelled.some(({ args }) => args.digest === digest)];
  });
  return { states, epoch: epochs.at(-1)?.args.epoch ?? 0n };
}

async function play(actions: readonly Action[]): Promise<void> {
  const fixture = await loadFixture(fourQuotes);
  const { quotes, market, usd6, providerA, tenantA, tenantB, all } = fixture;
  const model = new Model(all);
  for (const next of actions) {
    const second = (await now()) + next.wait;
    if (next.kind === "cancel") {
      await at(second, () => quotes.connect(providerA).cancel(all[next.quote]!.digest));
      model.cancelled.add(next.quote);
    } else if (next.kind === "cancelAll") {
      await at(second, () => quotes.connect(providerA).cancelAll());
      model.epoch++;
    } else {
      const tenant = next.byA ? tenantA : tenantB;
      const error = model.refusal(next.quote, tenant.address, next.units, second);
      const opening = at(second, () => openWith(quotes, tenant, all[next.quote]!, { units: next.units }));
      if (error === undefined) {
        await opening;
        model.opened[next.quote]! += next.units;
      } else {
        const raisedBy = error.startsWith("Market") ? market : quotes;
        await expect(opening).to.be.revertedWithCustomError(raisedBy, error);
      }
    }
  }

  const token = await usd6.getAddress();
  const { states, epoch } = await fromEvents(fixture);
  expect(epoch).to.equal(model.epoch);
  expect(await quotes.epochOf(providerA)).to.equal(model.epoch);
  for (const [index, { digest }] of all.entries()) {
    const opened = model.opened[index]!;
    const [offer, units, cancelled] = states[index]!;
    expect([units, cancelled]).to.deep.equal([BigInt(opened), model.cancelled.has(index)]);
    const stored = await stateOf(quotes, providerA, digest);
    expect(stored).to.deep.equal([opened === 0 ? ZeroAddress : token, offer, units, cancelled]);
  }
}

describe("Quotes: any use", () => {
  it("opens what its words say and nothing else, and events tell all of it (INV-QTE-1, INV-QTE-2, INV-QTE-3)", async () => {
    await holds(fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 18 }), play), 30);
  });
});
