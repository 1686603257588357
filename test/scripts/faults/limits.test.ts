import { expect } from "chai";
import { id } from "ethers";

import { AnvilMarket, noAnvil } from "../../helpers/anvilMarket";
import { behind, http, rangeOfAtMost } from "../../helpers/faultAnswers";

const PERMIT = id("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)").slice(2, 10);
/** DAI's, which takes other parameters. */
const DAI_PERMIT = id("permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)").slice(2, 10);

describe("leasehold, and a node or token that does less than others", function () {
  this.timeout(120_000);
  let market: AnvilMarket;

  before(async function () {
    if (noAnvil() !== undefined) this.skip();
    this.timeout(300_000);
    market = await AnvilMarket.start();
  });
  after(() => market?.stop());
  beforeEach(() => market.reset());

  it("asks one question per request, of a node that takes no batches", async () => {
    market.proxy.batches = { most: 0 };
    const { code, out } = await market.leasehold(undefined, "offers");
    expect([code, out.includes("0.50 DUSD/h"), out.includes("0.80 DCOIN/h")]).to.deep.equal([0, true, true]);
  });

  for (const blocks of [1, 10, 50]) {
    it(`reads logs from a node that gives them for ${blocks} blocks at once`, async () => {
      market.proxy.when("eth_getLogs", rangeOfAtMost(blocks));
      const { code, err } = await market.leasehold("Ana", "tenant deposit 5 --token DUSD --dry-run");
      expect([code, err]).to.deep.equal([0, ""]);
    });
  }

  it("deposits a token with the permit of DAI by an approval", async () => {
    const { address } = market.world.tokens.DUSD;
    const code = await market.provider.getCode(address);
    expect(code.split(PERMIT)).to.have.lengthOf(2);
    await market.provider.send("anvil_setCode", [address, code.replace(PERMIT, DAI_PERMIT)]);
    const run = await market.leasehold("Ana", "tenant deposit 5 --token DUSD");
    expect(run.code).to.equal(0);
    expect(run.out).to.include("Let the escrow take 5.00 DUSD out of the wallet").and.to.include("Deposit 5.00 DUSD");
  });

  it("tells when a heartbeat counts until, of a replica that comes to its block later", async () => {
    const head = await market.provider.getBlockNumber();
    const [{ Webhaus }, { liveness }] = [market.world.addresses, market.world.contracts];
    const status = liveness.interface.getFunction("clockOf").selector.slice(2);
    // Three questions are answered by a replica that does not have the block of the heartbeat.
    const late = market.proxy.when("eth_call", behind(head), { matching: status, times: 3 });
    const run = await market.leasehold("Webhaus operator", `provider heartbeat --provider ${Webhaus}`);
    const { lastSeen } = await liveness.clockOf(Webhaus);
    const until = new Date(Number(lastSeen + (await liveness.GRACE())) * 1_000).toISOString();
    expect([run.code, late.hits]).to.deep.equal([0, 3]);
    expect(run.out).to.include(`live until ${until.slice(0, 19).replace("T", " ")} UTC, and open`);
  });

  it("ends at once where the node wants no questions at all", async () => {
    market.proxy.when("eth_getLogs", http(401, "unauthorised"));
    const { code, err } = await market.leasehold("Ana", "tenant deposit 5 --token DUSD --dry-run");
    expect(code).to.equal(4);
    expect(err).to.include("HTTP 401 Unauthorized: unauthorised");
    expect(market.proxy.count("eth_getLogs")).to.equal(1);
  });
});
