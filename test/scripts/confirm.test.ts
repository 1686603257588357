import { expect } from "chai";
import { PassThrough } from "node:stream";
import { ethers } from "hardhat";

import { GROUPS } from "../../scripts/cli/commands";
import { readConfig } from "../../scripts/cli/config";
import { confirm } from "../../scripts/cli/confirm";
import { Failure } from "../../scripts/cli/failure";
import { beyond, refundPairs } from "../../scripts/cli/rented";
import { askYesNo } from "../../scripts/cli/secret";
import { type Io, Session } from "../../scripts/cli/session";
import { formatResources, parseResources } from "../../sdk/resources";
import { leasehold, type Run } from "../helpers/commandLine";
import { answeredFixture, filedFixture } from "../helpers/disputeCommands";
import type { Deployment } from "../helpers/deployment";
import { openMarketFixture } from "../helpers/fixture";
import { proposedFixture } from "../helpers/governanceCommands";
import { loadFixture } from "../helpers/loadFixture";
import { pendingLease } from "../helpers/scene";

/** Why a command that sends something does not ask. */
const UNASKED: Readonly<Record<string, string>> = {
  "tenant deposit": "the money can be withdrawn",
  "tenant approve": "another approval takes its place",
  "tenant withdraw": "the money goes to whom the line names",
  "tenant cancel": "all comes back",
  "tenant claim": "it brings in what is owed",
  "provider bond": "it can be unbonded",
  "provider move-bond": "it can be moved back",
  "provider finish-unbond": "it can be bonded again",
  "provider cancel-unbond": "it can be unbonded again",
  "provider offer": "an offer can be priced anew and retired",
  "provider capacity": "it can be set again",
  "provider set-operator": "it can be set again",
  "provider heartbeat": "it is sent by timers",
  "provider activate": "it is sent by timers",
  "provider collect": "it brings in what is owed",
  "provider withdraw": "the money goes to whom the line names",
  "provider claim": "it brings in what is owed",
  "quote sign": "nothing is sent, and it can be cancelled",
  "quote cancel": "another quote can be signed",
  "lease extend": "what is not used comes back",
  "lease resize": "it can be resized back",
  "lease offer-transfer": "it can be taken back until it is accepted",
  "lease accept-transfer": "the lease can be closed",
  "lease lapse-claims": "anyone may, and only what is over ends",
  "lease end": "anyone may, and only what is over ends",
  "order set": "it can be cancelled",
  "order cancel": "it can be set again",
  "order renew": "it carries out what was ordered",
  "order fail-over": "it carries out what was ordered",
  "dispute execute": "it carries out what stands",
  "dispute fee": "it brings in what is owed",
  "delegate delegate": "it can be delegated anew",
  "proposals queue": "it carries out what was voted",
  "proposals execute": "it carries out what was voted",
  "guardian pause": "it can be resumed",
  "guardian resume": "nothing is paused any more",
  "playground faucet": "test tokens are worth nothing",
  "playground pass": "nobody else is on the chain of a playground",
  "tx speed-up": "it sends again what was sent",
  "tx cancel": "what it stops can be sent again",
};

/** Commands that ask, always or with some input. */
const ASKING = [
  "tenant open",
  "tenant close",
  "provider unbond",
  "provider price",
  "provider retire",
  "provider decline",
  "quote open",
  "quote cancel-all",
  "lease notice",
  "dispute raise",
  "dispute answer",
  "dispute concede",
  "dispute withdraw",
  "dispute rule",
  "dispute recuse",
  "dispute appeal",
  "dispute decide",
  "propose propose",
  "propose appeal",
  "proposals cancel",
  "vote vote",
  "hold transfer",
];

/** Commands that send nothing, or have settings of their own. */
const READING = [
  "tenant find",
  "tenant quote",
  "tenant show",
  "provider record",
  "provider show",
  "offers offers",
  "quote show",
  "lease show",
  "lease due",
  "order show",
  "dispute show",
  "dispute list",
  "power power",
  "proposals list",
  "proposals show",
  "guardian guardian",
  "rules rules",
  "keys new",
  "keeper run",
  "keeper once",
  "keeper plan",
  "keeper status",
  "tx show",
  "playground playground",
  "completion completion",
  "profiles profiles",
  "doctor doctor",
];

const ALL = GROUPS.flatMap(({ name, itself, commands }) =>
  [...(itself === undefined ? [] : [itself]), ...commands].map((spec) => ({
    name: `${name} ${spec.usage.split(" ")[0] ?? ""}`,
    spec,
  })),
);

