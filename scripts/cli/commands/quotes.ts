import { isHexString, ZeroAddress, ZeroHash } from "ethers";
import { z } from "zod";

import { formatLeaseId } from "../../../sdk/ids";
import {
  formatSignedQuote,
  newSalt,
  NO_TERMS,
  quoteDigest,
  type QuoteTerms,
  signQuote,
  unsignedQuote,
} from "../../../sdk/quotes";
import { formatResources, packResources, parseResources } from "../../../sdk/resources";
import { costUp, formatDuration, parseAmount, parseDuration, priceToX32Up } from "../../../sdk/units";
import { command, type CommandGroup, done } from "../command";
import { confirm } from "../confirm";
import { Failure } from "../failure";
import { money, pairs, plural, price as priceText, sections } from "../format";
import { fundingOf, meansOf, requireFunds } from "../funding";
import {
  address,
  amount,
  duration,
  offerId,
  price,
  RESOURCE_OPTIONS,
  resourceTexts,
  someText,
  token,
  TOKEN_OPTION,
  units,
} from "../inputs";
import { expiryText, leftText, quoteFacts, type QuoteFacts, quotePlace, readSignedQuote } from "../quotes";
import { readOffersById, readOwnLeases, readRecords } from "../reads";
import { refundPairs } from "../rented";
import type { Session } from "../session";
import { ANY_SLASHER_OPTION, requireTrusted } from "../slashers";
import { eventArgs, execute, step } from "../steps";
import type { Token } from "../tokens";
import { activationDue, disputableText, recordText } from "../views";
import {
  contentHashOf,
  DEFAULT_MAX_DURATION,
  DEFAULT_MIN_DURATION,
  requireUnit,
  TERMS_OPTIONS,
  termsTexts,
} from "./provider/offers";

const DEFAULT_LIFE = "24h";
const MOST_LOCK = 2n ** 120n - 1n;

const signInput = z.object({
  ...resourceTexts,
  ...termsTexts,
  offer: offerId.optional(),
  token: token.optional(),
  price,
  units: units(1).default(1),
  expires: duration.default(parseDuration(DEFAULT_LIFE)),
  tenant: address.optional(),
  unsigned: z.boolean().default(false),
});
type SignInput = z.output<typeof signInput>;

/** What a quote is on: an offer, or terms of its own. */
interface Subject {
  readonly offer: bigint;
  readonly terms: QuoteTerms;
  readonly paidIn: Token;
  readonly note: string;
}

async function onOffer(session: Session, id: bigint, input: SignInput): Promise<Subject> {
  const ofTerms = [...Object.keys(resourceTexts), ...Object.keys(termsTexts), "token"] as (keyof SignInput)[];
  const given = ofTerms.filter((name) => input[name] !== undefined);
  if (given.length > 0) {
    const names = given.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    throw new Failure("usage", `${names.join(", ")}: the offer has them already; leave out --offer, or these`);
  }
  const [account, tokens, [offer]] = await Promise.all([
    session.account(),
    session.tokens(),
    readOffersById(session, [id]),
  ]);
  if (offer === undefined) throw new Failure("refused", `offer ${id} does not exist`);
  if (offer.provider !== account) {
    throw new Failure("refused", `offer ${id} belongs to provider ${offer.provider}: quote on your own offers`);
  }
  const paidIn = await tokens.describe(offer.token);
  const note = `Renewals and units that are added later cost what the offer does, ${priceText(offer.priceX32, paidIn)} now.`;
  return { offer: id, terms: NO_TERMS, paidIn, note };
}

async function withTerms(session: Session, input: SignInput): Promise<Subject> {
  const contentHash = contentHashOf(input.contentHash, input.description);
  const unit = parseResources(input);
  const resources = packResources(unit);
  if (resources === 0n)
    throw new Failure("usage", "say what is quoted: --offer <number>, or --cpu, --memory, --gpu ...");
  requireUnit(unit);
  const [paidIn, { disputes }] = await Promise.all([
    session.tokens().then((tokens) => tokens.resolve(input.token)),
    session.handles(),
  ]);
  const terms = {
    resources,
    minDuration: input.minDuration ?? parseDuration(DEFAULT_MIN_DURATION),
    maxDuration: input.maxDuration ?? parseDuration(DEFAULT_MAX_DURATION),
    token: paidIn.address,
    slasher: input.slasher ?? (await disputes.getAddress()),
    contentHash,
  };
  const note = "The first lease opened with it creates an offer of yours that takes signed quotes alone.";
  return { offer: 0n, terms, paidIn, note };
}

