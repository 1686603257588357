import { expect } from "chai";

import { pairs, table } from "../../scripts/cli/format";
import { fitted, NO_SCREEN, onScreen, type Screen, screenOf } from "../../scripts/cli/screen";
import { widthOf } from "../../sdk/wrap";
import { leasehold } from "../helpers/commandLine";
import { filedFixture } from "../helpers/disputeCommands";
import { openMarketFixture } from "../helpers/fixture";
import { untilVoting } from "../helpers/governance";
import { proposedFixture } from "../helpers/governanceCommands";
import { activate, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { HOUR } from "../helpers/parameters";
import { moveTo, now } from "../helpers/time";

type Leasehold = typeof leasehold;
const WIDTHS = [60, 80, 120];
/** The start of a code that sets a colour. */
const CODE = "\u001b[";

/** As `leasehold`, on a terminal: its stdout and its stderr are this screen. */
const onTerminal =
  (screen: Screen): Leasehold =>
  async (deployment, actor, line, changes = {}) => {
    const run = { out: "", err: "" };
    const io = {
      out: (text: string) => (run.out += text),
      err: (text: string) => (run.err += text),
      isTerminal: false,
      screens: { out: screen, err: screen },
    };
    const { code } = await leasehold(deployment, actor, line, { ...changes, io });
    return { code, ...run };
  };

/** The lines that do not fit; a word that is longer than a line stays whole. */
function tooWide(text: string, columns: number): string[] {
  return text.split("\n").filter((line) => widthOf(line) > columns && line.trim().includes(" "));
}

/** Leases that run, wait and are due, and offers. */
async function leasesFixture() {
  const fixture = await openMarketFixture();
  const { market, usd6, tenantA, providerA, operatorA, offerA, offerB } = fixture;
  const token = await usd6.getAddress();
  const running = await openLease(market, tenantA, { token, offers: [offerA], duration: HOUR });
  await openLease(market, tenantA, { token, offers: [offerB] });
  await activate(fixture, operatorA, providerA, running);
  return { ...fixture, running };
}

describe("screens", () => {
  const tty = (more: object = {}) => ({ isTTY: true, columns: 90, hasColors: () => true, ...more });

  it("are terminals alone: a file or a pipe has neither width nor colours", () => {
    expect(screenOf({}, {})).to.equal(NO_SCREEN);
    expect(screenOf({ columns: 80, hasColors: () => true }, { FORCE_COLOR: "1" })).to.equal(NO_SCREEN);
    expect(screenOf(tty(), {})).to.deep.equal({ columns: 90, colours: true });
    expect(screenOf(tty({ columns: 0 }), {})).to.deep.equal({ columns: undefined, colours: true });
  });

  it("have no colours for whoever sets NO_COLOR to anything, or where the terminal has none", () => {
    for (const [env, colours] of [
      [{ NO_COLOR: "1" }, false],
      [{ NO_COLOR: "0" }, false],
      [{ NO_COLOR: "1", FORCE_COLOR: "3" }, false],
      [{ NO_COLOR: "" }, true],
      [{}, true],
    ] as const) {
      expect(screenOf(tty(), env).colours, JSON.stringify(env)).to.equal(colours);
    }
    expect(screenOf(tty({ hasColors: () => false }), {}).colours).to.equal(false);
    const asks = { hasColors: (env: Record<string, unknown>) => env["TERM"] !== "dumb" };
    expect(screenOf(tty(asks), { TERM: "dumb" }).colours).to.equal(false);
  });

  it("show texts between words, and no colours where they have none", () => {
    const text = `${"word ".repeat(12)}\u001b[32mok\u001b[39m`;
    expect(fitted(text, NO_SCREEN)).to.equal(`${"word ".repeat(12)}ok`);
    const shown = fitted(text, { columns: 62, colours: true });
    expect(shown).to.equal(text);
    expect(fitted(text, { columns: 50, colours: false }).split("\n")).to.have.lengthOf(2);
  });
});

describe("reports of leasehold", () => {
  /** Lines of commands, each of which prints a table; those of the second list do so once the lease is over. */
  const LIVE = [
    "offers",
    "tenant find --cpu 4 --token USD6 --duration 24h",
    "tenant quote --cpu 4 --token USD6 --duration 24h",
    "tenant open --cpu 4 --token USD6 --duration 24h --fund --dry-run",
    "tenant show",
    "provider show",
    "doctor",
  ];
  const LATER = ["lease due", "tenant show", "doctor"];

  for (const columns of WIDTHS) {
    it(`fit ${columns} columns, with colours and without`, async () => {
      const market = await loadFixture(leasesFixture);
      const check = async (line: string, colours: boolean): Promise<void> => {
        const { code, out, err } = await onTerminal({ columns, colours })(market, market.tenantA, line);
        expect(code, `${line}: ${err}`).to.be.oneOf([0, 1]);
        expect(tooWide(out + err, columns), line).to.deep.equal([]);
        expect((out + err).includes(CODE), line).to.equal(colours);
      };
      for (const line of LIVE) for (const colours of [false, true]) await check(line, colours);
      await moveTo((await now()) + 2 * HOUR);
      for (const line of LATER) await check(line, true);
    });

    it(`fit ${columns} columns, disputes and proposals`, async () => {
      const run = onTerminal({ columns, colours: false });
      const disputed = await loadFixture(filedFixture);
      for (const line of ["dispute list", `dispute show ${disputed.name}`]) {
        const { code, out } = await run(disputed, disputed.tenantA, line);
        expect(code, line).to.equal(0);
        expect(tooWide(out, columns), line).to.deep.equal([]);
      }
      const governed = await loadFixture(proposedFixture);
      await untilVoting(governed, governed.id);
      for (const line of ["proposals list", "proposals show 1 --skip-simulation"]) {
        const { code, out } = await run(governed, governed.voterA, line);
        expect(code, line).to.equal(0);
        expect(tooWide(out, columns), line).to.deep.equal([]);
      }
    });

    it(`fit ${columns} columns, helps and faults`, async () => {
      const market = await loadFixture(leasesFixture);
      const run = onTerminal({ columns, colours: true });
      for (const line of ["--help", "tenant open --help", "provider offer --help", "quote sign --help", "keeper"]) {
        const { out, err } = await run(market, undefined, line);
        expect(tooWide(out + err, columns), line).to.deep.equal([]);
      }
      const { err } = await run(market, market.tenantB, "lease show 7-12");
      expect(err.split(" ")[0]).to.equal("\u001b[31merror:\u001b[39m");
      expect(tooWide(err, columns)).to.deep.equal([]);
    });
  }

  it("are one row per line where no terminal shows them, without colours, and lists below 100 columns", async () => {
    const market = await loadFixture(leasesFixture);
    const { out } = await leasehold(market, undefined, "tenant find --cpu 4 --token USD6 --duration 24h");
    const [head = "", first = ""] = out.split("\n");
    expect(head).to.match(/^OFFER +PRICE +UNIT .* PROVIDER$/);
    expect(first).to.have.length.greaterThan(120);
    const line = "tenant find --cpu 4 --token USD6 --duration 24h";
    const { out: stacked } = await onTerminal({ columns: 99, colours: false })(market, undefined, line);
    expect(stacked.split("\n")[0]).to.match(/^OFFER +1$/);
    expect(out).not.to.include(CODE);
  });

  it("hand on what machines read as it is, however narrow the terminal is", async () => {
    const market = await loadFixture(leasesFixture);
    const sign = ["quote", "sign", "--offer", "1", "--price", "0.40/h", "--tenant", market.tenantA.address];
    const { code, out, err } = await onTerminal({ columns: 60, colours: true })(market, market.providerA, sign);
    expect(code, err).to.equal(0);
    expect(JSON.parse(out)).to.be.an("object");
    expect(out.split("\n").some(({ length }) => length > 60)).to.equal(true);
    const asked = await onTerminal({ columns: 60, colours: true })(market, undefined, "offers --json");
    expect(JSON.parse(asked.out)).to.be.an("array");
    expect(asked.out).not.to.include(CODE);
  });

  it("break values behind their names", () => {
    const entries = [
      ["state", "live"],
      ["next", "the provider must answer within a day, and silence upholds the claim"],
      ["none", ""],
    ] as const;
    expect(onScreen({ columns: 40, colours: false }, () => pairs(entries))).to.equal(
      [
        "state  live",
        "next   the provider must answer within a",
        "       day, and silence upholds the",
        "       claim",
      ].join("\n"),
    );
    expect(onScreen({ columns: 40, colours: true }, () => pairs(entries.slice(0, 1)))).to.equal(
      "state  \u001b[32mlive\u001b[39m",
    );
  });

  it("colour the words that say how something stands, and nothing that strangers wrote around them", () => {
    const text = onScreen({ columns: 80, colours: true }, () =>
      table(["state", "in all"], [["dark, by quote", "a live offer"]]),
    );
    expect(text).to.equal(
      "\u001b[1mSTATE\u001b[22m           \u001b[1mIN\u001b[22m \u001b[1mALL\u001b[22m\n" +
        "\u001b[31mdark\u001b[39m, by quote  a live offer",
    );
  });
});
