import { expect } from "chai";

import { ConfigError, loadConfig } from "../../../keeper/config/load";

const TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const SOUND = {
  KEEPER_RPC_URLS: "http://localhost:8545",
  KEEPER_ADDRESS_BOOK: "deployments/1.json",
  KEEPER_PRIVATE_KEY: `0x${"11".repeat(32)}`,
  KEEPER_MAX_FEE_GWEI: "100",
};
const PRICE = `${TOKEN}=0.0004`;

function faultsOf(variables: NodeJS.ProcessEnv, key = true): readonly string[] {
  try {
    loadConfig({ ...SOUND, ...variables }, { key });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("Settings that contradict each other (ATK-KPR-16)", () => {
  it("demands a cap on the fee of a keeper that spends, or the word none", () => {
    expect(faultsOf({ KEEPER_MAX_FEE_GWEI: "" })).to.deep.equal([
      'KEEPER_MAX_FEE_GWEI is not set: write the highest fee per gas that you would pay, in gwei, or "none"',
    ]);
    expect(faultsOf({ KEEPER_MAX_FEE_GWEI: "" }, false)).to.deep.equal([]); // one that only looks spends nothing
    expect(faultsOf({ KEEPER_MAX_FEE_GWEI: "none" })).to.deep.equal([]);
    expect(faultsOf({ KEEPER_MAX_FEE_GWEI: "nothing" })).to.deep.equal([
      'KEEPER_MAX_FEE_GWEI is no fee in gwei: write a number such as "50", or "none"',
    ]);
  });

  it("bounds what one transaction costs unless it is told not to", () => {
    const costOf = (text?: string): unknown =>
      loadConfig({ ...SOUND, KEEPER_MAX_TRANSACTION_COST: text }, { key: true }).maxTransactionCost;
    expect([costOf(), costOf("0.02"), costOf("none")]).to.deep.equal([5n * 10n ** 17n, 2n * 10n ** 16n, undefined]);
    expect(faultsOf({ KEEPER_MAX_TRANSACTION_COST: "0" })).to.deep.equal([
      'KEEPER_MAX_TRANSACTION_COST would let nothing be sent: write more than 0, or "none"',
    ]);
    expect(faultsOf({ KEEPER_MAX_TRANSACTION_COST: "1 ether" })).to.deep.equal([
      'KEEPER_MAX_TRANSACTION_COST is no amount of the native coin: write a number such as "0.5", or "none"',
    ]);
  });

  it("refuses a cost that does not pay for one lease at the cap on the fee", () => {
    const at = (fee: string, cost: string): readonly string[] =>
      faultsOf({ KEEPER_MAX_FEE_GWEI: fee, KEEPER_MAX_TRANSACTION_COST: cost });
    expect(at("100", "0.01")).to.deep.equal([
      "KEEPER_MAX_TRANSACTION_COST does not pay for one lease at KEEPER_MAX_FEE_GWEI: write at least 0.0109593, " +
        "or a KEEPER_MAX_FEE_GWEI of 91.246703712 at most",
    ]);
    expect([at("100", "0.0109593"), at("none", "0.01"), at("100", "none")]).to.deep.equal([[], [], []]);
  });

  it("refuses a profit that would have no effect, since everything is done at once", () => {
    expect(faultsOf({ KEEPER_MIN_PROFIT: "0.001", KEEPER_TOKEN_PRICES: PRICE })).to.deep.equal([
      "KEEPER_MIN_PROFIT has no effect, since KEEPER_PATIENCE_SECONDS is 0 and does everything at once: write after how " +
        'many seconds to work at a loss, such as "86400", or leave the profit out',
    ]);
    expect(
      faultsOf({ KEEPER_MIN_PROFIT: "0.001", KEEPER_PATIENCE_SECONDS: "60", KEEPER_TOKEN_PRICES: PRICE }),
    ).to.deep.equal([]);
  });

  it("refuses to ask bounties to pay that are worth nothing", () => {
    const wrong = (name: string): string =>
      `${name} asks bounties to pay, and without KEEPER_TOKEN_PRICES they are worth nothing: write ` +
      "<token address>=<native coin per whole token> there, or leave this out";
    expect(faultsOf({ KEEPER_MIN_PROFIT: "0.001", KEEPER_PATIENCE_SECONDS: "60" })).to.deep.equal([
      wrong("KEEPER_MIN_PROFIT"),
      wrong("KEEPER_PATIENCE_SECONDS"),
    ]);
    expect(faultsOf({ KEEPER_PATIENCE_SECONDS: "60" })).to.deep.equal([wrong("KEEPER_PATIENCE_SECONDS")]);
    expect(faultsOf({ KEEPER_MIN_PROFIT: "0", KEEPER_PATIENCE_SECONDS: "0" })).to.deep.equal([]);
    // Whoever wants to be a keeper of last resort says so.
    expect(faultsOf({ KEEPER_PATIENCE_SECONDS: "60", KEEPER_TOKEN_PRICES: `${TOKEN}=0` })).to.deep.equal([]);
  });

  it("refuses confirmations beyond the depth of forks", () => {
    expect(faultsOf({ KEEPER_REORG_DEPTH: "8" })).to.deep.equal([
      "KEEPER_CONFIRMATIONS is more than KEEPER_REORG_DEPTH, 8: write that or less, or raise the depth",
    ]);
  });

  it("refuses a /readyz that turns red between two looks", () => {
    expect(faultsOf({ KEEPER_STALE_SECONDS: "20" })).to.deep.equal([
      "KEEPER_STALE_SECONDS makes /readyz red between two looks: write at least 30, twice KEEPER_POLL_SECONDS",
    ]);
  });

  it("refuses claims in a shared store that end between two looks", () => {
    const claims = { KEEPER_CLAIM_SECONDS: "20" };
    expect(faultsOf({ ...claims, KEEPER_STORE: "postgres://me@host/keepers" })).to.deep.equal([
      "KEEPER_CLAIM_SECONDS lets claims end between two looks: write at least 30, twice KEEPER_POLL_SECONDS",
    ]);
    expect(faultsOf(claims)).to.deep.equal([]); // nobody else claims in a file
  });
});