const sign = command({
  usage: "sign",
  summary: "sign a price for a tenant: on one of your offers, or with terms of its own; sends nothing",
  details: `Example: leasehold quote sign --offer 7 --price 0.30/h --units 4 --tenant 0x... > quote.json

What is printed is the quote: hand it to the tenant. Without --tenant it is for whoever comes first, and anybody who sees it
in a transaction that waits may be faster.`,
  options: [
    ["--offer <number>", "one of your offers; or describe a unit instead:"],
    ...RESOURCE_OPTIONS,
    TOKEN_OPTION,
    ...TERMS_OPTIONS,
    ["--price <price>", "of a unit, such as 0.30/h or 7/day"],
    ["--units <n>", "units that may be opened with it, in all (default 1)"],
    ["--expires <duration>", `how long it is good (default ${DEFAULT_LIFE})`],
    ["--tenant <account>", "who may open with it (default: anyone)"],
    ["--unsigned", "leave the signature empty: for a contract account (--from), whose owners approve the digest"],
  ],
  input: signInput,
  async run(session, input) {
    const [account, { quotes }, now, place] = await Promise.all([
      session.account(),
      session.handles(),
      session.now(),
      quotePlace(session),
    ]);
    const { offer, terms, paidIn, note } =
      input.offer === undefined ? await withTerms(session, input) : await onOffer(session, input.offer, input);
    const quote = {
      provider: account,
      offer,
      terms,
      pricePerSecondX32: priceToX32Up(input.price, paidIn.decimals),
      units: input.units,
      expiry: now + input.expires,
      tenant: input.tenant ?? ZeroAddress,
      salt: newSalt(),
      epoch: await quotes.epochOf(account),
    };
    const signed = input.unsigned ? unsignedQuote(place, quote) : await signQuote(await session.signer(), place, quote);
    const told = pairs([
      ["quote", quoteDigest(place, quote)],
      ["price", `${priceText(quote.pricePerSecondX32, paidIn)} a unit`],
      ["units", String(quote.units)],
      ["good until", expiryText(quote.expiry, now)],
      ["for", input.tenant ?? "anyone"],
    ]);
    session.tell(`${told}\n\n${note}\n`);
    return { data: signed, text: formatSignedQuote(signed).trimEnd(), verbatim: true };
  },
});

const show = command({
  usage: "show <file>",
  summary: "what a quote offers, and whether it is good",
  input: z.object({ file: someText }),
  async run(session, input) {
    const facts = await quoteFacts(session, await readSignedQuote(session, input.file));
    const { signed, digest, offer, token: paidIn, resources, left, faults } = facts;
    const { quote } = signed;
    const { slasher, contentHash } = offer ?? quote.terms;
    const text = pairs([
      ["quote", digest],
      ["provider", quote.provider],
      ["offer", offer === undefined ? "none yet: the first lease creates it" : String(offer.id)],
      ["unit", formatResources(resources)],
      ["price", `${priceText(quote.pricePerSecondX32, paidIn)} a unit, in ${paidIn.symbol} (${paidIn.address})`],
      ["offer's price", quote.offer === 0n || offer === undefined ? "" : `${priceText(offer.priceX32, paidIn)} a unit`],
      ["units", leftText(facts)],
      ["term", `${formatDuration(facts.minDuration)} to ${formatDuration(facts.maxDuration)}`],
      ["disputes", await disputableText(session, slasher)],
      ["description", contentHash === ZeroHash ? "" : `hash ${contentHash}`],
      ["for", quote.tenant === ZeroAddress ? "anyone" : quote.tenant],
      ["good until", expiryText(quote.expiry, await session.now())],
      ["state", faults.length === 0 ? "good" : faults.join("; ")],
    ]);
    return {
      data: { digest, good: faults.length === 0, faults, left, offer: offer?.id ?? null, quote },
      text,
      exitCode: faults.length === 0 ? 0 : 1,
    };
  },
});

/** What a lease opened with the quote would lock. */
async function locks(session: Session, { signed, token: paidIn }: QuoteFacts, count: number, seconds: number) {
  const { market } = await session.handles();
  const { bounty } = await market.tokenTermsOf(paidIn.address);
  return { bounty, locked: costUp(signed.quote.pricePerSecondX32 * BigInt(count), seconds) + bounty };
}

