import {
  getAddress,
  hexlify,
  isAddress,
  type Provider,
  randomBytes,
  type Signer,
  type TypedDataDomain,
  TypedDataEncoder,
  ZeroAddress,
  ZeroHash,
} from "ethers";
import { z } from "zod";

import { isSignedBy } from "./signatures";

/** What a provider signs, as contracts/interfaces/IQuotes.sol has it. */
const QUOTE_TYPES = {
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

/** An unsigned number of the chain: decimal text in files, as it may be larger than a number of JSON. */
const large = (bits: number) =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,77})$/, "must be a whole number in decimal digits, as a text")
    .transform(BigInt)
    .refine((value) => value < 2n ** BigInt(bits), `must fit ${bits} bits`);
const small = (bits: number) =>
  z
    .number()
    .int()
    .min(0)
    .max(2 ** bits - 1);
const address = z
  .string()
  .refine((text) => isAddress(text), "must be an address: 0x and 40 hexadecimal digits with a correct checksum")
  .transform((text) => getAddress(text));
const hash = z.string().regex(/^0x[0-9a-f]{64}$/, "must be a hash: 0x and 64 lower-case hexadecimal digits");

const termsSchema = z.strictObject({
  /** One unit, packed; see `packResources`. */
  resources: large(256),
  /** Seconds. */
  minDuration: small(24),
  /** Seconds. */
  maxDuration: small(32),
  token: address,
  slasher: address,
  contentHash: hash,
});

const quoteSchema = z
  .strictObject({
    provider: address,
    /** 0: the quote brings its own terms. */
    offer: large(64),
    terms: termsSchema,
    /** Base units per unit-second, times 2^32. */
    pricePerSecondX32: large(128),
    units: small(24),
    /** Unix seconds; the quote counts before it. */
    expiry: small(40),
    /** Zero: anyone. */
    tenant: address,
    salt: large(256),
    epoch: large(256),
  })
  .superRefine(({ offer, terms }, context) => {
    if (offer === 0n && terms.maxDuration === 0) {
      context.addIssue({ code: "custom", path: ["terms"], message: "are missing: the quote is on no offer" });
    }
    if (offer !== 0n && !isNothing(terms)) {
      context.addIssue({ code: "custom", path: ["terms"], message: "must all be zero: the quote is on an offer" });
    }
  });

const signedQuoteSchema = z.strictObject({
  chainId: z.number().int().positive(),
  /** The contract of quotes that it is signed for. */
  contract: address,
  quote: quoteSchema,
  signature: z.string().regex(/^0x([0-9a-fA-F]{2})*$/, "must be bytes: 0x and hexadecimal digits"),
});

export type QuoteTerms = z.output<typeof termsSchema>;
export type Quote = z.output<typeof quoteSchema>;
/** A quote that its provider signed, and for which contract on which chain. */
export type SignedQuote = z.output<typeof signedQuoteSchema>;
/** Where a quote counts. */
export type QuotePlace = Pick<SignedQuote, "chainId" | "contract">;

/** A quote that cannot be, or a file that is none. */
export class QuoteError extends Error {
  override readonly name = "QuoteError";
}

/** Terms of a quote on an offer. */
export const NO_TERMS: QuoteTerms = {
  resources: 0n,
  minDuration: 0,
  maxDuration: 0,
  token: ZeroAddress,
  slasher: ZeroAddress,
  contentHash: ZeroHash,
};

function isNothing(terms: QuoteTerms): boolean {
  return (Object.keys(NO_TERMS) as (keyof QuoteTerms)[]).every((field) => terms[field] === NO_TERMS[field]);
}

/** The EIP-712 domain of quotes. */
export function quoteDomain({ chainId, contract }: QuotePlace): TypedDataDomain {
  return { name: "Leasehold Quotes", version: "1", chainId, verifyingContract: contract };
}

/** What the provider signs, and what names the quote on the chain: 32 bytes. */
export function quoteDigest(place: QuotePlace, quote: Quote): string {
  return TypedDataEncoder.hash(quoteDomain(place), QUOTE_TYPES, quote);
}

/** A salt that no other quote has. */
export function newSalt(): bigint {
  return BigInt(hexlify(randomBytes(32)));
}

/**
 * A quote that is not signed yet, for accounts with code: their owners approve its digest, or put their signature in. Fails
 * with a QuoteError where the quote cannot be opened as it is.
 */
export function unsignedQuote(place: QuotePlace, quote: Quote): SignedQuote {
  // As if it came out of a file: what the tenant's side would refuse is not signed.
  return parseSignedQuote(formatSignedQuote({ ...place, quote, signature: "0x" }), "the quote");
}

/** Signs a quote with its provider's key. Fails with a QuoteError as `unsignedQuote`, or if the key is another account's. */
export async function signQuote(signer: Signer, place: QuotePlace, quote: Quote): Promise<SignedQuote> {
  const account = await signer.getAddress();
  if (account !== getAddress(quote.provider)) {
    throw new QuoteError(`the quote is of provider ${quote.provider}, the key of ${account}: sign with the provider's`);
  }
  const unsigned = unsignedQuote(place, quote);
  return { ...unsigned, signature: await signer.signTypedData(quoteDomain(place), QUOTE_TYPES, unsigned.quote) };
}

/** Whether the chain would take the signature for the provider's, now: see `isSignedBy`. */
export function isSignedByProvider(provider: Provider, signed: SignedQuote): Promise<boolean> {
  const { quote, signature } = signed;
  return isSignedBy(provider, quote.provider, quoteDigest(signed, quote), signature);
}

/** Reads a signed quote from its text; every fault is named at once. `source` is what the errors call it. */
export function parseSignedQuote(text: string, source: string): SignedQuote {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new QuoteError(`${source} is not JSON (${(error as Error).message}): ask its provider for the whole file`);
  }
  const parsed = signedQuoteSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(whole file)"}: ${issue.message}`);
    throw new QuoteError(`${source} is no signed quote:\n${faults.join("\n")}`);
  }
  return parsed.data;
}

/** The text of a signed quote, as providers hand it to tenants: JSON, large numbers as decimal texts. */
export function formatSignedQuote(signed: SignedQuote): string {
  const text = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
  return `${JSON.stringify(signed, text, 2)}\n`;
}
