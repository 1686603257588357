import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { concat, hexlify, type Signer, Signature, toBeHex, toUtf8Bytes, type TypedDataDomain } from "ethers";
import { ethers } from "hardhat";

import { impersonated } from "../helpers/actors";
import {
  argumentsOf,
  type Governed,
  governedFixture,
  proposalIdOf,
  SETTINGS,
  Support,
  untilVoting,
  VOTER_HOLD,
} from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";

const MAGIC = concat(["0x1626ba7e", `0x${"00".repeat(28)}`]);
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Written from OpenZeppelin's IGovernor alone. */
const BALLOT_TYPES = {
  Ballot: [
    { name: "proposalId", type: "uint256" },
    { name: "support", type: "uint8" },
    { name: "voter", type: "address" },
    { name: "nonce", type: "uint256" },
  ],
};
const EXTENDED_BALLOT_TYPES = {
  ExtendedBallot: [
    { name: "proposalId", type: "uint256" },
    { name: "support", type: "uint8" },
    { name: "voter", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "reason", type: "string" },
    { name: "params", type: "bytes" },
  ],
};
const REASON = "Because";
const PARAMS = hexlify(toUtf8Bytes("with care"));

interface Scene {
  f: Governed;
  proposalId: bigint;
  otherId: bigint;
}

/** Two proposals that are voted on, and a domain. */
async function votingFixture(): Promise<Scene> {
  const f = await loadFixture(governedFixture);
  const ids: bigint[] = [];
  for (const description of ["First", "Second"]) {
    const proposal = await argumentsOf([{ target: f.stranger, data: "0x" }], description);
    await f.governor.connect(f.proposer).propose(...proposal);
    ids.push(await proposalIdOf(f, proposal));
  }
  const [proposalId, otherId] = ids as [bigint, bigint];
  await untilVoting(f, otherId);
  return { f, proposalId, otherId };
}

/** The same, and a wallet that has HOLD and votes, and decides by ERC-1271 what it signed. */
async function walletFixture() {
  const f = await loadFixture(governedFixture);
  const wallet = await ethers.deployContract("ScriptedWallet");
  await f.hold.connect(f.voterB).transfer(wallet, VOTER_HOLD);
  await f.hold.connect(await impersonated(wallet)).delegate(wallet);
  const proposal = await argumentsOf([{ target: f.stranger, data: "0x" }], "First");
  await f.governor.connect(f.proposer).propose(...proposal);
  const proposalId = await proposalIdOf(f, proposal);
  await untilVoting(f, proposalId);
  return { f, wallet, proposalId };
}

/** Voter A's key, whose account has the code of a ScriptedWallet now (EIP-7702). */
async function delegatedFixture() {
  const scene = await votingFixture();
  const { voterA } = scene.f;
  const wallet = await ethers.deployContract("ScriptedWallet");
  await setCode(voterA.address, await ethers.provider.getCode(wallet));
  return { ...scene, account: await ethers.getContractAt("ScriptedWallet", voterA.address) };
}

async function domainOf({ governor }: Governed): Promise<TypedDataDomain> {
  const { chainId } = await ethers.provider.getNetwork();
  return { name: "Leasehold", version: "1", chainId, verifyingContract: await governor.getAddress() };
}

interface Ballot {
  proposalId: bigint;
  support?: number;
  voter?: { address: string };
  nonce?: bigint;
}

/** Signs a ballot for voter A, of its first nonce, unless told otherwise. */
async function signed(f: Governed, ballot: Ballot, signer: Signer = f.voterA, domain: TypedDataDomain = {}) {
  const { proposalId, support = Support.For, voter = f.voterA, nonce = 0n } = ballot;
  const message = { proposalId, support, voter: voter.address, nonce };
  return signer.signTypedData({ ...(await domainOf(f)), ...domain }, BALLOT_TYPES, message);
}

async function signedWithReason(f: Governed, ballot: Ballot, told: { reason?: string; params?: string } = {}) {
  const { proposalId, support = Support.For, voter = f.voterA, nonce = 0n } = ballot;
  const { reason = REASON, params = PARAMS } = told;
  const message = { proposalId, support, voter: voter.address, nonce, reason, params };
  return f.voterA.signTypedData(await domainOf(f), EXTENDED_BALLOT_TYPES, message);
}

/** Sends a vote of voter A for the proposal, as a stranger. */
const send = (
  f: Governed,
  proposalId: bigint,
  signature: string,
  voter = f.voterA.address,
  support: number = Support.For,
) => f.governor.connect(f.stranger).castVoteBySig(proposalId, support, voter, signature);

const sendWithReason = (
  f: Governed,
  proposalId: bigint,
  signature: string,
  told = { reason: REASON, params: PARAMS },
) =>
  f.governor
    .connect(f.stranger)
    .castVoteWithReasonAndParamsBySig(proposalId, Support.For, f.voterA, told.reason, told.params, signature);

