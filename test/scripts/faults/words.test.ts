import { expect } from "chai";
import { id } from "ethers";

import { readConfig } from "../../../scripts/cli/config";
import { toFailure } from "../../../scripts/cli/failure";
import { openNetwork } from "../../../scripts/cli/network";
import { Tokens } from "../../../scripts/cli/tokens";
import { CALL_REFUSALS, RATE_REFUSALS, type Refusal } from "../../chaos/refusals";
import { AnvilMarket, noAnvil } from "../../helpers/anvilMarket";
import { type Answer, drop, http, refuse, say, truncated } from "../../helpers/faultAnswers";

const DECIMALS = id("decimals()").slice(2, 10);
const APPROVE = id("approve(address,uint256)").slice(2, 10);

/** What is a revert without data, whoever words it: the contract's word. */
const REVERTS: ReadonlySet<string> = new Set(["VM execution error."]);
const WORDS: readonly Refusal[] = [...CALL_REFUSALS, ...RATE_REFUSALS].filter(({ message }) => !REVERTS.has(message));

/** Failures below JSON-RPC, and what of them is said. */
const BROKEN: readonly (readonly [what: string, fault: Answer, says: string])[] = [
  ["a rate limit (HTTP 429)", http(429, '{"error":"slow down"}', { "retry-after": "1" }), "429"],
  ["a bad gateway", http(502, "<html>Bad gateway</html>"), "HTTP 502 Bad Gateway: Bad gateway"],
  [
    "a request that is not allowed",
    http(403, '{"message":"key disabled"}'),
    'HTTP 403 Forbidden: {"message":"key disabled"}',
  ],
  ["an answer cut short", truncated, "the node"],
  ["a dropped connection", drop, "the node does not answer as it should"],
  ["an answer of nothing", say(null), "its answer to eth_call is none"],
  ["an answer that is no data", say("0xzz"), "its answer to eth_call is none"],
];

