import { type Signature, type Signer, type TypedDataDomain, ZeroHash } from "ethers";
import { ethers } from "hardhat";

import type { ERC20Permit, Escrow, HoldGovernor } from "../../typechain-types";
import type { IEscrow } from "../../typechain-types/contracts/escrow/Escrow";

export const FUNDING_TYPES = {
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

const BALLOT_TYPES = {
  Ballot: [
    { name: "proposalId", type: "uint256" },
    { name: "support", type: "uint8" },
    { name: "voter", type: "address" },
    { name: "nonce", type: "uint256" },
  ],
};

/** The permit that stands for none. */
export const NO_PERMIT: IEscrow.PermitStruct = { deadline: 0n, v: 0, r: ZeroHash, s: ZeroHash };

/** A deadline that no test reaches. */
export const FAR_DEADLINE = 2n ** 47n;

/** The EIP-712 domain of an escrow. */
export async function escrowDomain(escrow: Escrow): Promise<TypedDataDomain> {
  const { chainId } = await ethers.provider.getNetwork();
  return { name: "Leasehold Escrow", version: "1", chainId, verifyingContract: await escrow.getAddress() };
}

/** Signs a funding for `escrow`, or for another domain to show that it is refused. */
export async function signFunding(
  signer: Signer,
  escrow: Escrow,
  funding: IEscrow.FundingStruct,
  domain: TypedDataDomain = {},
): Promise<string> {
  return signer.signTypedData({ ...(await escrowDomain(escrow)), ...domain }, FUNDING_TYPES, funding);
}

/** An ERC-2612 permit of the signer's next nonce, as `{v, r, s}`, for any token that describes its domain (ERC-5267). */
export async function signPermit(
  signer: Signer,
  token: Pick<ERC20Permit, "eip712Domain" | "nonces">,
  permit: { spender: string; value: bigint; deadline?: bigint },
): Promise<Signature & { deadline: bigint }> {
  const owner = await signer.getAddress();
  const { name, version, chainId, verifyingContract } = await token.eip712Domain();
  const deadline = permit.deadline ?? FAR_DEADLINE;
  const message = { owner, spender: permit.spender, value: permit.value, nonce: await token.nonces(owner), deadline };
  const signature = await signer.signTypedData({ name, version, chainId, verifyingContract }, PERMIT_TYPES, message);
  return Object.assign(ethers.Signature.from(signature), { deadline });
}

/** A vote of the signer's next nonce, for the governor to count whoever sends it. */
export async function signBallot(
  signer: Signer,
  governor: Pick<HoldGovernor, "eip712Domain" | "nonces">,
  ballot: { proposalId: bigint; support: number },
): Promise<string> {
  const voter = await signer.getAddress();
  const { name, version, chainId, verifyingContract } = await governor.eip712Domain();
  const message = { ...ballot, voter, nonce: await governor.nonces(voter) };
  return signer.signTypedData({ name, version, chainId, verifyingContract }, BALLOT_TYPES, message);
}
