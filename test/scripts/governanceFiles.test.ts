import { expect } from "chai";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { ethers } from "hardhat";

import { impersonated } from "../helpers/actors";
import { CONTRACT_NAMES } from "../../sdk/addressBook";
import { readSafeBatch } from "../../sdk/safeBatch";
import { leasehold, leaseholdJson } from "../helpers/commandLine";
import { governedFixture, untilVoting, VOTER_HOLD } from "../helpers/governance";
import { proposedFixture, WORDS } from "../helpers/governanceCommands";
import { loadFixture } from "../helpers/loadFixture";
import { DAY } from "../helpers/parameters";
import { now } from "../helpers/time";

describe("leasehold, for votes and calls that others send", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), "leasehold-vote-"))));
  afterEach(() => rmSync(directory, { recursive: true }));
  const file = (name: string): string => path.join(directory, name);

  describe("signed votes", () => {
    it("are signed by one account and sent by another, once", async () => {
      const f = await loadFixture(proposedFixture);
      const ballot = file("ballot.json");
      for (const [voter, line] of [
        [f.voterA, ["vote", "1", "for", "--sign-only"]],
        [f.voterB, ["vote", "1", "abstain", "--sign-only", "--nonce", "0", "--reason", "Not sure"]],
      ] as const) {
        const signed = await leasehold(f, voter, line);
        expect(signed.code, signed.err).to.equal(0);
        writeFileSync(`${ballot}.${voter.address}`, signed.out);
      }
      const soon = await leasehold(f, f.stranger, `vote --relay ${ballot}.${f.voterA.address}`);
      expect(soon.err).to.include(`${f.voterA.address} cannot vote on proposal 1: it is waiting for its vote`);
      await untilVoting(f, f.id);
      const sent = await leaseholdJson<object>(f, f.stranger, `vote --relay ${ballot}.${f.voterA.address}`);
      expect(sent).to.deep.include({ voter: f.voterA.address, support: "for", weight: VOTER_HOLD.toString() });
      expect((await leasehold(f, f.stranger, `vote --relay ${ballot}.${f.voterB.address}`)).code).to.equal(0);
      expect(await f.governor.proposalVotes(f.id)).to.deep.equal([0n, VOTER_HOLD, VOTER_HOLD]);
      const twice = await leasehold(f, f.stranger, `vote --relay ${ballot}.${f.voterA.address}`);
      expect(twice.err).to.include("the ballot has nonce 0, its voter's next one is 1: it was relayed, or a later one");
    });

    it("are signed without any node, by address book, nonce and the proposal's own id", async () => {
      const f = await loadFixture(proposedFixture);
      const address = await f.governor.getAddress();
      const record = {
        block: 1,
        txHash: `0x${"1".repeat(64)}`,
        constructorArgs: [],
        bytecodeHash: `0x${"2".repeat(64)}`,
      };
      const book = {
        chainId: 31_337,
        genesisHash: `0x${"3".repeat(64)}`,
        startBlock: 0,
        deployer: address,
        factory: address,
        release: "v1",
        parametersHash: `0x${"4".repeat(64)}`,
        contracts: Object.fromEntries(CONTRACT_NAMES.map((name) => [name, { address, ...record }])),
      };
      writeFileSync(file("book.json"), JSON.stringify(book));
      const openNetwork = () => Promise.reject(new Error("there is no network"));
      const line = ["vote", String(f.id), "for", "--sign-only", "--nonce", "0", "--book", file("book.json")];
      const signed = await leasehold(f, f.voterA, line, { openNetwork });
      expect(signed.code, signed.err).to.equal(0);
      writeFileSync(file("ballot.json"), signed.out);
      await untilVoting(f, f.id);
      const sent = await leaseholdJson<object>(f, f.stranger, `vote --relay ${file("ballot.json")}`);
      expect(sent).to.deep.include({ voter: f.voterA.address, support: "for", weight: VOTER_HOLD.toString() });
    });

    it("are refused where they were changed, or are for another chain, governor or nonce", async () => {
      const f = await loadFixture(proposedFixture);
      await untilVoting(f, f.id);
      const { out } = await leasehold(f, f.voterA, "vote 1 for --sign-only");
      const ballot = JSON.parse(out) as Record<string, unknown>;
      const relay = async (change: object): Promise<string> => {
        writeFileSync(file("ballot.json"), JSON.stringify({ ...ballot, ...change }));
        return (await leasehold(f, f.stranger, `vote --relay ${file("ballot.json")}`)).err;
      };
      expect(await relay({ support: "against" })).to.include(`is not signed by ${f.voterA.address}, or was changed`);
      expect(await relay({ voter: f.voterB.address })).to.include(`is not signed by ${f.voterB.address}`);
      expect(await relay({ chainId: 1 })).to.include("the ballot is for chain 1, this is chain 31337");
      expect(await relay({ governor: f.stranger.address })).to.include(`is for governor ${f.stranger.address}`);
      expect(await relay({ nonce: "1" })).to.include("one before it must be relayed first");
      expect(await relay({ support: "yes" })).to.include("is no signed ballot");
      expect((await leasehold(f, f.stranger, `vote --relay ${file("none.json")}`)).err).to.include("cannot be read");
      expect((await leasehold(f, f.stranger, "vote 1")).err).to.include("say which proposal and how");
    });

    it("of an account with code are as good as its code says (ERC-1271)", async () => {
      const f = await loadFixture(governedFixture);
      const wallet = await ethers.deployContract("ScriptedWallet");
      const voter = await wallet.getAddress();
      await f.hold.connect(f.voterA).transfer(wallet, 5n);
      const signer = await impersonated(voter);
      await f.hold.connect(signer).delegate(voter);
      await leasehold(f, f.proposer, WORDS);
      await untilVoting(f, await f.governor.proposalDetailsAt(0).then(([id]) => id));
      const unsigned = await leasehold(f, undefined, `vote 1 for --sign-only --unsigned --from ${voter}`);
      writeFileSync(file("ballot.json"), unsigned.out);
      const refused = await leasehold(f, f.stranger, `vote --relay ${file("ballot.json")}`);
      expect(refused.err).to.include(`is not signed by ${voter}`);
      await wallet.script(`0x1626ba7e${"00".repeat(28)}`, false);
      const { weight } = await leaseholdJson<{ weight: string }>(f, f.stranger, `vote --relay ${file("ballot.json")}`);
      expect(weight).to.equal("5");
    });
  });

  describe("--safe-batch", () => {
    it("writes calls for a Safe instead of sending them; read back, they do what the command says", async () => {
      const f = await loadFixture(proposedFixture);
      const { governor, hold, guardian, market, proposer, voterA } = f;
      // Accounts that stand for Safes: the program has no key of theirs.
      const batch = async (safe: typeof voterA, words: readonly string[]) => {
        const name = file(`${words[0]}-${safe.address}.json`);
        const run = await leasehold(f, undefined, [...words, "--from", safe.address, "--safe-batch", name]);
        expect(run.code, run.err).to.equal(0);
        expect(run.out).to.include(`For the Safe, in ${name}: nothing was sent.`);
        return readSafeBatch(readFileSync(name, "utf8"));
      };
      const carryOut = async (safe: typeof voterA, { chainId, calls }: ReturnType<typeof readSafeBatch>) => {
        expect(chainId).to.equal(31_337);
        for (const { to, data, value } of calls) await safe.sendTransaction({ to, data, value });
      };

      const delegation = await batch(f.stranger, ["delegate", "self"]);
      const pause = await batch(guardian, ["guardian", "pause", "1d"]);
      const proposal = await batch(proposer, ["propose", "set fee 3 %", "--title", "A batch"]);
      expect(await governor.proposalCount()).to.equal(1n);
      await carryOut(f.stranger, delegation);
      expect(await hold.delegates(f.stranger)).to.equal(f.stranger.address);
      await carryOut(guardian, pause);
      expect(await market.pausedUntil()).to.equal((await now()) + DAY);
      await carryOut(proposer, proposal);
      const shown = await leaseholdJson<object>(f, undefined, "proposals show 2 --skip-simulation");
      expect(shown).to.deep.include({ title: "A batch", proposer: proposer.address, actions: ["set fee 3 %"] });

      await untilVoting(f, f.id);
      await carryOut(voterA, await batch(voterA, ["vote", "1", "for"]));
      expect(await governor.hasVoted(f.id, voterA)).to.equal(true);
    });

    it("needs the Safe's address, does not overwrite a file, and writes none in a dry run or for what would be refused", async () => {
      const f = await loadFixture(governedFixture);
      const name = file("batch.json");
      const unnamed = await leasehold(f, f.proposer, `delegate ${f.voterA.address} --safe-batch ${name}`);
      expect([unnamed.code, unnamed.err]).to.deep.equal([
        3,
        "error: a batch is made for a Safe: name it with --from <address of the Safe>\n",
      ]);
      const from = `--from ${f.stranger.address} --safe-batch ${name}`;
      expect((await leasehold(f, undefined, `guardian pause 1d ${from}`)).code).to.equal(1);
      expect((await leasehold(f, undefined, `delegate self --dry-run ${from}`)).code).to.equal(0);
      expect(existsSync(name)).to.equal(false);
      writeFileSync(name, "mine");
      expect((await leasehold(f, undefined, `delegate self ${from}`)).err).to.include(`${name} exists`);
      expect(readFileSync(name, "utf8")).to.equal("mine");
    });
  });
});
