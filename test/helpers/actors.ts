import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { type Addressable, parseEther, resolveAddress } from "ethers";
import { ethers } from "hardhat";

/** Everybody who acts in tests. Providers never heartbeat themselves: their operators do. */
export interface Actors {
  admin: HardhatEthersSigner;
  guardian: HardhatEthersSigner;
  treasury: HardhatEthersSigner;
  providerA: HardhatEthersSigner;
  operatorA: HardhatEthersSigner;
  providerB: HardhatEthersSigner;
  operatorB: HardhatEthersSigner;
  providerC: HardhatEthersSigner;
  operatorC: HardhatEthersSigner;
  tenantA: HardhatEthersSigner;
  tenantB: HardhatEthersSigner;
  keeper: HardhatEthersSigner;
  stranger: HardhatEthersSigner;
  /** Acts as a module of a vault: any account may. */
  module: HardhatEthersSigner;
  otherModule: HardhatEthersSigner;
  /** Hears appeals. */
  appeals: HardhatEthersSigner;
  /** The council. */
  memberA: HardhatEthersSigner;
  memberB: HardhatEthersSigner;
  memberC: HardhatEthersSigner;
  memberD: HardhatEthersSigner;
  memberE: HardhatEthersSigner;
}

const NAMES = [
  "admin",
  "guardian",
  "treasury",
  "providerA",
  "operatorA",
  "providerB",
  "operatorB",
  "providerC",
  "operatorC",
  "tenantA",
  "tenantB",
  "keeper",
  "stranger",
  "module",
  "otherModule",
  "appeals",
  "memberA",
  "memberB",
  "memberC",
  "memberD",
  "memberE",
] as const satisfies readonly (keyof Actors)[];

/** The named signers, and in `others` the funded accounts that have no name. */
export async function namedActors(): Promise<Actors & { others: HardhatEthersSigner[] }> {
  const signers = await ethers.getSigners();
  const named = Object.fromEntries(NAMES.map((name, index) => [name, signers[index]]));
  return { ...(named as unknown as Actors), others: signers.slice(NAMES.length) };
}

/** Acts as any account, one with code, too: it can pay for its transactions however high the base fee has risen. */
export async function impersonated(account: Addressable | string): Promise<HardhatEthersSigner> {
  const address = await resolveAddress(account);
  await setBalance(address, parseEther("1000"));
  return ethers.getImpersonatedSigner(address);
}