/** What a person at the terminal was asked, and a person who gives the same answer each time. */
function person(answer: boolean) {
  const asked: string[] = [];
  const confirmed = (question: string): Promise<boolean> => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  return { asked, confirmed };
}

type Actor = NonNullable<Parameters<typeof leasehold>[1]>;

/** Runs a line with somebody to ask, or with nobody. */
async function run(fixture: Deployment, actor: Actor, line: string, ask?: Io["confirm"]): Promise<Run> {
  const written = { out: "", err: "" };
  const io: Io = {
    out: (text) => (written.out += text),
    err: (text) => (written.err += text),
    isTerminal: false,
    ...(ask && { confirm: ask }),
  };
  const { code } = await leasehold(fixture, actor, line, { io });
  return { code, ...written };
}

const LINES = [
  ["provider unbond all", openMarketFixture, "providerA", "All of your free bond would unbond."],
  ["provider price 1 0/h", openMarketFixture, "providerA", "Leases opened at this price are never paid."],
  ["provider retire 1", openMarketFixture, "providerA", "This cannot be undone."],
  ["quote cancel-all", openMarketFixture, "providerA", "This cannot be undone."],
  ["dispute answer NAME", filedFixture, "providerA", "This cannot be undone."],
  ["dispute concede NAME", filedFixture, "providerA", "Who concedes cannot appeal."],
  ["dispute withdraw NAME", filedFixture, "tenantA", "This cannot be undone."],
  [
    "hold transfer 0x00000000000000000000000000000000000000A1 5",
    openMarketFixture,
    "tenantA",
    "This cannot be undone.",
  ],
  ["proposals cancel 1", proposedFixture, "proposer", "A proposal that was taken back never returns."],
] as const;

