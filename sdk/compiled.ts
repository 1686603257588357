import { dataSlice, getAddress, getBytes, hexlify } from "ethers";

/** What is behind an address, compared with what was compiled. */
export type Comparison =
  | { readonly same: true; /** 32 bytes each, in the order of the code. */ readonly immutables: readonly string[] }
  | { readonly same: false; readonly why: string };

const PUSH20 = 0x73;
const PUSH32 = 0x7f;
/** What the compiler ends all code with: its name and version. */
const MARK = /a164736f6c6343[0-9a-f]{6}000a$/i;
/** So many bytes tell whether a comparison is worth it. */
const BEGINNING = [0, 1, 2, 3, 4, 5, 6, 7];

const isZero = (bytes: Uint8Array, from: number, length: number): boolean =>
  bytes.subarray(from, from + length).every((byte) => byte === 0) && from + length <= bytes.length;

/** Where the compiler left zeros for creation to fill in: after a PUSH32, and a library's own address at its start. */
function blanksOf(expected: Uint8Array): { own: boolean; starts: number[] } {
  const own = expected[0] === PUSH20 && isZero(expected, 1, 20);
  const starts: number[] = [];
  for (let at = own ? 21 : 0; at < expected.length; at++) {
    if (expected[at] !== PUSH32 || !isZero(expected, at + 1, 32)) continue;
    starts.push(at + 1);
    at += 32;
  }
  return { own, starts };
}

/** Compares code with a part of creation code that has its length. */
function compare(expected: Uint8Array, code: Uint8Array, address: string): Comparison {
  const { own, starts } = blanksOf(expected);
  const filled = Uint8Array.from(expected);
  if (own) filled.set(getBytes(address), 1);
  for (const start of starts) filled.set(code.subarray(start, start + 32), start);
  if (filled.some((byte, index) => byte !== code[index])) {
    return { same: false, why: "its code is other than what was compiled" };
  }
  return { same: true, immutables: starts.map((start) => hexlify(code.subarray(start, start + 32))) };
}

/**
 * Compares the code at an address with the creation code of a contract, libraries linked. Creation code contains the code
 * that it leaves behind, up to the compiler's mark, but for the immutables that it fills in.
 */
export function compareCode(creation: string, code: string, address: string): Comparison {
  const [all, found] = [getBytes(creation), getBytes(code)];
  if (found.length === 0) return { same: false, why: "there is no code" };
  const other: Comparison = { same: false, why: "its code is other than what was compiled" };
  if (!MARK.test(code)) return other;
  const places = Array.from({ length: Math.max(0, all.length - found.length + 1) }, (_, from) => from);
  return (
    places
      .filter((from) => BEGINNING.every((at) => all[from + at] === found[at] || (found[0] === PUSH20 && at > 0)))
      .map((from) => compare(all.subarray(from, from + found.length), found, address))
      .find(({ same }) => same) ?? other
  );
}

/** The address in an immutable; undefined where its value is a number. */
export function addressIn(immutable: string): string | undefined {
  // Numbers are below 2^96, and nobody finds an address that is.
  const value = BigInt(immutable);
  return value >= 2n ** 96n && value < 2n ** 160n ? getAddress(dataSlice(immutable, 12)) : undefined;
}
