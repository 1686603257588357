import type { AddressLike } from "ethers";
import { ethers } from "hardhat";

import type { Market } from "../../typechain-types";
import type { IMarket, TermsStruct, WeightsStruct } from "../../typechain-types/contracts/market/Market";

/** The libraries that are linked to the market. */
export const MARKET_LIBRARIES = [
  "Governed",
  "LeaseCancellation",
  "LeaseChanges",
  "LeaseClaiming",
  "LeaseConclusion",
  "LeaseRepricing",
  "LeaseResizing",
  "OfferChanges",
] as const;

/** Deploys a market and the libraries that it is linked to. */
export async function deployMarket(
  authority: AddressLike,
  around: IMarket.AroundStruct,
  outageAllowance: number,
  terms: TermsStruct,
  weights: WeightsStruct,
): Promise<Market> {
  const libraries: Record<string, string> = {};
  for (const name of MARKET_LIBRARIES) libraries[name] = await (await ethers.deployContract(name)).getAddress();
  return ethers.deployContract("Market", [authority, around, outageAllowance, terms, weights], { libraries });
}
