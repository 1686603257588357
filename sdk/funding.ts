import { Signature, type Signer, type TypedDataDomain, TypedDataEncoder, ZeroHash } from "ethers";

import { ifAnswered } from "./errors";
import type { ERC20Permit } from "../typechain-types";
import type { IEscrow } from "../typechain-types/contracts/escrow/Escrow";

const FUNDING_TYPES = {
  Funding: [
    { name: "account", type: "address" },
    { name: "token", type: "address" },
    { name: "module", type: "address" },
    { name: "ceiling", type: "uint120" },
    { name: "deposit", type: "uint256" },
    { name: "nonce", type: "uint16" },
    { name: "deadline", type: "uint48" },
  ],
};

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** The permit that stands for none: the allowance suffices. */
export const NO_PERMIT: IEscrow.PermitStruct = { deadline: 0n, v: 0, r: ZeroHash, s: ZeroHash };

/** Signs what deposits into escrow and approves a module at once. */
export function signFunding(
  signer: Signer,
  escrow: string,
  chainId: number,
  funding: IEscrow.FundingStruct,
): Promise<string> {
  const domain = { name: "Leasehold Escrow", version: "1", chainId, verifyingContract: escrow };
  return signer.signTypedData(domain, FUNDING_TYPES, funding);
}

/** What tokens call the version of their signing domain where they do not tell it. */
const USUAL_VERSIONS = ["1", "2"];

/** The signing domain of a token's ERC-2612 permits; undefined where the token has none, or another kind of permit. */
export async function permitDomain(token: ERC20Permit, chainId: number): Promise<TypedDataDomain | undefined> {
  const verifyingContract = await token.getAddress();
  const missing = (): undefined => undefined;
  const [separator, name, nonce] = await Promise.all([
    ifAnswered(token.DOMAIN_SEPARATOR(), missing),
    ifAnswered(token.name(), missing),
    ifAnswered(token.nonces(verifyingContract), missing),
  ]);
  if (separator === undefined || name === undefined || nonce === undefined) return undefined;
  const told = await ifAnswered(token.eip712Domain(), missing);
  const versions = told === undefined ? USUAL_VERSIONS : [told.version];
  return versions
    .map((version) => ({ name, version, chainId, verifyingContract }))
    .find((domain) => TypedDataEncoder.hashDomain(domain) === separator);
}

/** Signs an ERC-2612 permit with the signer's next nonce. `deadline` in Unix seconds. */
export async function signPermit(
  signer: Signer,
  token: ERC20Permit,
  domain: TypedDataDomain,
  permit: { readonly spender: string; readonly value: bigint; readonly deadline: bigint },
): Promise<IEscrow.PermitStruct> {
  const owner = await signer.getAddress();
  const message = { owner, nonce: await token.nonces(owner), ...permit };
  const { v, r, s } = Signature.from(await signer.signTypedData(domain, PERMIT_TYPES, message));
  return { deadline: permit.deadline, v, r, s };
}
