import { id, keccak256, toBeHex } from "ethers";

import { type AddressBook, CONTRACT_NAMES } from "../../../sdk/addressBook";
import { DISPUTES, type FakeChain, MARKET, ORDERS } from "./fakeChain";
import type { FakeNode } from "./fakeNode";

/** What all contracts of the fake chain consist of. */
export const CODE = "0x600160015500";

/** The address book of a protocol on a fake chain. */
export function fakeBook(chain: FakeChain): AddressBook {
  const at: Record<string, string> = { market: MARKET, orders: ORDERS, disputes: DISPUTES };
  return {
    chainId: 31_337,
    genesisHash: chain.blocks[0]?.hash ?? "",
    startBlock: 0,
    deployer: MARKET,
    factory: MARKET,
    release: "test",
    parametersHash: id("parameters"),
    contracts: Object.fromEntries(
      CONTRACT_NAMES.map((name) => [
        name,
        { address: at[name] ?? MARKET, block: 0, txHash: id(name), constructorArgs: [], bytecodeHash: keccak256(CODE) },
      ]),
    ),
  };
}

/** Has a node answer what a keeper asks that starts, and finds nothing due. */
export function serveKeeper(node: FakeNode): void {
  node.others.set("eth_getCode", () => CODE);
  node.others.set("eth_call", () => toBeHex(3_600, 32));
  node.others.set("eth_getBalance", () => toBeHex(10n ** 18n));
}
