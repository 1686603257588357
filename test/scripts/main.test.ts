import { expect } from "chai";
import { makeError } from "ethers";

import { GROUPS } from "../../scripts/cli/commands";
import { Failure, toFailure } from "../../scripts/cli/failure";
import { AddressBookError } from "../../sdk/addressBook";
import { UnitError } from "../../sdk/units";
import { leasehold } from "../helpers/commandLine";
import { deployFixture, openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";

describe("leasehold", () => {
  it("explains itself, with its exit codes", async () => {
    const fixture = await loadFixture(deployFixture);
    const { code, out } = await leasehold(fixture, undefined, "--help");
    expect(code).to.equal(0);
    for (const { name } of GROUPS) expect(out).to.include(name);
    expect(out).to.include(
      "Exit codes: 0 done; 1 refused by the chain; 2 wrong usage; 3 wrong configuration; 4 no network",
    );
  });

  for (const group of GROUPS) {
    for (const spec of group.commands) {
      const [name] = spec.usage.split(" ");
      it(`explains ${group.name} ${name}, and every option of it`, async () => {
        const fixture = await loadFixture(deployFixture);
        const { code, out } = await leasehold(fixture, undefined, `${group.name} ${name} --help`);
        expect(code).to.equal(0);
        expect(out).to.match(/options of every command/i);
        for (const [flags] of spec.options ?? []) expect(out).to.include(flags);
      });
    }
  }

  for (const [line, says] of [
    ["", "Usage: leasehold"],
    ["provider", "Usage: leasehold provider"],
    ["bogus", "error: unknown command 'bogus'"],
    ["provider bond", "error: missing required argument 'amount'"],
    ["provider bond 5 --colour", "error: unknown option '--colour'"],
    ["tenant close 7", '"7" is no lease'],
    ["keeper", "Usage: leasehold keeper"],
    ["keeper plan now", "error: too many arguments"],
    ["keeper run --rpc http://127.0.0.1:1 --dry-run", "this command does not take --rpc, --dry-run"],
    ["keeper run", "KEEPER_RPC_URLS is not set"],
  ] as const) {
    it(`takes "${line}" for wrong usage`, async () => {
      const fixture = await loadFixture(deployFixture);
      const { code, out, err } = await leasehold(fixture, fixture.keeper, line);
      expect(code).to.equal(2);
      expect(err).to.include(says);
      expect(out).to.equal("");
    });
  }

  it("speaks JSON to machines when it fails, too", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { providerA } = fixture;
    const usage = await leasehold(fixture, providerA, "bogus --json");
    expect(JSON.parse(usage.err)).to.deep.equal({
      error: { kind: "usage", message: "unknown command 'bogus'\n(add --help to see how it is used)" },
      exitCode: 2,
    });
    const refused = await leasehold(fixture, providerA, "provider unbond 50001 --json");
    expect(refused.out).to.equal("");
    const { error, exitCode } = JSON.parse(refused.err) as { error: Record<string, unknown>; exitCode: number };
    expect(exitCode).to.equal(1);
    expect(error).to.include({ kind: "refused", contract: "Staking", name: "StakingInsufficientFree" });
    expect(error["args"]).to.include({ free: (50_000n * 10n ** 18n).toString(), provider: providerA.address });
    const config = await leasehold(fixture, providerA, "provider show --json --confirmations none");
    expect(JSON.parse(config.err)).to.deep.equal({
      error: { kind: "configuration", message: "--confirmations is no number" },
      exitCode: 3,
    });
  });

  it("acts for --from without a key in a dry run, and not against the key", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { providerA, providerB } = fixture;
    const dry = await leasehold(fixture, undefined, `provider unbond 5 --dry-run --from ${providerA.address}`);
    expect(dry.code).to.equal(0);
    expect(dry.out).to.include("Dry run: nothing was sent.").and.to.include("would call  startUnbonding of");
    const other = await leasehold(fixture, providerB, `provider unbond 5 --from ${providerA.address}`);
    expect(other.code).to.equal(3);
    expect(other.err).to.equal(
      `error: --from is ${providerA.address}, the key is of ${providerB.address}: leave one out\n`,
    );
  });

  it("never prints the key, the password or the endpoint's secret, whoever repeats them", async () => {
    const fixture = await loadFixture(deployFixture);
    const key = "7e".repeat(32);
    const env = { LEASEHOLD_KEY: key, LEASEHOLD_RPC: "https://node.example/v3/0123456789abcdef" };
    const openNetwork = () => Promise.reject(new Error(`no ${env.LEASEHOLD_RPC} for 0x${key.toUpperCase()}`));
    for (const json of ["", " --json"]) {
      const { code, out, err } = await leasehold(fixture, fixture.keeper, `offers${json}`, { env, openNetwork });
      expect(code).to.equal(70);
      expect(out).to.equal("");
      expect(err).to.include("no https://node.example/<hidden> for 0x<hidden>");
    }
  });

  it("never changes a result, whatever it has in common with a secret", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { providerA, market } = fixture;
    const secret = (await market.getAddress()).slice(-6);
    for (const LEASEHOLD_PASSWORD of ["0000", secret, providerA.address, "provider", "0"]) {
      const env = { LEASEHOLD_KEYSTORE: "a.json", LEASEHOLD_PASSWORD, LEASEHOLD_RPC: "https://node.example/provider" };
      for (const line of ["provider show", "provider show --json", "provider offer --cpu 1 --price 1/h --token USD6"]) {
        const { code, out } = await leasehold(fixture, providerA, `${line} --dry-run`, { env });
        expect(code).to.equal(0);
        expect(out).not.to.include("<hidden>");
      }
      // Names of fields and the refused contract's own numbers are no place for a secret either.
      const refused = await leasehold(fixture, providerA, "provider unbond 50001 --json", { env });
      const { error } = JSON.parse(refused.err) as { error: { args: Record<string, unknown> } };
      expect(error.args).to.include({ provider: providerA.address });
    }
  });

  it("names an endpoint that refuses by its host, in every answer of doctor, too", async () => {
    const fixture = await loadFixture(deployFixture);
    const rpc = "https://us3rname:p4ssw0rd@node.example/v3/0123456789abcdef?token=opensesame";
    const openNetwork = () =>
      Promise.reject(
        makeError(`server response 403 Forbidden: ${rpc}`, "SERVER_ERROR", { request: "", info: { rpc } }),
      );
    for (const line of ["doctor", "doctor --json", "offers"]) {
      const { code, out, err } = await leasehold(fixture, fixture.keeper, line, {
        env: { LEASEHOLD_RPC: rpc },
        openNetwork,
      });
      expect(code).to.equal(4);
      expect(out + err).to.include("403 Forbidden: https://node.example/<hidden>");
      for (const secret of ["us3rname", "p4ssw0rd", "0123456789abcdef", "opensesame"]) {
        expect(out + err).not.to.include(secret);
      }
    }
  });

  describe("failures", () => {
    const call = {
      action: "call",
      data: null,
      reason: null,
      transaction: { to: null, data: "0x" },
      invocation: null,
      revert: null,
    } as const;
    for (const [what, error, kind, says] of [
      ["a failure", new Failure("network", "as it is"), "network", "as it is"],
      ["wrong units", new UnitError("no amount"), "usage", "no amount"],
      ["an address book", new AddressBookError("no book"), "configuration", "no book"],
      ["a revert", makeError("missing revert data", "CALL_EXCEPTION", call), "refused", "without a reason"],
      [
        "no coin",
        makeError("insufficient funds", "INSUFFICIENT_FUNDS", { transaction: {} }),
        "refused",
        "too little native coin to pay for the gas",
      ],
      [
        "a used nonce",
        makeError("nonce too low", "NONCE_EXPIRED", { transaction: {} }),
        "network",
        "is another program using it?",
      ],
      ["a node that is gone", Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), "network", "check --rpc"],
      ["a node that talks nonsense", makeError("bad", "BAD_DATA", { value: 1 }), "network", "check --rpc"],
      [
        "a node that refuses",
        Object.assign(new Error("could not coalesce"), {
          code: "UNKNOWN_ERROR",
          error: { code: -32_000, message: "no\u001b more" },
        }),
        "network",
        "the node refused: no more",
      ],
      ["anything else", new Error("surprise"), "fault", "this is a fault of the program: surprise"],
      ["what is no error", "surprise", "fault", "this is a fault of the program: surprise"],
    ] as [string, unknown, string, string][]) {
      it(`takes ${what} for ${kind}`, () => {
        const failure = toFailure(error, {});
        expect(failure.kind).to.equal(kind);
        expect(failure.message).to.include(says);
      });
    }
  });
});