describe("confirm", () => {
  it("is asked for by exactly the commands of the list; every other one is known to do no such thing", () => {
    const asking = ALL.filter(({ spec }) => spec.asks).map(({ name }) => name);
    expect(asking).to.have.members(ASKING);
    const known = [...ASKING, ...READING, ...Object.keys(UNASKED)];
    expect(ALL.map(({ name }) => name)).to.have.members(known);
  });

  it("is announced in the help of each of them", () => {
    for (const { name, spec } of ALL) {
      const announced = spec.details?.endsWith("--yes answers yes, for scripts.") ?? false;
      expect(announced, name).to.equal(spec.asks);
    }
  });

  for (const [line, fixtureOf, who, question] of LINES) {
    it(`is asked before ${line.replace(/ (NAME|1)\b.*/, "")}: sends nothing without a yes, nor where nobody can be asked`, async () => {
      const fixture = await loadFixture<Deployment & Record<string, unknown>>(fixtureOf as never);
      const actor = fixture[who] as Actor;
      const typed = line.replace("NAME", String(fixture["name"]));
      const nonce = await ethers.provider.getTransactionCount(actor.address);
      const { asked, confirmed } = person(false);

      const refused = await run(fixture, actor, typed, confirmed);
      expect(asked).to.deep.equal([`${question} Go on?`]);
      expect(refused.err.endsWith("error: nothing was sent: the answer was not yes\n")).to.equal(true);
      expect(refused).to.include({ code: 1, out: "" });

      const alone = await run(fixture, actor, typed);
      expect(alone.err).to.include(
        `error: nothing was sent: ${question} There is nobody to ask here; add --yes to go on, or --dry-run to look\n`,
      );
      expect(alone).to.include({ code: 2, out: "" });
      expect(await ethers.provider.getTransactionCount(actor.address)).to.equal(nonce);

      const agreed = await run(fixture, actor, `${typed} --yes`, confirmed);
      expect(agreed.code, agreed.err).to.equal(0);
      expect(asked).to.have.length(1);
      expect(await ethers.provider.getTransactionCount(actor.address)).to.be.greaterThan(nonce);
    });
  }

  it("asks nobody where nothing is sent, and nothing where it can be undone", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { asked, confirmed } = person(false);
    for (const line of ["provider retire 1 --dry-run", "provider unbond 5", "provider price 1 0.5/h"]) {
      expect((await run(fixture, fixture.providerA, line, confirmed)).code, line).to.equal(0);
    }
    expect(asked).to.deep.equal([]);
  });

  it("asks with --json, too, and shows the same before: only stdout is for machines", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { asked, confirmed } = person(true);
    const { code, out, err } = await run(fixture, fixture.providerA, "provider retire 1 --json", confirmed);
    expect(code).to.equal(0);
    expect(asked).to.deep.equal(["This cannot be undone. Go on?"]);
    expect(err).to.include("no lease is opened, extended or renewed on it, ever");
    expect(JSON.parse(out)).to.include({ dryRun: false });
  });

  it("shows what declining costs, to the unit that the market takes", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const lease = await pendingLease(fixture);
    const { confirmed } = person(true);
    const { code, out, err } = await run(
      fixture,
      lease.provider as never,
      `provider decline 1-${lease.id & 0xffffffffn}`,
      confirmed,
    );
    expect(code, err).to.equal(0);
    const [, taken] = /the penalty was ([\d.,]+ HOLD)/.exec(out) ?? [];
    expect(err).to.match(/^costs you +(\S+ HOLD) of your bond, for the treasury$/m);
    expect(err).to.include(`${taken} of your bond`);
  });

  it("shows a member what is at stake before its vote", async () => {
    const fixture = await loadFixture(answeredFixture);
    const member = fixture.memberA;
    const { asked, confirmed } = person(true);
    const { err } = await run(fixture, member as never, `dispute rule ${fixture.name} --reject`, confirmed);
    expect(asked).to.deep.equal(["A vote is final. Go on?"]);
    expect(err)
      .to.match(/^at stake +a penalty of [\d.,]+ HOLD/m)
      .and.to.match(/^your vote +reject$/m);
  });

  it("lets no command sign that was to ask and did not", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const session = new Session(readConfig({}, {}), {
      env: {},
      io: { out: () => undefined, err: () => undefined, isTerminal: false, confirm: () => Promise.resolve(true) },
      openNetwork: () => Promise.reject(new Error("not needed")),
      loadSigner: () => Promise.resolve(fixture.providerA),
      packageRoot: ".",
    });
    session.mustAsk();
    const failure = await session.signer().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(Failure).and.to.include({ kind: "fault" });
    await confirm(session, "what it does");
    expect(await session.signer().catch((error: Error) => error.message)).to.equal("not needed");
  });

  describe("at a terminal", () => {
    for (const [typed, answer] of [
      ["y\n", true],
      ["YES \n", true],
      ["\n", false],
      ["n\n", false],
      ["yep\n", false],
      ["", false],
    ] as const) {
      it(`takes ${JSON.stringify(typed)} for ${answer ? "yes" : "no"}`, async () => {
        const [input, output] = [new PassThrough(), new PassThrough()];
        const asking = askYesNo("Retire?", input, output);
        input.end(typed);
        expect(await asking).to.equal(answer);
        expect(String(output.read())).to.equal("Retire? [y/N] ");
      });
    }
  });

  describe("before opening", () => {
    const unit = parseResources({
      cpu: "8",
      memory: "32GiB",
      gpu: "h100:1",
      region: "eu-central",
      attributes: "ecc,nvme",
    });

    it("names what a unit has beyond the wish, and nothing else", () => {
      const asked = parseResources({ cpu: "8", memory: "16GiB", region: "eu-central", attributes: "ecc" });
      expect(formatResources(beyond(unit, asked))).to.equal("32 GiB, 1 x h100, nvme");
      expect(formatResources(beyond(unit, unit))).to.equal("anything");
    });

    it("says the least that is billed once for all offers alike, and each where they differ", () => {
      const billed = (...seconds: number[]): string | undefined => refundPairs(900, seconds)[1]?.[1];
      expect(billed(3_600, 3_600)).to.include("billed at least 1h, unless");
      expect(billed(3_600, 0)).to.include("billed at least 1h, 0s, unless");
    });

    it("shows hardware, provider, record, refunds and the total, and asks about that", async () => {
      const fixture = await loadFixture(openMarketFixture);
      const { usd6, tenantA } = fixture;
      const { asked, confirmed } = person(false);
      const line = `tenant open --cpu 1 --duration 2h --token ${await usd6.getAddress()}`;
      const { code, err } = await run(fixture, tenantA, line, confirmed);
      expect(code).to.equal(1);
      for (const what of [
        /^rents +\S.*, offer \d+ at /m,
        /^beyond the wish +\S/m,
        /^record +no lease yet$/m,
        /^will lock +\S/m,
        /^not started +all back, if the provider does not activate it within 15m$/m,
      ]) {
        expect(err).to.match(what);
      }
      const [, total] = /^will lock +(\S+ \S+), /m.exec(err) ?? [];
      expect(asked).to.deep.equal([`This opens a lease and locks ${total}. Go on?`]);
    });
  });
});
