import { expect } from "chai";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { main } from "../../deploy/cli";
import rollup from "../../deploy/networks/rollup.json";
import { type ParametersInput, readParameters } from "../../deploy/parameters";
import { account } from "./facts";

const COUNCIL = [3, 4, 5, 6, 7].map(account);
const TOKEN = `USDC,${account(8)},6,0.50,0.25`;

describe("npm run deploy -- new", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "leasehold-new-"));
    file = path.join(directory, "base.json");
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  /** Runs it; `answers` are those of a person at a terminal, in order. */
  async function run(args: readonly string[], answers?: readonly string[]) {
    const lines: string[] = [];
    const errors: string[] = [];
    const asked: string[] = [];
    const code = await main(
      ["new", "--out", file, ...args],
      {},
      {
        line: (text) => void lines.push(text),
        error: (text) => void errors.push(text),
        ...(answers !== undefined && {
          ask(question: string) {
            const said = answers[asked.length];
            asked.push(question);
            return said === undefined ? Promise.reject(new Error(`not answered: ${question}`)) : Promise.resolve(said);
          },
        }),
      },
    );
    return { code, asked, output: lines.join("\n"), error: errors.join("\n") };
  }

  const ANSWERED = [
    ...["--kind", "rollup", "--network", "base", "--chain-id", "8453", "--deployer", account(1)],
    ...["--guardian", account(2), "--initial-holder", account(9), "--council", COUNCIL.join(",")],
  ];
  const written = (): ParametersInput => JSON.parse(readFileSync(file, "utf8")) as ParametersInput;
  const expected = (): ParametersInput => ({
    ...rollup,
    network: "base",
    chainId: 8_453,
    deployer: account(1),
    roles: { guardian: account(2), initialHolder: account(9) },
    disputes: { ...rollup.disputes, council: COUNCIL },
    tokens: [{ symbol: "USDC", address: account(8), decimals: 6, minimumLock: "0.50", bounty: "0.25" }],
    $schema: path.relative(directory, "deploy/networks/schema.json"),
  });

  it("writes a sound network file from options alone", async () => {
    const { code, output, error } = await run([...ANSWERED, "--token", TOKEN, "--set", "terms.fee=3 %"]);
    expect(code, error).to.equal(0);
    expect(written()).to.deep.equal({ ...expected(), terms: { ...rollup.terms, fee: "3 %" } });
    expect(readParameters(file).terms.fee).to.equal(300);
    expect(output).to.equal(
      `Wrote ${file}, for base, chain 8453. Commit it, and have it reviewed: it is the only source of parameters.\n` +
        `Next: npm run deploy -- plan --network-file ${file}`,
    );
  });

  it("asks a person at a terminal, with what it would take, and writes the same file", async () => {
    const { code, asked, error } = await run(
      [],
      [
        ...["rollup", "base", "8453", "", account(1), account(2), account(9), COUNCIL.join(", "), ""],
        ...[TOKEN, "", "terms.fee=3 %", ""],
      ],
    );
    expect(code, error).to.equal(0);
    expect(written()).to.deep.equal({ ...expected(), terms: { ...rollup.terms, fee: "3 %" } });
    expect(asked[0]).to.equal("What kind of network is it (l1, rollup, development): ");
    expect(asked[3]).to.equal("Release; it enters every address, so keep it the same on every network [v1]: ");
    expect(asked[8]).to.equal("Highest fee per gas that is ever offered [5 gwei]: ");
    expect(asked).to.have.lengthOf(13);
  });

  it("asks again where an answer is none, and says why", async () => {
    const { code, asked, output } = await run(
      ["--kind", "rollup", "--network", "base", "--chain-id", "8453", "--council", COUNCIL.join(",")],
      [
        ...["", "me", account(1).toLowerCase(), account(2), account(9), ""],
        ...["USDC", `${TOKEN.slice(0, -4)}9`, TOKEN, "", "terms.fee=half", "terms.fees=3 %", ""],
      ],
    );
    expect(code).to.equal(0);
    expect(asked.filter((question) => question.startsWith("Account that deploys"))).to.have.lengthOf(2);
    expect(output.split("\n").slice(0, -2)).to.deep.equal([
      '  deployer: "me" is no address: write 0x and 40 hexadecimal digits',
      '  "USDC" is no token. Please write its symbol, address, decimals, least lock and bounty, as in USDC,0x...,6,0.50,0.25.',
      '  tokens.0.bounty: "9" is more than minimumLock, "0.50"',
      '  terms.fee: "half" is no share: write per cent with at most two decimals, as in "2.5 %"',
      '  "terms.fees=3 %" sets nothing. Please write the field and its value, as in terms.fee=3 %. The fields are those of ' +
        "deploy/networks/mainnet-l1.json.",
    ]);
    expect(written().terms.fee).to.equal("2.5 %");
  });

  it("asks again for the kind", async () => {
    const { asked, output } = await run(["--kind", "moon", "--network", "mine", "--chain-id", "31337"], ["sun", "l1"]);
    expect(asked.slice(0, 2)).to.deep.equal(Array(2).fill("What kind of network is it (l1, rollup, development): "));
    expect(output).to.equal(
      '  "moon" is unknown: write l1, rollup, development\n  "sun" is unknown: write l1, rollup, development',
    );
  });

  it("names all answers that scripts have to give, and all that are wrong", async () => {
    const nothing = await run([]);
    expect(nothing.code).to.equal(1);
    expect(nothing.error).to.contain(
      "There is nobody to ask; missing: --kind, --network, --chain-id, --deployer, --guardian, --initial-holder, --council.",
    );
    const wrong = await run([...ANSWERED, "--deployer", "me", "--max-fee", "cheap", "--set", "terms.fee=half"]);
    expect(wrong.code).to.equal(1);
    expect(wrong.error)
      .to.contain("What was answered has 3 faults:")
      .and.to.contain("deployer: ")
      .and.to.contain("transactions.maxFeePerGas: ")
      .and.to.contain("terms.fee: ");
    expect((await run([...ANSWERED, "--kind", "moon"])).error).to.contain("--kind moon is unknown.");
    expect(existsSync(file)).to.equal(false);
  });

  it("overwrites nothing, and says so before it asks", async () => {
    writeFileSync(file, "mine");
    const { code, asked, error } = await run([], ["rollup"]);
    expect(code).to.equal(1);
    expect(error).to.contain(`There is a file ${file} already; it was not touched.`);
    expect(asked).to.deep.equal([]);
    expect(readFileSync(file, "utf8")).to.equal("mine");
  });

  it("takes the accounts of a development chain as they are", async () => {
    const { code, error } = await run(["--kind", "development", "--network", "mine", "--chain-id", "31337"]);
    expect(code, error).to.equal(0);
    expect(readParameters(file)).to.include({ network: "mine", chainId: 31_337 });
  });
});
