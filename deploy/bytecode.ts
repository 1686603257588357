import { getAddress, Interface, type InterfaceAbi, zeroPadValue } from "ethers";

import type { Artifact, Position } from "./artifacts";

/** Addresses of linked libraries by qualified name (`path/of/Source.sol:Library`). */
export type Libraries = Readonly<Record<string, string>>;

type Links = Artifact["linkReferences"];

// Code has some 50,000 digits: what works on the text of it is a hundred times as fast as what reads it into bytes first.

/** Hexadecimal digits of `code` at a byte position. */
function digitsAt(code: string, { start, length }: Position): string {
  return code.slice(2 + start * 2, 2 + (start + length) * 2);
}

/** Replaces hexadecimal digits of `code` at a byte position. */
function overwrite(code: string, { start, length }: Position, digits: string): string {
  const from = 2 + start * 2;
  return code.slice(0, from) + digits + code.slice(from + length * 2);
}

/** Fills library addresses into code; fails for a library that is not given. */
function link(code: string, links: Links, libraries: Libraries): string {
  let linked = code;
  for (const [source, names] of Object.entries(links)) {
    for (const [name, positions] of Object.entries(names)) {
      const address = libraries[`${source}:${name}`];
      if (address === undefined) throw new Error(`library ${source}:${name} is not linked: add it to the plan`);
      const digits = getAddress(address).slice(2).toLowerCase();
      for (const position of positions) linked = overwrite(linked, position, digits);
    }
  }
  return linked;
}

/** Creation code with libraries linked and constructor arguments appended. */
export function initCodeOf(artifact: Artifact, args: readonly unknown[], libraries: Libraries = {}): string {
  const code = link(artifact.bytecode, artifact.linkReferences, libraries);
  const constructors = artifact.abi.filter(({ type }) => type === "constructor") as InterfaceAbi;
  return code + new Interface(constructors).encodeDeploy([...args]).slice(2);
}

/** What the compiler calls the immutable in which a library that writes keeps its own address. */
const LIBRARY_ADDRESS = "library_deploy_address";

/**
 * How the runtime code at `address` differs from what the artifact would leave there; undefined: not at all. Immutables
 * may have any value, but one and the same at all their places; a library's own address must be its address.
 */
export function runtimeDifference(
  artifact: Artifact,
  code: string,
  address: string,
  libraries: Libraries = {},
): string | undefined {
  let expected = link(artifact.deployedBytecode, artifact.deployedLinkReferences, libraries).toLowerCase();
  if (code.length !== expected.length) {
    return `it has ${code.length / 2 - 1} bytes of code, ${expected.length / 2 - 1} were compiled`;
  }
  for (const [name, positions] of Object.entries(artifact.immutableReferences)) {
    const values = positions.map((position) => `0x${digitsAt(code, position)}`);
    if (new Set(values).size > 1) return `its immutable ${name} has several values: ${[...new Set(values)].join(", ")}`;
    if (name === LIBRARY_ADDRESS && values[0] !== zeroPadValue(address, 32).toLowerCase()) {
      return `it takes itself for the library at ${values[0]}`;
    }
    positions.forEach((position, index) => {
      expected = overwrite(expected, position, (values[index] ?? "").slice(2));
    });
  }
  if (code === expected) return undefined;
  const at = [...expected].findIndex((digit, index) => digit !== code[index]);
  return `its code differs from what was compiled, first at byte ${Math.floor(at / 2) - 1}`;
}