describe("leasehold, and a node that fails", function () {
  this.timeout(60_000);
  let market: AnvilMarket;

  before(async function () {
    if (noAnvil() !== undefined) this.skip();
    this.timeout(180_000);
    market = await AnvilMarket.start();
    const { people, contracts } = market.world;
    const { hold } = contracts;
    await (await hold.connect(people.founder).delegate(people.founder)).wait();
    await (await hold.connect(people.founder).approve(contracts.staking, 1n)).wait();
    // Votes count from the next second on.
    await market.provider.send("anvil_mine", ["0x2", "0xa"]);
    await market.keep();
  });
  after(() => market?.stop());
  beforeEach(() => market.reset());

  it("takes no default for a token's decimals, whatever a node says instead (ATK-CLI-1)", async () => {
    const { provider, handles, startBlock, close } = await openNetwork(
      readConfig({}, market.environment()),
      market.directory,
    );
    for (const { node, code, message } of WORDS) {
      market.proxy.mend();
      market.proxy.when("eth_call", refuse(code, message), { matching: DECIMALS });
      const described = new Tokens(provider, handles, startBlock).describe(market.world.tokens.DUSD.address);
      const failure = await described.then(
        () => undefined,
        (error: unknown) => toFailure(error, {}),
      );
      const [kind, says] = [failure?.kind, failure?.message];
      expect([node, kind, says]).to.deep.equal([node, "network", `the node refused: ${message}`]);
    }
    close();
  });

  it("sets no price in wrong units because a node was busy (ATK-CLI-1)", async () => {
    const before = await market.sentBy("Webhaus");
    market.proxy.when("eth_call", refuse(-32_005, "rate limited"), { matching: DECIMALS });
    const run = await market.leasehold("Webhaus", "provider price 1 0.70/h");
    expect([run.code, run.out, run.err]).to.deep.equal([4, "", "error: the node refused: rate limited\n"]);
    expect(await market.sentBy("Webhaus")).to.equal(before);
  });

  for (const [what, fault, says] of BROKEN) {
    it(`takes no default for a token's decimals from ${what} (ATK-CLI-1)`, async () => {
      const before = await market.sentBy("Webhaus");
      market.proxy.when("eth_call", fault, { matching: DECIMALS });
      const run = await market.leasehold("Webhaus", "provider price 1 0.70/h");
      expect([run.code, run.out]).to.deep.equal([4, ""]);
      expect(run.err).to.include(says);
      expect(await market.sentBy("Webhaus")).to.equal(before);
    });
  }

  it("goes on where a rate limit lasts for one request only", async () => {
    market.proxy.when("eth_call", http(429, ""), { matching: DECIMALS, times: 1 });
    const run = await market.leasehold("Webhaus", "provider price 1 0.70/h");
    expect([run.code, run.err.includes("error")]).to.deep.equal([0, false]);
    const [view] = await market.world.contracts.lens.offerViews(1n, 1n);
    // 700,000 base units in 3,600 seconds, rounded up, times 2^32.
    expect(view?.pricePerSecondX32).to.equal((700_000n * 2n ** 32n + 3_599n) / 3_600n);
  });

  for (const method of ["eth_call", "eth_estimateGas"]) {
    for (const [code, message] of [
      [-32_000, "header not found"],
      [-32_016, "eth_call request was canceled due to enabled timeout."],
    ] as const) {
      it(`does not say that the contract refuses when the node answers ${method} with "${message}" (ATK-CLI-1)`, async () => {
        const { liveness } = market.world.contracts;
        const heartbeat = liveness.interface.getFunction("heartbeat").selector.slice(2);
        const before = await market.sentBy("Webhaus operator");
        market.proxy.when(method, refuse(code, message), { matching: heartbeat });
        const { Webhaus } = market.world.addresses;
        const run = await market.leasehold("Webhaus operator", `provider heartbeat --provider ${Webhaus}`);
        expect([run.code, run.err]).to.deep.equal([4, `error: the node refused: ${message}\n`]);
        expect(await market.sentBy("Webhaus operator")).to.equal(before);
      });
    }
  }

  for (const [who, code, message, data] of [
    ["geth", 3, "execution reverted", "0x"],
    ["Nethermind", -32_015, "VM execution error.", "revert"],
  ] as const) {
    it(`says "without a reason" of a revert without data, as ${who} words it`, async () => {
      const { liveness } = market.world.contracts;
      const heartbeat = liveness.interface.getFunction("heartbeat").selector.slice(2);
      market.proxy.when("eth_call", refuse(code, message, data), { matching: heartbeat });
      const { Webhaus } = market.world.addresses;
      const run = await market.leasehold("Webhaus operator", `provider heartbeat --provider ${Webhaus}`);
      expect(run.code).to.equal(1);
      expect(run.err).to.include("the call was refused without a reason");
    });
  }

  it("sets no allowance to zero because the node was busy when it was asked (ATK-CLI-1)", async () => {
    market.proxy.when("eth_call", refuse(-32_005, "rate limited"), { matching: APPROVE, times: 1 });
    const run = await market.leasehold("founder", "provider bond 5 --dry-run");
    expect([run.code, run.err]).to.deep.equal([4, "error: the node refused: rate limited\n"]);
    const again = await market.leasehold("founder", "provider bond 5 --dry-run");
    expect(again.code).to.equal(0);
    expect(again.out).to.include("Let staking take 5.00 HOLD").and.not.to.include("to zero");
  });

  it("does not skip a step of a dry run because the node was busy", async () => {
    const bond = market.world.contracts.staking.interface.getFunction("bond").selector.slice(2);
    market.proxy.when("eth_call", refuse(-32_005, "rate limited"), { matching: bond });
    const run = await market.leasehold("founder", "provider bond 5 --dry-run");
    expect([run.code, run.err]).to.deep.equal([4, "error: the node refused: rate limited\n"]);
  });

  it("proposes nothing of which a busy node does not tell what it would change (ATK-CLI-1)", async () => {
    const before = await market.sentBy("founder");
    const busy = market.proxy.when("eth_simulateV1", refuse(-32_005, "compute units exceeded"));
    const words = ["propose", "set fee 2 %"];
    const run = await market.leasehold("founder", words);
    expect([run.code, run.err]).to.deep.equal([4, "error: the node refused: compute units exceeded\n"]);
    expect(await market.sentBy("founder")).to.equal(before);
    busy.end();
    market.proxy.when("eth_simulateV1", refuse(-32_601, "the method eth_simulateV1 does not exist/is not available"));
    const unable = await market.leasehold("founder", [...words, "--dry-run"]);
    expect(unable.code).to.equal(4);
    expect(unable.err).to.include("the node cannot simulate (eth_simulateV1: the method eth_simulateV1 does not exist");
  });

  it("says what a node says that gives no chain id", async () => {
    market.proxy.when("eth_chainId", refuse(-32_001, "project ID is required"));
    const run = await market.leasehold(undefined, "offers");
    expect(run.code).to.equal(4);
    expect(run.err).to.include("does not answer (project ID is required)");
  });
});
