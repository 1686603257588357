import { isSignedByProvider, parseSignedQuote, quoteDigest, type QuotePlace, type SignedQuote } from "../../sdk/quotes";
import type { Offer } from "../../sdk/offers";
import { type Resources, unpackResources } from "../../sdk/resources";
import { readText } from "../../sdk/text";
import { formatDuration, formatInstant } from "../../sdk/units";
import { Failure } from "./failure";
import { plural } from "./format";
import { readOffersById } from "./reads";
import type { Session } from "./session";
import type { Token } from "./tokens";

/** A signed quote, and what it is worth now. */
export interface QuoteFacts {
  readonly signed: SignedQuote;
  readonly digest: string;
  /** The offer that leases are opened on; undefined where the quote's first lease will create it, or there is none. */
  readonly offer: Offer | undefined;
  readonly token: Token;
  readonly resources: Resources;
  /** Seconds. */
  readonly minDuration: number;
  readonly maxDuration: number;
  /** Units that it can still open. */
  readonly left: number;
  /** Why it opens nothing; empty where it does, as far as quote and offer tell. */
  readonly faults: readonly string[];
}

/** Where quotes count on the network that the session is connected to. */
export async function quotePlace(session: Session): Promise<QuotePlace> {
  const { handles, chainId } = await session.connection();
  return { chainId, contract: await handles.quotes.getAddress() };
}

/** Reads a file that a provider handed out; fails where it is for another chain or contract. */
export async function readSignedQuote(session: Session, path: string): Promise<SignedQuote> {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    throw new Failure("usage", `the quote ${path} cannot be read (${(error as Error).message})`);
  }
  const [signed, place] = [parseSignedQuote(text, path), await quotePlace(session)];
  if (signed.chainId !== place.chainId || signed.contract !== place.contract) {
    const message =
      `${path} is a quote for the contract ${signed.contract} on chain ${signed.chainId}; this network has ` +
      `${place.contract} on chain ${place.chainId}: check --rpc and --book`;
    throw new Failure("usage", message);
  }
  return signed;
}

/** Reads what the chain knows about a quote. */
export async function quoteFacts(session: Session, signed: SignedQuote): Promise<QuoteFacts> {
  const { quote } = signed;
  const [{ quotes }, provider, tokens, now] = await Promise.all([
    session.handles(),
    session.provider(),
    session.tokens(),
    session.now(),
  ]);
  const digest = quoteDigest(signed, quote);
  const [state, epoch, genuine] = await Promise.all([
    quotes.quoteStateOf(quote.provider, digest),
    quotes.epochOf(quote.provider),
    isSignedByProvider(provider, signed),
  ]);
  const offerId = state.offer === 0n ? quote.offer : state.offer;
  const offer = offerId === 0n ? undefined : (await readOffersById(session, [offerId]))[0];
  if (offer === undefined && offerId !== 0n) {
    throw new Failure("refused", `the quote is on offer ${offerId}, which does not exist`);
  }
  const left = quote.units - Number(state.opened);
  const { token, minDuration, maxDuration } = offer ?? quote.terms;
  const faults = [
    genuine ? "" : "its provider did not sign it as it is",
    now < quote.expiry ? "" : `it expired at ${formatInstant(quote.expiry)}`,
    state.cancelled ? "its provider cancelled it" : "",
    quote.epoch === epoch ? "" : `it is of epoch ${quote.epoch}, its provider is in epoch ${epoch}`,
    left > 0 ? "" : "all its units are opened",
    offer === undefined || offer.provider === quote.provider ? "" : `offer ${offer.id} is another provider's`,
    offer?.retired === true ? `offer ${offer.id} is retired` : "",
  ].filter(Boolean);
  return {
    signed,
    digest,
    offer,
    token: await tokens.describe(token),
    resources: offer?.resources ?? unpackResources(quote.terms.resources),
    minDuration,
    maxDuration,
    left,
    faults,
  };
}

/** Until when a quote is good, in words. */
export function expiryText(expiry: number, now: number): string {
  const left = now < expiry ? `${formatDuration(expiry - now)} left` : "over";
  return `${formatInstant(expiry)}, ${left}`;
}

/** "3 of 10 units left". */
export function leftText({ left, signed }: QuoteFacts): string {
  return `${left} of ${plural(signed.quote.units, "unit")} left`;
}