const open = command({
  usage: "open <file>",
  summary: "open a lease at the price of a quote, and lock its whole price",
  details: `Example: leasehold quote open quote.json --duration 24h --fund

What is not used comes back, as for any lease. Renewals pay the price of the offer, not that of the quote. --fund deposits
what is missing and lets the market lock it, by your signatures and in the same transaction.`,
  options: [
    ["--units <n>", "units of the lease (default 1)"],
    ["--duration <duration>", "how long, such as 24h: all of it is locked, what is not used comes back"],
    ["--max-lock <amount>", "most that may be locked (default: what the quote needs)"],
    ["--fund", "deposit and approve what is missing, in the same transaction"],
    ANY_SLASHER_OPTION,
  ],
  input: z.object({
    anySlasher: z.boolean().default(false),
    file: someText,
    units: units(1).default(1),
    duration,
    maxLock: amount.optional(),
    fund: z.boolean().default(false),
  }),
  asks: true,
  async run(session, input) {
    const signed = await readSignedQuote(session, input.file);
    const facts = await quoteFacts(session, signed);
    const { token: paidIn, faults } = facts;
    const { slasher } = facts.offer ?? signed.quote.terms;
    await requireTrusted(session, [{ id: facts.offer?.id ?? 0n, slasher }], input.anySlasher);
    if (faults.length > 0) throw new Failure("refused", `the quote opens nothing: ${faults.join("; ")}`);
    const { locked, bounty } = await locks(session, facts, input.units, input.duration);
    const asked = input.maxLock === undefined ? locked : parseAmount(input.maxLock, paidIn.decimals);
    const maxLock = asked > MOST_LOCK ? MOST_LOCK : asked;
    const funding = await fundingOf(session, paidIn, locked);
    const { market } = await session.handles();
    const { activationWindow } = await market.termsOf(await market.currentTermsVersion());
    const { offer } = facts;
    const [recorded] = offer === undefined ? [] : await readRecords(session, [offer]);
    const preview = sections(
      pairs([
        ["rents", `${formatResources(facts.resources)} at ${priceText(signed.quote.pricePerSecondX32, paidIn)} a unit`],
        ["provider", signed.quote.provider],
        ["record", recorded === undefined ? "" : recordText(recorded)],
        ["disputes", await disputableText(session, slasher)],
      ]),
      pairs([
        ["will lock", `${money(locked, paidIn)}, ${money(bounty, paidIn)} of it a bounty for whoever expires it`],
        ["for", `${plural(input.units, "unit")} over ${formatDuration(input.duration)}`],
        ...refundPairs(Number(activationWindow), [facts.minDuration]),
        ["deposit", funding.deposit === 0n ? "" : `${money(funding.deposit, paidIn)} out of your wallet`],
        ["approval", funding.raise === 0n ? "" : `the market may lock ${money(funding.raise, paidIn)} more`],
      ]),
    );
    requireFunds(paidIn, funding, input.fund);
    await confirm(session, preview, `This opens a lease and locks ${money(locked, paidIn)}.`);
    const { quotes } = await session.handles();
    const means = await meansOf(session, paidIn, funding, input.fund);
    const label = `${means.label} with a quote`;
    const { quote, signature } = signed;
    const last =
      means.signed === undefined
        ? step(label, quotes, quotes.open, [quote, signature, input.units, input.duration, maxLock], paidIn.address)
        : step(
            label,
            quotes,
            quotes.openFunded,
            [quote, signature, input.units, input.duration, maxLock, ...means.signed],
            paidIn.address,
          );
    const execution = await execute(session, [...means.before, await last]);
    const opened = eventArgs(execution, "LeaseOpened")[0];
    if (opened === undefined) return done(execution, "", { lease: null });
    const leaseId = opened["leaseId"] as bigint;
    const [lease] = await readOwnLeases(session, [leaseId]);
    const text = pairs([
      ["lease", `${formatLeaseId(leaseId)}, pending`],
      ["provider", String(opened["provider"])],
      ["locked", money(opened["locked"] as bigint, paidIn)],
      ["activation due", activationDue(lease)],
    ]);
    return done(execution, text, { lease: formatLeaseId(leaseId), leaseId });
  },
});

/** The digest of a quote that is named by its file or by the digest itself; fails for another provider's file. */
async function digestOf(session: Session, named: string): Promise<string> {
  if (isHexString(named, 32)) return named;
  const signed = await readSignedQuote(session, named);
  const account = await session.account();
  if (signed.quote.provider !== account) {
    const message = `the quote is of provider ${signed.quote.provider}, not of ${account}: only its provider can cancel it`;
    throw new Failure("refused", message);
  }
  return quoteDigest(signed, signed.quote);
}

const cancel = command({
  usage: "cancel <quote>",
  summary: "take back a quote of yours, by its file or its digest; leases opened with it go on",
  input: z.object({ quote: someText }),
  async run(session, input) {
    const digest = await digestOf(session, input.quote);
    const [{ quotes }, account] = await Promise.all([session.handles(), session.account()]);
    const execution = await execute(session, [await step(`Cancel quote ${digest}`, quotes, quotes.cancel, [digest])]);
    const { opened } = await quotes.quoteStateOf(account, digest);
    const text = `No lease is opened with it any more; it opened ${plural(Number(opened), "unit")} before.`;
    return done(execution, text, { digest, opened });
  },
});

const cancelAll = command({
  usage: "cancel-all",
  summary: "take back every quote that you have signed so far; leases opened with them go on",
  input: z.object({}),
  asks: true,
  async run(session) {
    const [{ quotes }, account] = await Promise.all([session.handles(), session.account()]);
    await confirm(session, `Every quote that ${account} signed before this opens nothing any more.`);
    const execution = await execute(session, [await step("Cancel all quotes", quotes, quotes.cancelAll, [])]);
    const epoch = await quotes.epochOf(account);
    return done(execution, `Only quotes that you sign from now on count, in epoch ${epoch}.`, { epoch });
  },
});

/** Prices that providers sign for tenants. */
export const quotes: CommandGroup = {
  name: "quote",
  summary: "signed prices: sign them as a provider, open leases with them as a tenant",
  commands: [sign, show, open, cancel, cancelAll],
};
