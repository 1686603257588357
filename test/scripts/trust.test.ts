import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { getCreateAddress } from "ethers";
import { ethers } from "hardhat";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { Failure } from "../../scripts/cli/failure";
import { assertTrusted, findBook } from "../../scripts/cli/trust";
import { type AddressBook, formatAddressBook } from "../../sdk/addressBook";
import { compareCode } from "../../sdk/compiled";
import { connect } from "../../sdk/handles";
import { Escrow__factory, Staking__factory } from "../../typechain-types";
import { deploy, underCoverage } from "../deploy/helpers";
import { leasehold, networkOf } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";

async function deployed() {
  const { book } = await deploy();
  return { book };
}

async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<Failure> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("Nothing was refused");
}

/** A book in which one contract is somewhere else. */
function moved(book: AddressBook, name: string, address: string): AddressBook {
  return { ...book, contracts: { ...book.contracts, [name]: { ...book.contracts[name]!, address } } };
}

const named = (book: AddressBook) => ({ file: "theirs.json", book, packaged: false });
const packaged = (book: AddressBook) => ({ file: "deployments/31337.json", book, packaged: true });

describe("Trust in an address book", function () {
  before(function () {
    if (underCoverage) this.skip(); // what is deployed then is not what was compiled
  });

  describe("before anything is approved", () => {
    it("is there for contracts that this version deploys, whoever deployed them", async () => {
      const { book } = await loadFixture(deployed);
      await assertTrusted(named(book), ethers.provider);
      await assertTrusted(packaged(book), ethers.provider);
    });

    it("is not for other code, of a contract or of a library, nor where there is none", async () => {
      const { book } = await loadFixture(deployed);
      for (const [name, code, says] of [
        ["escrow", "0x6001600155", "its code is other than what was compiled"],
        ["leaseChanges", "0x6001600155", "its code is other than what was compiled"],
        ["staking", "0x", "there is no code"],
      ] as const) {
        const address = book.contracts[name]!.address;
        const before = await ethers.provider.getCode(address);
        await setCode(address, code);
        for (const found of [named(book), packaged(book)]) {
          const { kind, message } = await failureOf(assertTrusted(found, ethers.provider));
          expect(kind).to.equal("configuration");
          expect(message)
            .to.include(`nothing was approved: ${found.file} does not lead to contracts that this version knows`)
            .and.to.include(
              `${name} at ${address}: ${found.packaged ? "its code is not what the book records" : says}`,
            );
        }
        await setCode(address, before);
      }
    });

    it("is not for the right code that works with a stranger", async () => {
      const { book } = await loadFixture(deployed);
      const stranger = (await ethers.getSigners())[0]!;
      const authority = book.contracts["accessManager"]!.address;
      const staking = await new Staking__factory(stranger).deploy(authority, stranger.address, 1_209_600);
      const at = await staking.getAddress();
      // Naming the stranger elsewhere in the book is no help to it.
      const extra = { ...book.contracts["escrow"]!, address: stranger.address };
      const theirs = moved(book, "staking", at);
      const hostile = { ...theirs, deployer: stranger.address, contracts: { ...theirs.contracts, extra } };
      const { message } = await failureOf(assertTrusted(named(hostile), ethers.provider));
      expect(message).to.include(
        `staking at ${at}: it works with ${stranger.address}, which is no contract of the book`,
      );
    });

    it("is not for a book of the package whose contracts were deployed anew", async () => {
      const { book } = await loadFixture(deployed);
      const someone = (await ethers.getSigners())[0]!;
      const address = getCreateAddress({ from: someone.address, nonce: await someone.getNonce() });
      await new Escrow__factory(someone).deploy();
      const { message } = await failureOf(assertTrusted(packaged(moved(book, "staking", address)), ethers.provider));
      expect(message).to.include(`staking at ${address}: its code is not what the book records`);
    });

    it("is asked for by everything that approves or gives money, before it signs or sends", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { tenantA, providerA, keeper } = fixture;
      const refuse = () => Promise.reject(new Failure("configuration", "a stranger"));
      const openNetwork = async () => ({ ...(await networkOf(fixture)), assertTrusted: refuse });
      for (const [actor, line] of [
        [tenantA, "tenant deposit 1 --token USD6"],
        [tenantA, "tenant approve 1 --token USD6"],
        [keeper, "tenant open --cpu 1 --duration 24h --token USD6 --fund"],
        [providerA, "provider bond 1"],
      ] as const) {
        const nonce = await actor.getNonce();
        const { code, err } = await leasehold(fixture, actor, line, { openNetwork });
        expect(err, line).to.match(/error: a stranger\n$/);
        expect(code).to.equal(3);
        expect(await actor.getNonce()).to.equal(nonce);
      }
    });
  });

  describe("where it is looked for", () => {
    let directory: string;
    let here: string;
    beforeEach(() => {
      directory = mkdtempSync(path.join(tmpdir(), "leasehold-trust-"));
      here = process.cwd();
    });
    afterEach(() => {
      process.chdir(here);
      rmSync(directory, { recursive: true });
    });

    function put(where: string, release: string, book: AddressBook): void {
      mkdirSync(path.join(directory, where, "deployments"), { recursive: true });
      const file = path.join(directory, where, "deployments/31337.json");
      writeFileSync(file, formatAddressBook({ ...book, release }));
    }

    it("is the package, and never the working directory unless a file of it is named", async () => {
      const { book } = await loadFixture(deployed);
      put("package", "ours", book);
      put("here", "theirs", book);
      process.chdir(path.join(directory, "here"));
      const root = path.join(directory, "package");
      const ours = findBook({}, 31_337, root);
      expect([ours.book.release, ours.packaged]).to.deep.equal(["ours", true]);
      const asked = findBook({ book: "deployments/31337.json" }, 31_337, root);
      expect([asked.book.release, asked.packaged]).to.deep.equal(["theirs", false]);
      const same = findBook({ book: path.join(root, "deployments/31337.json") }, 31_337, root);
      expect(same.packaged).to.equal(true);

      rmSync(path.join(root, "deployments"), { recursive: true });
      expect((await failureOf(() => findBook({}, 31_337, root))).message).to.equal(
        "the program came without an address book of chain 31337; deployments/31337.json is here, and used where it is " +
          "named only: make sure that it is yours, then add --book deployments/31337.json",
      );
    });
  });
});

describe("Compared code", () => {
  it("is found in what creates it, with what its constructor fills in", async function () {
    if (underCoverage) this.skip();
    const { book } = await loadFixture(deployed);
    const { address } = book.contracts["staking"]!;
    const code = await ethers.provider.getCode(address);
    const comparison = compareCode(Staking__factory.bytecode, code, address);
    if (!comparison.same) throw new Error(comparison.why);
    const { staking } = connect(book, ethers.provider);
    const hold = (await staking.HOLD()).toLowerCase().slice(2);
    expect(comparison.immutables).to.include(`0x${"0".repeat(24)}${hold}`);
    for (const changed of [`${code.slice(0, -2)}ff`, code.slice(0, -2), `${code}00`]) {
      expect(compareCode(Staking__factory.bytecode, changed, address).same).to.equal(false);
    }
  });
});
