import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { withAddresses } from "../../scripts/cli/addressNames";
import { GROUPS } from "../../scripts/cli/commands";
import type { Config } from "../../scripts/cli/config";
import { profilesFile } from "../../scripts/cli/profiles";
import { leasehold, networkOf, type Run } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";

const ALICE = "0x976EA74026E726554dB657fA54763abd0C3a0aa9";
/** Arguments that are accounts. */
const ACCOUNT_ARGUMENT = /[<[](account|address|recipient|provider|tenant|claimants)(?:\.\.\.)?[>\]]/g;
const KEY = "7e".repeat(32);

describe("profiles of leasehold", () => {
  let home: string;
  let file: string;

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), "leasehold-profiles-"));
    file = path.join(home, ".config", "leasehold", "profiles.json");
    mkdirSync(path.dirname(file), { recursive: true });
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const write = (content: unknown): void =>
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });

  /** Runs a line with this home; `seen` gets the configuration that the network is opened with. */
  async function run(line: string, env: Record<string, string> = {}): Promise<Run & { seen: Config | undefined }> {
    const fixture = await loadFixture(openMarketFixture);
    let seen: Config | undefined;
    const done = await leasehold(fixture, undefined, line, {
      env: { HOME: home, ...env },
      openNetwork: (config) => {
        seen = config;
        return networkOf(fixture);
      },
    });
    return { ...done, seen };
  }

  it("are read of the directory for settings alone, never of one that is relative", () => {
    expect(profilesFile({ HOME: "/home/a" })).to.equal("/home/a/.config/leasehold/profiles.json");
    expect(profilesFile({ HOME: "/home/a", XDG_CONFIG_HOME: "/etc/a" })).to.equal("/etc/a/leasehold/profiles.json");
    expect(profilesFile({ HOME: "/home/a", XDG_CONFIG_HOME: "." })).to.equal("/home/a/.config/leasehold/profiles.json");
    expect(profilesFile({ HOME: ".", XDG_CONFIG_HOME: "." })).to.equal(undefined);
    expect(profilesFile({})).to.equal(undefined);
  });

  it("give network and account by name: behind options, before variables, with paths relative to the file", async () => {
    write({
      profiles: {
        main: {
          rpc: "https://main.example/secretpath",
          book: "main.json",
          keystore: "~/k.json",
          passwordFile: "pw",
          from: "alice",
          confirmations: 3,
          timeout: "10m",
        },
      },
      addresses: { alice: ALICE },
    });
    const env = { LEASEHOLD_RPC: "http://variable.example", LEASEHOLD_KEY: KEY, LEASEHOLD_PASSWORD: "variable" };
    const { seen, code, err } = await run("offers --profile main", env);
    expect([code, err]).to.deep.equal([0, ""]);
    expect(seen).to.deep.include({
      rpc: "https://main.example/secretpath",
      book: path.join(path.dirname(file), "main.json"),
      keystore: path.join(home, "k.json"),
      passwordFile: path.join(path.dirname(file), "pw"),
      from: ALICE,
      confirmations: 3,
      timeout: 600,
    });
    expect(seen).not.to.have.any.keys("key", "password");
    const option = await run("offers --profile main --rpc http://option.example --keystore other.json", env);
    expect(option.seen).to.deep.include({ rpc: "http://option.example", keystore: "other.json", password: "variable" });
    expect(option.seen).not.to.have.any.keys("passwordFile", "from");
    const none = await run("offers", env);
    expect(none.seen?.rpc).to.equal("http://variable.example");
  });

  it("name addresses wherever one is taken, and leave words and unknown names to the command", async () => {
    const { tenantA } = await loadFixture(openMarketFixture);
    write({ addresses: { alice: ALICE, ana: tenantA.address } });
    const moved = await run("hold transfer alice 1 --dry-run --from ana");
    expect(moved.code, moved.err).to.equal(0);
    expect(moved.out).to.include(ALICE);
    expect(moved.seen?.from).to.equal(tenantA.address);
    const free = await run("tenant withdraw all --token USD6 --to alice --dry-run --from ana --json");
    expect(free.out + free.err).not.to.include("is no address");
    const operator = await run("provider set-operator alice --dry-run --from ana");
    expect(operator.out + operator.err).to.include(ALICE);
    const delegated = await run("delegate alice --dry-run --from ana");
    expect(delegated.out).to.include(ALICE);
    const unknown = await run("hold transfer bob 1 --dry-run --from ana");
    expect([unknown.code, unknown.err]).to.deep.equal([
      2,
      'error: <account>: "bob" is no address: write 0x and 40 hexadecimal digits with a correct checksum\n',
    ]);
  });

  it("name addresses in every option and argument that takes one", async () => {
    const taken: string[] = [];
    for (const group of GROUPS) {
      for (const spec of [group.itself, ...group.commands]) {
        if (spec === undefined) continue;
        const flags = [...(spec.options ?? []).map(([each]) => each)];
        const options = flags
          .filter((each) => /<(address|account)/.test(each))
          .map((each) => /^--([a-z-]+)/.exec(each)?.[1]);
        const places = [...spec.usage.matchAll(ACCOUNT_ARGUMENT)].map(([, name]) => name);
        for (const name of [...options, ...places]) {
          const field = (name ?? "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
          const { [field]: value } = await withAddresses(spec.input, { [field]: "alice" }, () => ALICE);
          expect(value, `${group.name}: ${spec.usage}, ${name}`).to.equal(ALICE);
          taken.push(field);
        }
      }
    }
    expect(taken.length).to.be.greaterThan(20);
  });

  it("are listed, without what an endpoint's address has besides its host", async () => {
    write({
      profiles: { main: { rpc: "https://main.example/0123456789abcdef", from: "alice" } },
      addresses: { alice: ALICE },
    });
    const { out, code } = await run("profiles");
    expect(code).to.equal(0);
    expect(out)
      .to.match(/^main +https:\/\/main\.example\/<hidden> +alice$/m)
      .and.to.match(new RegExp(`^alice +${ALICE}$`, "m"))
      .and.to.include(file)
      .and.not.include("0123456789abcdef");
    const json = await run("profiles --json");
    expect(JSON.parse(json.out)).to.deep.equal({
      file,
      profiles: [{ name: "main", rpc: "https://main.example/<hidden>", from: "alice" }],
      addresses: { alice: ALICE },
    });
    rmSync(file);
    expect((await run("profiles")).out).to.equal(`From ${file}\n\nNo profiles.\n`);
  });

  for (const [what, content, says] of [
    [
      "a key",
      { profiles: { main: { key: KEY } } },
      "profiles: main: key is no setting; a key or password never stands",
    ],
    ["a password", { profiles: { main: { password: "hunter22" } } }, "a key or password never stands in this file"],
    ["another setting", { networks: {} }, "networks is no setting"],
    ["a bad endpoint", { profiles: { main: { rpc: "ftp://a" } } }, "profiles: main: rpc is no endpoint"],
    ["no address", { addresses: { alice: "0x12" } }, "addresses: alice is no address"],
    ["a word as a name", { addresses: { none: ALICE } }, "is a word of the command line"],
    ["a name that is none", { addresses: { "0x12": ALICE } }, "is no name: begin with a letter"],
    ["no JSON", "{ profiles", "is no JSON"],
  ] as const) {
    it(`refuse ${what}, and repeat no value`, async () => {
      write(content);
      const { code, err, seen } = await run("offers --profile main");
      expect(code).to.equal(3);
      expect(err).to.include(file).and.to.include(says).and.not.include(KEY).and.not.include("hunter22");
      expect(seen).to.equal(undefined);
    });
  }

  it("refuse a file that everybody can write, and a profile that is not there", async () => {
    write({ profiles: { main: {}, test: {} } });
    const missing = await run("offers --profile prod");
    expect([missing.code, missing.err]).to.deep.equal([
      3,
      `error: --profile prod is not in ${file}; there are main, test\n`,
    ]);
    chmodSync(file, 0o666);
    const open = await run("offers --profile main");
    expect([open.code, open.err]).to.deep.equal([
      3,
      `error: ${file} can be written by everybody: take that away with chmod o-w ${file}\n`,
    ]);
  });

  it("are not even looked at where no name is typed", async () => {
    write("no JSON");
    expect((await run(`offers --from ${ALICE}`)).code).to.equal(0);
    expect((await run(`hold transfer ${ALICE} 1 --dry-run --from ${ALICE}`)).err).not.to.include("no JSON");
  });
});
