import { z } from "zod";

import { ZeroHash } from "ethers";
import type { Offer } from "../../../sdk/offers";
import { formatResources } from "../../../sdk/resources";
import { formatDuration } from "../../../sdk/units";
import { command, type CommandGroup } from "../command";
import { Failure } from "../failure";
import { hold, pairs, plural, price, sections } from "../format";
import { offerId } from "../inputs";
import { readOffers, readOffersById, readRecords } from "../reads";
import type { Session } from "../session";
import { disputableText, lifeWord, offersTable } from "../views";

async function offerText(session: Session, offer: Offer): Promise<string> {
  const paidIn = await (await session.tokens()).describe(offer.token);
  return pairs([
    ["offer", `${offer.id}${offer.retired ? ", retired" : ""}${offer.quotedOnly ? ", by signed quotes alone" : ""}`],
    ["provider", `${offer.provider}, ${lifeWord(offer)}`],
    ["unit", formatResources(offer.resources)],
    ["price", `${price(offer.priceX32, paidIn)} a unit, in ${paidIn.symbol} (${paidIn.address})`],
    ["capacity", `${plural(offer.capacity, "unit")}, ${offer.used} leased, ${offer.unitsLeft} free`],
    ["term", `${formatDuration(offer.minDuration)} to ${formatDuration(offer.maxDuration)}`],
    ["collateral", `${hold(offer.collateralPerUnit)} a unit; the provider has ${hold(offer.freeBond)} free`],
    ["leases so far", String(offer.leaseCount)],
    ["disputes", await disputableText(session, offer.slasher)],
    ["description", offer.contentHash === ZeroHash ? "" : `keccak256 ${offer.contentHash}`],
  ]);
}

/** All offers, or some in detail. */
export const offers: CommandGroup = {
  name: "offers",
  summary: "list all offers, or show some",
  itself: command({
    usage: "offers [numbers...]",
    summary: "list all offers, or show some",
    options: [["--all", "retired ones, too"]],
    input: z.object({ numbers: z.array(offerId).optional(), all: z.boolean().default(false) }),
    async run(session, { numbers = [], all }) {
      if (numbers.length > 0) {
        const found = await readRecords(session, await readOffersById(session, numbers));
        const lost = numbers.filter((id) => !found.some((offer) => offer.id === id));
        if (lost.length > 0) throw new Failure("refused", lost.map((id) => `offer ${id} does not exist`).join("\n"));
        return { data: found, text: sections(...(await Promise.all(found.map((offer) => offerText(session, offer))))) };
      }
      const listed = await readOffers(session, ({ retired }) => all || !retired);
      const found = await readRecords(session, listed);
      return { data: found, text: found.length === 0 ? "No offers." : await offersTable(session, found) };
    },
  }),
  commands: [],
};
