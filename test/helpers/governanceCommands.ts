/** A proposal as `leasehold` makes it. For tests upon `loadFixture`. */
import { leaseholdJson } from "./commandLine";
import { governedFixture } from "./governance";
import { loadFixture } from "./loadFixture";
import { now } from "./time";

/** What proposes the fee to be 2 %, and the notice two days. */
export const WORDS = [
  "propose",
  "set fee 200 bps",
  "set notice 48h",
  "--title",
  "Lower the fee",
  "--description",
  "It is dear.",
];

/** A governed market with that proposal, just made. For `loadFixture`. */
export async function proposedFixture() {
  const f = await loadFixture(governedFixture);
  const { id } = await leaseholdJson<{ id: string }>(f, f.proposer, WORDS);
  return { ...f, id: BigInt(id), madeAt: await now() };
}
