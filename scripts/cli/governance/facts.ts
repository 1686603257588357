import { needsOf, type Vocabulary } from "../../../sdk/governance/actions";
import type { Facts } from "../../../sdk/governance/calls";
import {
  type GovernedAddresses,
  type GovernedName,
  INTERFACE_NAMES,
  type Published,
  rulesValues,
  termsValues,
  unpackWeights,
} from "../../../sdk/governance/contracts";
import type { Session } from "../session";

/** Where everything that governance can call is. */
export async function governedAddresses(session: Session): Promise<GovernedAddresses> {
  const handles = await session.handles();
  const names = INTERFACE_NAMES.filter((name): name is GovernedName => name !== "token");
  const addresses = await Promise.all(names.map((name) => handles[name].getAddress()));
  return Object.fromEntries(names.map((name, index) => [name, addresses[index]])) as GovernedAddresses;
}

/** Which versions of terms and rules; left out: those in force. */
export interface Versions {
  readonly terms?: bigint | undefined;
  readonly rules?: bigint | undefined;
}

/** Terms, weights and rules of these versions. */
async function readPublished(session: Session, versions: Versions): Promise<Published> {
  const { market, disputes } = await session.handles();
  const [termsVersion, rulesVersion] = await Promise.all([
    versions.terms ?? market.currentTermsVersion(),
    versions.rules ?? disputes.currentRules(),
  ]);
  const [terms, weights, rules] = await Promise.all([
    market.termsOf(termsVersion),
    market.weightsOf(termsVersion),
    disputes.rulesOf(rulesVersion),
  ]);
  return { terms: termsValues(terms), weights: unpackWeights(weights), rules: rulesValues(rules) };
}

/** What proposals are made of and read with. */
export async function readFacts(session: Session, versions: Versions = {}): Promise<Facts> {
  const [addresses, published] = await Promise.all([governedAddresses(session), readPublished(session, versions)]);
  return { addresses, published };
}

/** Words for these tokens, beside HOLD and those that governance lists. */
export async function readVocabulary(session: Session, facts: Facts, tokens: readonly string[]): Promise<Vocabulary> {
  const directory = await session.tokens();
  const listed = await directory.listed();
  const known = [await directory.describe(facts.addresses.hold), ...listed];
  const all = [...known, ...(await Promise.all(tokens.map((token) => directory.describe(token))))];
  const symbols = new Map<string, string>();
  for (const { symbol, address } of known) {
    const key = symbol.toLowerCase();
    // A symbol that two tokens have names neither; HOLD is HOLD, whatever a token calls itself.
    if (key !== "hold" || address === facts.addresses.hold) symbols.set(key, symbols.has(key) ? "" : address);
  }
  return {
    tokens: new Map(all.map(({ address, symbol, decimals }) => [address, { symbol, decimals }])),
    symbols: new Map([...symbols].filter(([, address]) => address !== "")),
    contracts: new Map(Object.entries(facts.addresses)),
  };
}

/** What sentences can be read with: the tokens that they name, and when the claims of their disputes were filed. */
export async function vocabularyFor(session: Session, facts: Facts, sentences: readonly string[]): Promise<Vocabulary> {
  const needs = sentences.map(needsOf);
  const { disputes } = await session.handles();
  const ids = needs.flatMap((need) => need.disputes);
  const [vocabulary, filings] = await Promise.all([
    readVocabulary(
      session,
      facts,
      needs.flatMap(({ tokens }) => tokens),
    ),
    Promise.all(ids.map(async (id) => [id, Number((await disputes.disputeView(id)).filedAt)] as const)),
  ]);
  return { ...vocabulary, filings: new Map(filings) };
}