const refuses = (f: Governed, sending: Promise<unknown>, voter: { address: string } = f.voterA) =>
  expect(sending).to.be.revertedWithCustomError(f.governor, "GovernorInvalidSignature").withArgs(voter.address);

describe("Votes by signature", () => {
  it("tells its domain (ERC-5267)", async () => {
    const { f } = await loadFixture(votingFixture);
    const { name, version, chainId, verifyingContract } = await f.governor.eip712Domain();
    expect({ name, version, chainId, verifyingContract }).to.deep.equal(await domainOf(f));
  });

  describe("of an account without code", () => {
    it("count as the voter's own, whoever sends them", async () => {
      const { f, proposalId } = await loadFixture(votingFixture);
      await expect(send(f, proposalId, await signed(f, { proposalId })))
        .to.emit(f.governor, "VoteCast")
        .withArgs(f.voterA, proposalId, Support.For, VOTER_HOLD, "");
      expect(await f.governor.hasVoted(proposalId, f.voterA)).to.equal(true);
      expect(await f.governor.nonces(f.voterA)).to.equal(1n);
    });

    it("carry a reason and parameters where the voter signed them", async () => {
      const { f, proposalId } = await loadFixture(votingFixture);
      await expect(sendWithReason(f, proposalId, await signedWithReason(f, { proposalId })))
        .to.emit(f.governor, "VoteCastWithParams")
        .withArgs(f.voterA, proposalId, Support.For, VOTER_HOLD, REASON, PARAMS);
      expect(await f.governor.proposalVotes(proposalId)).to.deep.equal([0n, VOTER_HOLD, 0n]);
    });

    it("carry a reason without parameters, too", async () => {
      const { f, proposalId } = await loadFixture(votingFixture);
      const told = { reason: REASON, params: "0x" };
      await expect(sendWithReason(f, proposalId, await signedWithReason(f, { proposalId }, told), told))
        .to.emit(f.governor, "VoteCast")
        .withArgs(f.voterA, proposalId, Support.For, VOTER_HOLD, REASON);
    });

    it("are refused for another chain, contract, name or version (ATK-ESC-2)", async () => {
      const { f, proposalId } = await loadFixture(votingFixture);
      const second = await ethers.deployContract("HoldGovernor", [f.hold, f.timelock, f.disputes, SETTINGS]);
      for (const domain of [
        { chainId: 1n },
        { verifyingContract: await second.getAddress() },
        { name: "Other" },
        { version: "2" },
      ]) {
        await refuses(f, send(f, proposalId, await signed(f, { proposalId }, f.voterA, domain)));
      }
    });

    it("are refused for another proposal, another choice, another voter", async () => {
      const { f, proposalId, otherId } = await loadFixture(votingFixture);
      const signature = await signed(f, { proposalId });
      await refuses(f, send(f, otherId, signature));
      await refuses(f, send(f, proposalId, signature, f.voterA.address, Support.Against));
      await refuses(f, send(f, proposalId, signature, f.voterB.address), f.voterB);
      await refuses(f, send(f, proposalId, await signed(f, { proposalId }, f.voterB)));
    });

    it("are refused with another reason or other parameters than were signed, and one kind for the other", async () => {
      const { f, proposalId } = await loadFixture(votingFixture);
      const signature = await signedWithReason(f, { proposalId });
      await refuses(f, sendWithReason(f, proposalId, signature, { reason: "Another", params: PARAMS }));
      await refuses(f, sendWithReason(f, proposalId, signature, { reason: REASON, params: "0x" }));
      await refuses(f, send(f, proposalId, signature));
      await refuses(f, sendWithReason(f, proposalId, await signed(f, { proposalId })));
    });

    it("are refused again, and with any nonce but the next one (ATK-ESC-2)", async () => {
      const { f, proposalId, otherId } = await loadFixture(votingFixture);
      await refuses(f, send(f, proposalId, await signed(f, { proposalId, nonce: 1n })));
      const signature = await signed(f, { proposalId });
      await send(f, proposalId, signature);
      await refuses(f, send(f, proposalId, signature));
      await refuses(f, send(f, otherId, await signed(f, { proposalId: otherId })));
      await send(f, otherId, await signed(f, { proposalId: otherId, nonce: 1n }));
    });

    it("are refused as their malleable twins, before and after they counted (ATK-ESC-2)", async () => {
      const { f, proposalId } = await loadFixture(votingFixture);
      const signature = await signed(f, { proposalId });
      const { r, s, v } = Signature.from(signature);
      const twin = concat([r, toBeHex(CURVE_ORDER - BigInt(s), 32), v === 27 ? "0x1c" : "0x1b"]);
      await refuses(f, send(f, proposalId, twin));
      await send(f, proposalId, signature);
      await refuses(f, send(f, proposalId, twin));
    });

    it("are refused in every other shape", async () => {
      const { f, proposalId } = await loadFixture(votingFixture);
      const signature = await signed(f, { proposalId });
      const shapes = ["0x", Signature.from(signature).compactSerialized, concat([signature, "0x00"])];
      for (const shape of shapes) {
        await refuses(f, send(f, proposalId, shape));
        await refuses(f, sendWithReason(f, proposalId, shape));
      }
    });

    it("count once: who voted by itself does not vote by signature, too", async () => {
      const { f, proposalId } = await loadFixture(votingFixture);
      await f.governor.connect(f.voterA).castVote(proposalId, Support.Against);
      await expect(send(f, proposalId, await signed(f, { proposalId })))
        .to.be.revertedWithCustomError(f.governor, "GovernorAlreadyCastVote")
        .withArgs(f.voterA);
    });
  });

  describe("of a contract (ERC-1271)", () => {
    it("count where it says so, once", async () => {
      const { f, wallet, proposalId } = await loadFixture(walletFixture);
      await wallet.script(MAGIC, false);
      const address = await wallet.getAddress();
      await expect(send(f, proposalId, "0x", address))
        .to.emit(f.governor, "VoteCast")
        .withArgs(address, proposalId, Support.For, VOTER_HOLD, "");
      const again = f.governor.castVoteWithReasonAndParamsBySig(proposalId, Support.For, wallet, REASON, PARAMS, "0x");
      await expect(again).to.be.revertedWithCustomError(f.governor, "GovernorAlreadyCastVote").withArgs(wallet);
    });

    it("count with a reason", async () => {
      const { f, wallet, proposalId } = await loadFixture(walletFixture);
      await wallet.script(MAGIC, false);
      await expect(
        f.governor.castVoteWithReasonAndParamsBySig(proposalId, Support.Against, wallet, REASON, "0x", "0x1234"),
      )
        .to.emit(f.governor, "VoteCast")
        .withArgs(wallet, proposalId, Support.Against, VOTER_HOLD, REASON);
    });

    for (const [title, answer, reverts] of [
      ["reverts", "0x", true],
      ["answers nothing", "0x", false],
      ["answers only the four bytes", "0x1626ba7e", false],
      ["answers true", toBeHex(1, 32), false],
      ["answers the magic value with dirt behind it", concat(["0x1626ba7e", toBeHex(1, 28)]), false],
    ] as const) {
      it(`are refused where it ${title} (ATK-ESC-2)`, async () => {
        const { f, wallet, proposalId } = await loadFixture(walletFixture);
        await wallet.script(answer, reverts);
        const account = { address: await wallet.getAddress() };
        await refuses(
          f,
          send(f, proposalId, await signed(f, { proposalId, voter: account }), account.address),
          account,
        );
        const extended = f.governor.castVoteWithReasonAndParamsBySig(proposalId, 1, wallet, REASON, PARAMS, "0x");
        await refuses(f, extended, account);
      });
    }
  });

  describe("of a key whose account has code (EIP-7702)", () => {
    it("count by the key, whatever the code answers", async () => {
      const { f, proposalId, otherId, account } = await loadFixture(delegatedFixture);
      await account.script("0x", true);
      await expect(send(f, proposalId, await signed(f, { proposalId })))
        .to.emit(f.governor, "VoteCast")
        .withArgs(f.voterA, proposalId, Support.For, VOTER_HOLD, "");
      await expect(sendWithReason(f, otherId, await signedWithReason(f, { proposalId: otherId, nonce: 1n })))
        .to.emit(f.governor, "VoteCastWithParams")
        .withArgs(f.voterA, otherId, Support.For, VOTER_HOLD, REASON, PARAMS);
    });

    it("count by the code, too", async () => {
      const { f, proposalId, otherId, account } = await loadFixture(delegatedFixture);
      await account.script(MAGIC, false);
      await send(f, proposalId, "0x");
      await sendWithReason(f, otherId, "0x");
      for (const id of [proposalId, otherId]) {
        expect(await f.governor.proposalVotes(id)).to.deep.equal([0n, VOTER_HOLD, 0n]);
      }
    });

    it("are refused where neither accepts them (ATK-ESC-2)", async () => {
      const { f, proposalId, account } = await loadFixture(delegatedFixture);
      await account.script("0x", true);
      await refuses(f, send(f, proposalId, "0x1234"));
      await refuses(f, send(f, proposalId, await signed(f, { proposalId }, f.voterB)));
      await refuses(f, sendWithReason(f, proposalId, "0x1234"));
    });
  });
});
