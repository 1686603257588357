import { isHexString, keccak256, ZeroHash } from "ethers";
import { z } from "zod";

import { formatResources, packResources, parseResources, type Resources } from "../../../../sdk/resources";
import { formatDuration, parseDuration, priceToX32Up } from "../../../../sdk/units";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { requireChange } from "../../effect";
import { Failure } from "../../failure";
import { readSome } from "../../files";
import { hold, pairs, plural, price as priceText, sections } from "../../format";
import {
  addressOrNone,
  duration,
  durationOrZero,
  offerId,
  price,
  RESOURCE_OPTIONS,
  resourceTexts,
  someText,
  token,
  TOKEN_OPTION,
  units,
} from "../../inputs";
import { readOffersById } from "../../reads";
import { eventArgs, execute, step } from "../../steps";
import { disputableText } from "../../views";
import { bondText } from "./bond";
import { freeText, retireText } from "./previews";

export const DEFAULT_MIN_DURATION = "1h";
export const DEFAULT_MAX_DURATION = "30d";

/** Options for what else an offer fixes for good, besides its unit and token. */
export const TERMS_OPTIONS = [
  [
    "--min-duration <duration>",
    `least that an activated lease is billed, at most 24h (default ${DEFAULT_MIN_DURATION})`,
  ],
  ["--max-duration <duration>", `longest lease (default ${DEFAULT_MAX_DURATION})`],
  ["--slasher <address|none>", "slashing module that you accept for its leases (default: this deployment's disputes)"],
  ["--description <file>", "full description and terms: its hash goes on the chain"],
  ["--content-hash <hash>", "hash of the description, instead of the file"],
] as const;

/** The fields of TERMS_OPTIONS. */
export const termsTexts = {
  minDuration: durationOrZero.optional(),
  maxDuration: duration.optional(),
  slasher: addressOrNone.optional(),
  description: someText.optional(),
  contentHash: someText.optional(),
};

/** The content hash that is given, or that of the file; zero where there is neither. */
export function contentHashOf(hash: string | undefined, file: string | undefined): string {
  if (hash !== undefined && file !== undefined)
    throw new Failure("usage", "give --content-hash or --description, not both");
  if (hash !== undefined && !isHexString(hash, 32))
    throw new Failure("usage", "content-hash: write 0x and 64 hexadecimal digits");
  if (file === undefined) return hash ?? ZeroHash;
  return keccak256(readSome(file, "description", "write it, or leave --description out"));
}

/** Fails for a unit that has nothing in it: no collateral would back it, and no tenant asks for it. */
export function requireUnit(resources: Resources): void {
  const { cpu, memoryMiB, diskGiB, bandwidthMbps, gpuCount } = resources;
  if (cpu + memoryMiB + diskGiB + bandwidthMbps + gpuCount > 0) return;
  throw new Failure("usage", "a unit has nothing in it: say what it is, with --cpu, --memory, --gpu ...");
}

export const offer = command({
  usage: "offer",
  summary: "put capacity on offer",
  details: `Example: leasehold provider offer --cpu 8 --memory 32GiB --gpu h100:1 --price 0.42/h --capacity 4

What a unit consists of never changes under an offer's number; price and capacity do, for new leases only.
The minimum duration is ${DEFAULT_MIN_DURATION} unless told, because of what zero would mean: a tenant could open a lease, have your
collateral and capacity held for it, close at once and pay for nothing but gas, as often as it likes.
Leases can be disputed unless you say --slasher none: claims about faults are ruled on, and what is upheld is taken of the
collateral. Which module that is never changes for an offer either; tenants find no offer of a module that their address book
does not know, unless they ask for it.`,
  options: [
    ...RESOURCE_OPTIONS,
    ["--price <price>", "of a unit, such as 0.42/h or 10/day"],
    TOKEN_OPTION,
    ["--capacity <units>", "units that may be leased at the same time (default 1)"],
    ...TERMS_OPTIONS,
  ],
  input: z.object({
    ...resourceTexts,
    ...termsTexts,
    price,
    token: token.optional(),
    capacity: units(0).default(1),
    minDuration: durationOrZero.default(parseDuration(DEFAULT_MIN_DURATION)),
    maxDuration: duration.default(parseDuration(DEFAULT_MAX_DURATION)),
  }),
  async run(session, input) {
    const resources = parseResources(input);
    const contentHash = contentHashOf(input.contentHash, input.description);
    const [account, { market, disputes }, tokens] = await Promise.all([
      session.account(),
      session.handles(),
      session.tokens(),
    ]);
    const paidIn = await tokens.resolve(input.token);
    requireUnit(resources);
    const priceX32 = priceToX32Up(input.price, paidIn.decimals);
    const { minDuration, maxDuration, capacity } = input;
    const slasher = input.slasher ?? (await disputes.getAddress());
    const terms = {
      resources: packResources(resources),
      minDuration,
      maxDuration,
      token: paidIn.address,
      slasher,
      contentHash,
    };
    const label = `Offer ${plural(capacity, "unit")} of ${formatResources(resources)} at ${priceText(priceX32, paidIn)}`;
    const execution = await execute(session, [
      await step(label, market, market.createOffer, [terms, priceX32, capacity], paidIn.address),
    ]);
    const id = eventArgs(execution, "OfferCreated")[0]?.["offerId"] as bigint | undefined;
    if (id === undefined) return done(execution, "", { offerId: null, priceX32 });
    const [{ free }, { listed }, [made]] = await Promise.all([
      bondText(session, account),
      market.tokenTermsOf(paidIn.address),
      readOffersById(session, [id]),
    ]);
    const collateral = made?.collateralPerUnit ?? 0n;
    const text = sections(
      pairs([
        ["offer", String(id)],
        ["price", priceText(priceX32, paidIn)],
        ["shortest", formatDuration(minDuration)],
        ["longest", formatDuration(maxDuration)],
        ["collateral", `${hold(collateral)} for each unit leased; you have ${hold(free)} free`],
        ["disputes", await disputableText(session, slasher)],
      ]),
      free < collateral ? "No unit can be leased before you bond more: leasehold provider bond <amount>" : "",
      listed ? "" : `Governance does not list ${paidIn.symbol}: nobody can open a lease in it.`,
    );
    return done(execution, text, { offerId: id, priceX32, collateralPerUnit: collateral, slasher });
  },
});

