import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import { accountOf, requireAccount } from "../../../keeper/config/account";
import { ConfigError } from "../../../keeper/config/load";
import { temporaryDirectory } from "../../helpers/databases";

const KEY = `0x${"22".repeat(32)}`;
const { address: ACCOUNT } = new Wallet(KEY);
const OTHER = "0x00000000000000000000000000000000000000D1";

describe("Account of a keeper", () => {
  function keystore(content: unknown): string {
    const file = join(temporaryDirectory(), "keystore.json");
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  }

  it("is told by KEEPER_ACCOUNT, else by the key, else by a keystore without its password", () => {
    expect(accountOf({ KEEPER_ACCOUNT: OTHER.toLowerCase(), KEEPER_PRIVATE_KEY: KEY })).to.equal(OTHER);
    expect(accountOf({ KEEPER_PRIVATE_KEY: KEY })).to.equal(ACCOUNT);
    expect(accountOf({ KEEPER_KEYSTORE: keystore({ address: ACCOUNT.slice(2).toLowerCase(), version: 3 }) })).to.equal(
      ACCOUNT,
    );
  });

  it("is not known where nothing tells it", () => {
    expect(accountOf({})).to.equal(undefined);
    expect(accountOf({ KEEPER_ACCOUNT: "", KEEPER_PRIVATE_KEY: "", KEEPER_KEYSTORE: "" })).to.equal(undefined);
    for (const content of [{ version: 3 }, { address: "0x12" }, "no JSON"]) {
      expect(accountOf({ KEEPER_KEYSTORE: keystore(content) })).to.equal(undefined);
    }
    expect(accountOf({ KEEPER_KEYSTORE: "/nowhere/keystore.json" })).to.equal(undefined);
  });

  it("is refused where it is not the key's", () => {
    expect(() => requireAccount({ KEEPER_ACCOUNT: OTHER }, ACCOUNT)).to.throw(ConfigError, OTHER);
    requireAccount({ KEEPER_ACCOUNT: ACCOUNT.toLowerCase() }, ACCOUNT);
    requireAccount({}, ACCOUNT);
    expect(() => accountOf({ KEEPER_PRIVATE_KEY: `0x${"00".repeat(32)}` })).to.throw(ConfigError, "KEEPER_PRIVATE_KEY");
  });
});
