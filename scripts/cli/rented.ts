import type { RecordedOffer } from "../../sdk/offers";
import { formatResources, NO_RESOURCES, type Resources } from "../../sdk/resources";
import { formatDuration } from "../../sdk/units";
import { hold, pairs, price as priceText } from "./format";
import type { Session } from "./session";
import type { Token } from "./tokens";
import { disputableText, lifeWord, recordText } from "./views";

/** What a unit has beyond what was asked for; zero where it has no more. */
export function beyond(unit: Resources, asked: Resources): Resources {
  const more = (field: "cpu" | "memoryMiB" | "diskGiB" | "bandwidthMbps" | "gpuCount"): number =>
    unit[field] > asked[field] ? unit[field] : 0;
  return {
    cpu: more("cpu"),
    memoryMiB: more("memoryMiB"),
    diskGiB: more("diskGiB"),
    bandwidthMbps: more("bandwidthMbps"),
    gpuCount: more("gpuCount"),
    gpuClass: more("gpuCount") === 0 ? 0 : unit.gpuClass,
    region: asked.region === 0 ? unit.region : 0,
    attributes: (unit.attributes & ~asked.attributes) >>> 0,
  };
}

const NOTHING = formatResources(NO_RESOURCES);

/** What would be rented on an offer: its hardware, and beyond what was asked for; its provider, and that one's record. */
export async function rentedText(
  session: Session,
  offer: RecordedOffer,
  asked: Resources,
  paidIn: Token,
): Promise<string> {
  const more = formatResources(beyond(offer.resources, asked));
  return pairs([
    ["rents", `${formatResources(offer.resources)}, offer ${offer.id} at ${priceText(offer.priceX32, paidIn)} a unit`],
    ["beyond the wish", more === NOTHING ? "" : more],
    ["provider", `${offer.provider}, ${lifeWord(offer)}`],
    ["record", recordText(offer)],
    ["backed by", `${hold(offer.collateralPerUnit)} of its bond for each unit`],
    ["disputes", await disputableText(session, offer.slasher)],
  ]);
}

/** When a tenant has money back, and how much. */
export function refundPairs(activationWindow: number, minDurations: readonly number[]): [string, string][] {
  const least = [...new Set(minDurations.map((seconds) => formatDuration(seconds)))].join(", ");
  return [
    ["not started", `all back, if the provider does not activate it within ${formatDuration(activationWindow)}`],
    ["closed early", `the rest back at once; billed at least ${least}, unless the provider failed or gave notice`],
    ["dark seconds", "not billed, once the provider was silent for the whole grace"],
  ];
}
