import { ZeroAddress } from "ethers";

import { DAY } from "../helpers/parameters";
import { NO_TERMS, openWith, type Quote, type Signed, signQuote } from "../quotes/quoting";
import { newcomer, payer, signedFunding } from "./newcomers";
import type { Scenario } from "./scenario";
import { dollars, machineOffer, PRICE, type World } from "./world";

const QUOTED_PRICE = (PRICE * 9n) / 10n;
const QUOTED_UNITS = 10;
/** Fixed, so that the calldata has the same bytes in every run. */
const FAR_EXPIRY = 2 ** 39;

/** A quote of the provider for anyone, for good: on its offer, or with the choice of another. */
async function signed({ quotes, provider, offer }: World, choices: Partial<Quote> = {}): Promise<Signed> {
  return signQuote(provider, quotes, {
    provider: provider.address,
    offer,
    terms: NO_TERMS,
    pricePerSecondX32: QUOTED_PRICE,
    units: QUOTED_UNITS,
    expiry: FAR_EXPIRY,
    tenant: ZeroAddress,
    salt: 1n,
    epoch: 0n,
    ...choices,
  });
}

/** Opens one unit for a day, as in open, steady. */
async function open(world: World, quote: Signed) {
  const { liveness, operator, provider, quotes, tenant } = world;
  await liveness.connect(operator).heartbeat(provider);
  return openWith(quotes, tenant, quote, { duration: DAY });
}

/** Openings with signed quotes. */
export const QUOTES: readonly Scenario[] = [
  {
    action: "quote-open",
    state: "first",
    items: 1,
    conditions: "opens as open does, with a quote on an offer, signed by a key, of which nothing was opened yet",
    send: async (world) => open(world, await signed(world)),
  },
  {
    action: "quote-open",
    state: "steady",
    items: 1,
    conditions: "the same with a quote of which a part was opened before",
    async send(world) {
      const quote = await signed(world);
      await open(world, quote);
      return open(world, quote);
    },
  },
  {
    action: "quote-open-terms",
    state: "first",
    items: 1,
    conditions: "with a quote that brings its own terms: creates its offer, too",
    async send(world) {
      const { terms } = machineOffer(world.token);
      return open(world, await signed(world, { offer: 0n, terms }));
    },
  },
  {
    action: "quote-open-funded",
    state: "first",
    items: 1,
    conditions: "as first-open-signed, with such a quote on an offer",
    async send(world) {
      const { liveness, operator, provider, quotes } = world;
      const tenant = await payer(world, newcomer(world));
      const { funding, signature, permit } = await signedFunding(world, tenant, dollars(1_000));
      const quote = await signed(world);
      await liveness.connect(operator).heartbeat(provider);
      return quotes
        .connect(tenant)
        .openFunded(quote.quote, quote.signature, 1, DAY, dollars(1_000), funding, signature, permit);
    },
  },
];
