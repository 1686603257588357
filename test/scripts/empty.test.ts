import { expect } from "chai";
import { keccak256, ZeroHash } from "ethers";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { leasehold } from "../helpers/commandLine";
import { deployFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";

const PROPOSER = `#proposer=0x${"ab".repeat(20)}`;

describe("Input with nothing in it", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "leasehold-empty-"));
  const empty = path.join(directory, "empty");
  writeFileSync(empty, "");
  after(() => rmSync(directory, { recursive: true }));

  const file = `evidence ${empty} is empty: name a file, or write its keccak256 as 0x and 64 hexadecimal digits`;
  const offer = ["provider", "offer", "--price", "1/h", "--token", "USD6"];
  const quote = ["quote", "sign", "--price", "1/h", "--token", "USD6"];
  const claim = ["dispute", "raise", "1-1", "--class", "unserved", "--since", "2h", "--evidence"];
  for (const [words, says] of [
    [["propose", "set fee 2 %", "--title", ""], "--title: is empty: write it, or leave the option out"],
    [["propose", "set fee 2 %", "--title", " \u200b\t"], "--title: is empty: write it, or leave the option out"],
    [["propose", "set fee 2 %", "--description", ""], "--description: is empty: write it, or leave the option out"],
    [["propose", "set fee 2 %", "--description", `Why.\n${PROPOSER}`], "--description: names a proposer"],
    [["propose", "set fee 2 %", "--title", PROPOSER], "--title: names a proposer"],
    [["propose", "appeal", "1-1", "--outcome", "upheld", "--reasons", PROPOSER], "--reasons: names a proposer"],
    [["propose", "appeal", "1-1", "--outcome", "upheld", "--reasons", ""], "--reasons: is empty"],
    [["vote", "1", "for", "--reason", ""], "--reason: is empty"],
    [["vote", "--relay", ""], "--relay: is empty"],
    [[...quote, "--cpu", "1", "--expires", "0s"], '--expires: "0s" is no time at all: write more than 0'],
    [[...quote, "--cpu", "1", "--description", empty], `the description ${empty} is empty: write it, or leave`],
    [[...quote, "--region", "eu-central"], "a unit has nothing in it: say what it is, with --cpu, --memory, --gpu ..."],
    [["quote", "show", ""], "<file>: is empty"],
    [[...claim, empty], file],
    [[...claim, ""], "--evidence: is empty"],
    [[...claim, ZeroHash], `${ZeroHash} is the hash of nothing`],
    [[...claim, keccak256("0x")], `${keccak256("0x")} is the hash of nothing`],
    [offer, "a unit has nothing in it: say what it is, with --cpu, --memory, --gpu ..."],
    [[...offer, "--region", "eu-central"], "a unit has nothing in it"],
    [[...offer, "--cpu", ""], "--cpu: is empty"],
    [[...offer, "--cpu", "1", "--description", ""], "--description: is empty"],
    [[...offer, "--cpu", "1", "--description", empty], `the description ${empty} is empty`],
    [[...offer, "--cpu", "1", "--max-duration", "0s"], '--max-duration: "0s" is no time at all'],
    [["lease", "extend", "1-1", "0h"], '<duration>: "0h" is no time at all'],
    [["order", "set", "1-1", "--period", "0d"], '--period: "0d" is no time at all'],
    [["tenant", "open", "--cpu", "1", "--duration", "0m", "--token", "USD6"], '--duration: "0m" is no time at all'],
    [["guardian", "pause", "0s"], '<duration>: "0s" is no time at all'],
  ] as const) {
    const shown = words.map((word) => (word === "" ? '""' : word === empty ? "<empty file>" : word)).join(" ");
    it(`is refused: ${shown.replace(/[^\x20-\x7e]/g, " ")}`, async () => {
      const fixture = await loadFixture(deployFixture);
      const nonce = await fixture.providerA.getNonce();
      const { code, err, out } = await leasehold(fixture, fixture.providerA, words);
      expect(err).to.include(says);
      expect(code).to.equal(2);
      expect(out).to.equal("");
      expect(await fixture.providerA.getNonce()).to.equal(nonce);
    });
  }

  it("is none where zero means something: a minimum duration, a bounty, a ceiling", async () => {
    const fixture = await loadFixture(deployFixture);
    const { providerA } = fixture;
    const words = [...offer, "--cpu", "1", "--min-duration", "0s"];
    expect((await leasehold(fixture, providerA, words)).code).to.equal(0);
    expect((await leasehold(fixture, providerA, "tenant approve 0 --token USD6")).code).to.equal(0);
  });
});
