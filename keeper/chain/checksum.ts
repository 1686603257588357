import { getAddress } from "ethers";

/** Checksums are hashes: those of addresses that come again and again are kept, by what nodes write for them. */
const known = new Map<string, string>();
const MOST_KNOWN = 10_000;

/** An address of 0x and 40 digits, whatever their case, with its checksum. */
export function checksummed(text: string): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  const address = getAddress(text.toLowerCase());
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, address);
  return address;
}