export const setPrice = command({
  usage: "price <offer> <price>",
  summary: "change the price of leases opened from now on",
  details: "A price of 0 gives units away: it asks before.",
  input: z.object({ offer: offerId, price }),
  asks: ({ price: { numerator } }) => numerator === 0n,
  async run(session, input) {
    const [{ market }, tokens, [of]] = await Promise.all([
      session.handles(),
      session.tokens(),
      readOffersById(session, [input.offer]),
    ]);
    if (of === undefined) throw new Failure("refused", `offer ${input.offer} does not exist`);
    const paidIn = await tokens.describe(of.token);
    const x32 = priceToX32Up(input.price, paidIn.decimals);
    requireChange(of.priceX32 === x32, `offer ${input.offer} costs ${priceText(x32, paidIn)}`);
    if (x32 === 0n) await confirm(session, freeText(of, paidIn), "Leases opened at this price are never paid.");
    const label = `Price offer ${input.offer} at ${priceText(x32, paidIn)}`;
    const execution = await execute(session, [await step(label, market, market.setPrice, [input.offer, x32])]);
    return done(execution, `Leases of offer ${input.offer} cost ${priceText(x32, paidIn)} from now on.`, {
      priceX32: x32,
    });
  },
});

export const setCapacity = command({
  usage: "capacity <offer> <units>",
  summary: "change how many units may be leased at the same time",
  input: z.object({ offer: offerId, units: units(0) }),
  async run(session, { offer: id, units: capacity }) {
    const [{ market }, [of]] = await Promise.all([session.handles(), readOffersById(session, [id])]);
    requireChange(of?.capacity === capacity, `offer ${id} has ${plural(capacity, "unit")}`);
    const label = `Set the capacity of offer ${id} to ${plural(capacity, "unit")}`;
    const execution = await execute(session, [await step(label, market, market.setCapacity, [id, capacity])]);
    const used = (await readOffersById(session, [id]))[0]?.used ?? 0;
    return done(execution, `Offer ${id} has ${plural(capacity, "unit")}, ${used} of them leased.`, {
      capacity,
      used,
    });
  },
});

export const retire = command({
  usage: "retire <offer>",
  summary: "end an offer for good; its leases, pending ones included, stay binding",
  input: z.object({ offer: offerId }),
  asks: true,
  async run(session, { offer: id }) {
    const [account, { market }, tokens, [of]] = await Promise.all([
      session.account(),
      session.handles(),
      session.tokens(),
      readOffersById(session, [id]),
    ]);
    if (of === undefined) throw new Failure("refused", `offer ${id} does not exist`);
    // Else the chain says why it is refused, and nobody need be asked.
    if (!of.retired && of.provider === account) {
      await confirm(session, retireText(of, await tokens.describe(of.token)));
    }
    const execution = await execute(session, [await step(`Retire offer ${id}`, market, market.retireOffer, [id])]);
    return done(execution, `Offer ${id} takes no lease any more.`);
  },
});
