import { expect } from "chai";

import { loadConfig } from "../../../keeper/config/load";
import { SHARED, withShared } from "../../../keeper/config/shared";
import { readConfig } from "../../../scripts/cli/config";

const FEES = { KEEPER_MAX_FEE_GWEI: "1" };
const CLI = {
  LEASEHOLD_RPC: "http://node.example:8545",
  LEASEHOLD_BOOK: "deployments/1.json",
  LEASEHOLD_KEYSTORE: "keystore.json",
  LEASEHOLD_PASSWORD_FILE: "password",
};

describe("Settings that a keeper shares with the command line", () => {
  it("are read where the keeper's own are not set, and mean the same to both (ATK-KPR-22)", () => {
    const config = loadConfig(withShared({ ...CLI, ...FEES }), { key: true });
    const theirs = readConfig({}, CLI);
    expect(config.rpcUrls).to.deep.equal([theirs.rpc]);
    expect(config.addressBook).to.equal(theirs.book);
    expect(config.key).to.deep.equal({
      type: "keystore",
      file: theirs.keystore,
      passwordFile: theirs.passwordFile,
    });
    expect(Object.values(SHARED).sort()).to.deep.equal(Object.keys(CLI).sort());
  });

  it("are what was meant where a file with the line ends of Windows set them", () => {
    const windows = Object.fromEntries(
      Object.entries({ ...CLI, ...FEES }).map(([name, value]) => [name, `${value}\r`]),
    );
    expect(loadConfig(withShared(windows), { key: true })).to.deep.equal(
      loadConfig(withShared({ ...CLI, ...FEES }), { key: true }),
    );
  });

  it("give way to the keeper's own, the key as a whole", () => {
    const own = { KEEPER_RPC_URLS: "http://a,http://b,http://c", KEEPER_PRIVATE_KEY: `0x${"11".repeat(32)}` };
    const config = loadConfig(withShared({ ...CLI, ...FEES, ...own }), { key: true });
    expect(config.rpcUrls).to.have.length(3);
    expect(config.addressBook).to.equal("deployments/1.json");
    expect(config.key?.type).to.equal("environment");
    const keystore = { KEEPER_KEYSTORE: "/etc/leasehold/keystore.json" };
    expect(() => loadConfig(withShared({ ...CLI, ...FEES, ...keystore }), { key: true })).to.throw(
      "KEEPER_KEYSTORE_PASSWORD_FILE is not set",
    );
  });

  it("that are empty are not set, and nothing else of the command line is read", () => {
    expect(withShared({ KEEPER_RPC_URLS: "", LEASEHOLD_RPC: "", LEASEHOLD_KEY: "11" })).to.deep.equal({
      KEEPER_RPC_URLS: "",
      LEASEHOLD_RPC: "",
      LEASEHOLD_KEY: "11",
    });
  });
});
