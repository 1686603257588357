import { expect } from "chai";
import { getAddress, Wallet, ZeroAddress, ZeroHash } from "ethers";

import {
  formatSignedQuote,
  newSalt,
  NO_TERMS,
  parseSignedQuote,
  type Quote,
  quoteDigest,
  QuoteError,
  signQuote,
} from "../../sdk/quotes";

const PROVIDER = new Wallet(`0x${"01".repeat(32)}`);
const TOKEN = getAddress(`0x${"a1".repeat(20)}`);
const PLACE = { chainId: 31_337, contract: getAddress(`0x${"b2".repeat(20)}`) };

const onOffer = (changes: Partial<Quote> = {}): Quote => ({
  provider: PROVIDER.address,
  offer: 7n,
  terms: NO_TERMS,
  pricePerSecondX32: 2n ** 128n - 1n,
  units: 3,
  expiry: 1_795_000_000,
  tenant: ZeroAddress,
  salt: 2n ** 256n - 1n,
  epoch: 0n,
  ...changes,
});

const withTerms = (): Quote =>
  onOffer({
    offer: 0n,
    terms: {
      resources: 2n ** 200n - 1n,
      minDuration: 60,
      maxDuration: 86_400,
      token: TOKEN,
      slasher: ZeroAddress,
      contentHash: ZeroHash,
    },
  });

/** A signed quote as a file has it, changed before it is read. */
async function file(
  change: (json: { quote: Record<string, unknown> } & Record<string, unknown>) => void,
): Promise<string> {
  const json = JSON.parse(formatSignedQuote(await signQuote(PROVIDER, PLACE, onOffer()))) as Parameters<
    typeof change
  >[0];
  change(json);
  return JSON.stringify(json);
}

describe("signed quotes", () => {
  for (const [title, quote] of [
    ["on an offer", onOffer()],
    ["with terms", withTerms()],
  ] as const) {
    it(`are read back as they were written: ${title}`, async () => {
      const signed = await signQuote(PROVIDER, PLACE, quote);
      expect(signed).to.deep.include({ ...PLACE, quote });
      expect(parseSignedQuote(formatSignedQuote(signed), "quote.json")).to.deep.equal(signed);
    });
  }

  it("are another message on another chain, for another contract, and with another salt", () => {
    const quote = onOffer();
    const digests = [
      quoteDigest(PLACE, quote),
      quoteDigest({ ...PLACE, chainId: 1 }, quote),
      quoteDigest({ ...PLACE, contract: TOKEN }, quote),
      quoteDigest(PLACE, { ...quote, salt: 1n }),
    ];
    expect(new Set(digests)).to.have.property("size", digests.length);
    expect(newSalt()).not.to.equal(newSalt());
  });

  it("are signed by their provider's key alone", async () => {
    const stranger = new Wallet(`0x${"02".repeat(32)}`);
    const error = await signQuote(stranger, PLACE, onOffer()).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(QuoteError);
    expect((error as Error).message).to.equal(
      `the quote is of provider ${PROVIDER.address}, the key of ${stranger.address}: sign with the provider's`,
    );
  });

  it("are not signed where nobody could read them", async () => {
    for (const [quote, what] of [
      [onOffer({ terms: { ...NO_TERMS, minDuration: 1 } }), "quote.terms: must all be zero: the quote is on an offer"],
      [onOffer({ offer: 0n }), "quote.terms: are missing: the quote is on no offer"],
      [onOffer({ pricePerSecondX32: 2n ** 128n }), "quote.pricePerSecondX32: must fit 128 bits"],
      [onOffer({ units: 2 ** 24 }), "quote.units: "],
    ] as const) {
      const error = await signQuote(PROVIDER, PLACE, quote).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(QuoteError).with.property("message").that.includes(what);
    }
  });

  it("name every fault of a file at once", async () => {
    const text = await file((json) => {
      json["chainId"] = 0;
      json["extra"] = true;
      json["signature"] = "0x123";
      json.quote["provider"] = "0x12";
      json.quote["salt"] = "0x1";
      json.quote["expiry"] = 2 ** 40;
      delete json.quote["epoch"];
    });
    expect(() => parseSignedQuote(text, "mine.json"))
      .to.throw(QuoteError)
      .with.property("message")
      .that.contains("mine.json is no signed quote:")
      .and.contains("chainId: ")
      .and.contains('Unrecognized key: "extra"')
      .and.contains("signature: must be bytes")
      .and.contains("quote.provider: must be an address")
      .and.contains("quote.salt: must be a whole number in decimal digits, as a text")
      .and.contains("quote.expiry: ")
      .and.contains("quote.epoch: ");
  });

  it("refuse an address whose checksum is wrong, and what is no JSON", async () => {
    const text = await file((json) => {
      json.quote["tenant"] = TOKEN.replace("A", "a");
    });
    expect(() => parseSignedQuote(text, "mine.json")).to.throw(QuoteError, "quote.tenant: must be an address");
    expect(() => parseSignedQuote("{", "mine.json")).to.throw(QuoteError, "mine.json is not JSON");
  });
});
