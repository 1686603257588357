import { expect } from "chai";
import { getAddress, TypedDataEncoder, verifyTypedData, Wallet, ZeroAddress } from "ethers";

import { type Ballot, ballotDigest, formatBallot, parseBallot, signBallot } from "../../../sdk/governance/ballot";

const WALLET = new Wallet(`0x${"5a".repeat(32)}`);
const GOVERNOR = getAddress(`0x${"7b".repeat(20)}`);
const BALLOT: Ballot = {
  chainId: 1,
  governor: GOVERNOR,
  proposal: 2n ** 255n,
  support: "for",
  voter: WALLET.address,
  nonce: 3n,
  reason: "",
};
const DOMAIN = { name: "Leasehold", version: "1", chainId: 1, verifyingContract: GOVERNOR };

describe("signed ballots", () => {
  it("are OpenZeppelin's: a plain one, and an extended one where a reason is given", async () => {
    const plain = await signBallot(WALLET, BALLOT);
    const types = {
      Ballot: ["uint256 proposalId", "uint8 support", "address voter", "uint256 nonce"].map((field) => {
        const [type = "", name = ""] = field.split(" ");
        return { type, name };
      }),
    };
    const message = { proposalId: 2n ** 255n, support: 1, voter: WALLET.address, nonce: 3n };
    expect(verifyTypedData(DOMAIN, types, message, plain.signature)).to.equal(WALLET.address);
    expect(ballotDigest(BALLOT)).to.equal(TypedDataEncoder.hash(DOMAIN, types, message));
    expect(ballotDigest({ ...BALLOT, reason: "Cheaper" })).not.to.equal(ballotDigest(BALLOT));
  });

  it("survive a file", async () => {
    const ballot = await signBallot(WALLET, { ...BALLOT, reason: "Cheaper\nleases" });
    expect(parseBallot(formatBallot(ballot), "ballot.json")).to.deep.equal(ballot);
  });

  it("name every fault of a file at once", () => {
    expect(() => parseBallot("{", "ballot.json")).to.throw(/^ballot\.json is not JSON/);
    const wrong = {
      ...BALLOT,
      proposal: "-1",
      nonce: "1",
      support: "yes",
      voter: ZeroAddress.slice(1),
      signature: "0x1",
    };
    expect(() => parseBallot(JSON.stringify(wrong), "ballot.json")).to.throw(
      /^ballot\.json is no signed ballot:\n {2}proposal: must be a whole number[^\n]*\n {2}support: [^\n]*\n {2}voter: must be an address[^\n]*\n {2}signature: must be bytes/,
    );
  });
});
