import type { AddressLike, Signer, TypedDataDomain } from "ethers";
import { getBytes, hexlify, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";
import { ethers } from "hardhat";

import type { Quotes } from "../../typechain-types";
import type { IQuotes } from "../../typechain-types/contracts/quotes/Quotes";
import type { OfferTermsStruct } from "../../typechain-types/contracts/market/Market";
import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { perHour } from "../helpers/money";
import { MOST_LOCK } from "../helpers/orders";
import { DAY } from "../helpers/parameters";
import { now } from "../helpers/time";

/** Written from the NatSpec of IQuotes alone. */
export const QUOTE_TYPES = {
  Quote: [
    { name: "provider", type: "address" },
    { name: "offer", type: "uint64" },
    { name: "terms", type: "OfferTerms" },
    { name: "pricePerSecondX32", type: "uint128" },
    { name: "units", type: "uint24" },
    { name: "expiry", type: "uint40" },
    { name: "tenant", type: "address" },
    { name: "salt", type: "uint256" },
    { name: "epoch", type: "uint256" },
  ],
  OfferTerms: [
    { name: "resources", type: "uint256" },
    { name: "minDuration", type: "uint24" },
    { name: "maxDuration", type: "uint32" },
    { name: "token", type: "address" },
    { name: "slasher", type: "address" },
    { name: "contentHash", type: "bytes32" },
  ],
};

export const NO_TERMS: OfferTermsStruct = {
  resources: 0n,
  minDuration: 0,
  maxDuration: 0,
  token: ZeroAddress,
  slasher: ZeroAddress,
  contentHash: ZeroHash,
};

/** What tests quote, per unit-second times 2^32: $0.30 an hour, where offer A asks for $0.42. */
export const QUOTED = perHour(300_000n);

export type Quote = IQuotes.QuoteStruct & { units: number; pricePerSecondX32: bigint; expiry: number };
/** A quote that somebody signed. */
export type Signed = { quote: Quote; signature: string; digest: string };

/** The EIP-712 domain of a contract of quotes. */
export async function quotesDomain(quotes: Quotes): Promise<TypedDataDomain> {
  const { chainId } = await ethers.provider.getNetwork();
  return { name: "Leasehold Quotes", version: "1", chainId, verifyingContract: await quotes.getAddress() };
}

/** Signs a quote, for another domain where the test is about that. */
export async function signQuote(
  signer: Signer,
  quotes: Quotes,
  quote: Quote,
  domain: TypedDataDomain = {},
): Promise<Signed> {
  const signing = { ...(await quotesDomain(quotes)), ...domain };
  return {
    quote,
    signature: await signer.signTypedData(signing, QUOTE_TYPES, quote),
    digest: TypedDataEncoder.hash(signing, QUOTE_TYPES, quote),
  };
}

export interface QuotesFixture extends OpenMarket {
  /** Ten units on offer A for anyone, good for a day; choose what matters. */
  aQuote: (choices?: Partial<Quote>) => Quote;
  /** The same, signed by its provider A. */
  signed: (choices?: Partial<Quote>) => Promise<Signed>;
  /** Terms of an ad-hoc offer in `usd6`: one day at most; choose what matters. */
  someTerms: (choices?: Partial<OfferTermsStruct>) => OfferTermsStruct;
}

/** An open market, and what it takes to quote there. For `loadFixture`. */
export async function quotesFixture(): Promise<QuotesFixture> {
  const fixture = await loadFixture(openMarketFixture);
  const { quotes, market, usd6, providerA, offerA } = fixture;
  const [expiry, token] = [(await now()) + DAY, await usd6.getAddress()];
  const { traits } = await market.offerById(offerA);
  const aQuote = (choices: Partial<Quote> = {}): Quote => ({
    provider: providerA.address,
    offer: offerA,
    terms: NO_TERMS,
    pricePerSecondX32: QUOTED,
    units: 10,
    expiry,
    tenant: ZeroAddress,
    salt: 1n,
    epoch: 0n,
    ...choices,
  });
  return {
    ...fixture,
    aQuote,
    signed: (choices = {}) => signQuote(providerA, quotes, aQuote(choices)),
    someTerms: (choices = {}) => ({
      ...NO_TERMS,
      resources: traits % 2n ** 200n,
      maxDuration: DAY,
      token,
      ...choices,
    }),
  };
}

/** Opens with a quote: one unit for an hour, whatever it locks; choose what matters. Sends one transaction. */
export function openWith(
  quotes: Quotes,
  tenant: Signer,
  { quote, signature }: Signed,
  choices: { units?: number; duration?: number; maxLock?: bigint; gasLimit?: bigint } = {},
) {
  const { units = 1, duration = 3_600, maxLock = MOST_LOCK, ...overrides } = choices;
  return quotes.connect(tenant).open(quote, signature, units, duration, maxLock, overrides);
}

/** What the contract keeps of a quote: [token, offer, units opened, cancelled]. */
export const stateOf = async (quotes: Quotes, provider: AddressLike, digest: string) => [
  ...(await quotes.quoteStateOf(provider, digest)),
];

/** The same bytes with one bit changed. */
export function flipped(signature: string, bit: number): string {
  const bytes = getBytes(signature);
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  return hexlify(bytes);
}
