import { expect } from "chai";

import { AnvilMarket, noAnvil } from "../../helpers/anvilMarket";

describe("leasehold on a node of its own", () => {
  let market: AnvilMarket;

  before(async function () {
    if (noAnvil() !== undefined) this.skip();
    this.timeout(120_000);
    market = await AnvilMarket.start();
  });
  after(() => market?.stop());
  beforeEach(() => market.reset());

  it("reads and sends from configuration to exit code, and goes back to the start", async () => {
    const deposit = await market.leasehold("Ana", "tenant deposit 5 --token DUSD");
    expect([deposit.code, deposit.err]).to.deep.equal([0, deposit.err]);
    expect(deposit.out).to.include("Deposit 5.00 DUSD");
    const { Ana } = market.world.addresses;
    const { lens } = market.world.contracts;
    const free = async (): Promise<bigint> => (await lens.fundsOf(market.world.tokens.DUSD.address, Ana)).free;
    expect(await free()).to.equal(5_000_000n);
    await market.reset();
    expect(await free()).to.equal(0n);
    const offers = await market.leasehold(undefined, "offers");
    expect(offers.out).to.include("0.50 DUSD/h").and.to.include("0.80 DCOIN/h");
  });
});
