import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Provider } from "ethers";

import { bookFile } from "../../deploy/book";
import {
  type AddressBook,
  AddressBookError,
  addressesOf,
  assertSameChain,
  CONTRACT_NAMES,
  formatAddressBook,
  parseAddressBook,
  readAddressBook,
} from "../../sdk/addressBook";
import { connect } from "../../sdk/handles";

const ACCOUNT = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";
const HASH = `0x${"ab".repeat(32)}`;

const record = { address: ACCOUNT, block: 7, txHash: HASH, constructorArgs: ["1", true, [["2"]]], bytecodeHash: HASH };
const book: AddressBook = {
  chainId: 31_337,
  genesisHash: HASH,
  startBlock: 3,
  deployer: ACCOUNT,
  factory: ACCOUNT,
  release: "v1",
  parametersHash: HASH,
  contracts: Object.fromEntries(CONTRACT_NAMES.map((name) => [name, record])),
};

/** A connection to a chain. */
function chain(chainId: number, genesisHash: string | null): Provider {
  const getBlock = () => Promise.resolve(genesisHash === null ? null : { hash: genesisHash });
  return { getNetwork: () => Promise.resolve({ chainId: BigInt(chainId) }), getBlock } as unknown as Provider;
}

describe("address book", () => {
  it("reads what it writes", () => {
    expect(parseAddressBook(formatAddressBook(book), "test")).to.deep.equal(book);
  });

  it("gives addresses their checksum", () => {
    const text = formatAddressBook({ ...book, deployer: ACCOUNT.toLowerCase() });
    expect(parseAddressBook(text, "test").deployer).to.equal(ACCOUNT);
  });

  it("names every fault at once, and what to do", () => {
    const text = JSON.stringify({
      ...book,
      chainId: "1",
      deployer: "0x12",
      contracts: { hold: { ...record, block: -1 } },
    });
    expect(() => parseAddressBook(text, "book.json"))
      .to.throw(AddressBookError)
      .with.property("message")
      .that.contains("book.json is no address book")
      .and.contains("chainId: ")
      .and.contains("deployer: must be an address")
      .and.contains("contracts.hold.block: ")
      .and.contains("npm run deploy");
    expect(() => parseAddressBook("{", "book.json")).to.throw(AddressBookError, "book.json is not JSON");
    expect(() => parseAddressBook("[]", "book.json")).to.throw(AddressBookError, "(whole file)");
  });

  it("of a deployment that was not finished gives no handles", () => {
    const { hold, escrow } = book.contracts;
    const unfinished = { ...book, contracts: { hold: hold ?? record, escrow: escrow ?? record } };
    expect(() => addressesOf(unfinished)).to.throw(
      AddressBookError,
      "lacks accessManager, timelock, governor, guardian, staking, liveness, records, market, orders, quotes, council, disputes, lens",
    );
    expect(() => connect(unfinished, chain(31_337, HASH))).to.throw(AddressBookError);
    expect(connect(book, chain(31_337, HASH)).market.target).to.equal(ACCOUNT);
  });

  it("knows its chain by id and genesis block", async () => {
    await assertSameChain(book, chain(31_337, HASH));
    for (const [other, what] of [
      [chain(1, HASH), "chain id 31337 is recorded, the chain has 1"],
      [chain(31_337, `0x${"cd".repeat(32)}`), "genesis block 0xab"],
      [chain(31_337, null), "does not serve block 0"],
    ] as const) {
      const error = await assertSameChain(book, other).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(AddressBookError);
      expect((error as Error).message).to.contain(what);
    }
  });

  describe("in a file", () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(path.join(tmpdir(), "leasehold-book-"));
    });
    afterEach(() => {
      rmSync(directory, { recursive: true });
    });

    it("is replaced whole, in directories that it makes", () => {
      const file = path.join(directory, "deployments", "31337.json");
      const store = bookFile(file);
      expect(store.load()).to.equal(undefined);
      store.save({ ...book, release: "v0" });
      store.save(book);
      expect(store.load()).to.deep.equal(book);
      expect(readAddressBook(file)).to.deep.equal(book);
      expect(readFileSync(file, "utf8")).to.equal(formatAddressBook(book));
      expect(readdirSync(path.dirname(file))).to.deep.equal(["31337.json"]);
    });

    it("that is missing or damaged says what to do", () => {
      const file = path.join(directory, "31337.json");
      expect(() => readAddressBook(file)).to.throw(AddressBookError, "There is no address book at");
      writeFileSync(file, formatAddressBook(book).slice(0, 100));
      expect(() => bookFile(file).load()).to.throw(AddressBookError, "is rebuilt from the chain");
    });
  });
});
