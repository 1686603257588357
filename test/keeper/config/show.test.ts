import { expect } from "chai";

import { loadConfig } from "../../../keeper/config/load";
import { endpointLabels, secretsOf, showConfig, showStore } from "../../../keeper/config/show";
import { redact } from "../../../sdk/endpoints";

const KEY = `0x${"1a".repeat(32)}`;
const SECRETS = [
  KEY.slice(2),
  "s3cretpath0001",
  "qu3ry-t0ken",
  "p%40ssw0rd",
  "p@ssw0rd",
  "basicpassword",
  "us3rname",
  "r3lay-s3cret",
];
const VARIABLES = {
  KEEPER_RPC_URLS: `https://node.example/v2/${SECRETS[1]},https://us3rname:basicpassword@other.example/?token=${SECRETS[2]}`,
  KEEPER_BROADCAST_URLS: `https://relay.example/${SECRETS[7]}`,
  KEEPER_ADDRESS_BOOK: "deployments/1.json",
  KEEPER_PRIVATE_KEY: KEY,
  KEEPER_MAX_FEE_GWEI: "none",
  KEEPER_STORE: "postgres://keeper:p%40ssw0rd@db.example:5432/keepers?sslmode=require",
};

describe("A configuration that is shown", () => {
  it("has no secret: neither key, nor password, nor what an endpoint's address holds besides its host", () => {
    const shown = showConfig(loadConfig(VARIABLES, { key: true }));
    const text = JSON.stringify(shown);
    for (const secret of SECRETS) expect(text).not.to.contain(secret);
    expect(shown).to.include({
      rpc: "https://node.example/<hidden>,https://other.example/<hidden>",
      key: "<hidden>",
      store: "postgres://keeper:<hidden>@db.example:5432/keepers",
    });
  });

  it("shows what holds no secret as it is", () => {
    const shown = showConfig(
      loadConfig({ ...VARIABLES, KEEPER_RPC_URLS: "http://127.0.0.1:8545", KEEPER_STORE: "a.sqlite" }, { key: false }),
    );
    expect(shown).to.include({ rpc: "http://127.0.0.1:8545", key: "none", store: "a.sqlite", maxFeeGwei: "none" });
    expect(showStore("postgres://db/keepers")).to.equal("postgres://db/keepers");
  });

  it("lets no secret through inside an error of somebody else", () => {
    const text = `cannot reach ${VARIABLES.KEEPER_RPC_URLS} or ${VARIABLES.KEEPER_STORE}, p@ssw0rd, ${KEY.toUpperCase()}`;
    const redacted = redact(text, secretsOf(VARIABLES));
    for (const secret of SECRETS) expect(redacted.toLowerCase()).not.to.contain(secret);
    expect(redacted).to.contain("node.example").and.to.contain("db.example");
  });

  it("knows no secret where nothing is set, or what is set is no URL", () => {
    expect(secretsOf({})).to.deep.equal([]);
    expect(secretsOf({ KEEPER_RPC_URLS: "node", KEEPER_STORE: "keeper.sqlite" })).to.deep.equal([]);
  });

  it("calls endpoints by their hosts, and numbers those of one host", () => {
    const labels = endpointLabels(["https://a/key1", "http://b:8545", "https://a/key2"]);
    expect(labels).to.deep.equal(["a", "b:8545", "a#2"]);
  });
});
