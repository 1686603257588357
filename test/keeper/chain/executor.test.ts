import { expect } from "chai";
import { AbiCoder, type Interface } from "ethers";

import type { CallRequest } from "../../../keeper/chain/api";
import { DisagreementError } from "../../../keeper/chain/ask";
import { Executor } from "../../../keeper/chain/executor";
import { CallRefusedError, RevertError, WaitError } from "../../../keeper/chain/rpcErrors";
import { DUTY_KINDS, type DutyKind } from "../../../keeper/core/duties";
import { Disputes__factory, Market__factory, StandingOrders__factory } from "../../../typechain-types";

const ACCOUNT = "0x00000000000000000000000000000000000000e1";
const SOURCES = {
  market: "0x00000000000000000000000000000000000000f1",
  orders: "0x00000000000000000000000000000000000000F2",
  disputes: "0x00000000000000000000000000000000000000F3",
};
const ONE_BY_ONE: readonly DutyKind[] = ["failOver", "execute", "settle"];
const market = Market__factory.createInterface();
const orders = StandingOrders__factory.createInterface();
const disputes = Disputes__factory.createInterface();

const CALLS: readonly (readonly [DutyKind, Interface, string, string])[] = [
  ["expire", market, SOURCES.market, "expire"],
  ["cancelNoShow", market, SOURCES.market, "cancelNoShows"],
  ["collect", market, SOURCES.market, "collect"],
  ["renew", orders, SOURCES.orders, "renew"],
  ["failOver", orders, SOURCES.orders, "failOver"],
  ["execute", disputes, SOURCES.disputes, "execute"],
  ["settle", disputes, SOURCES.disputes, "settle"],
];

const answering = (answer: string | Error, seen: CallRequest[] = []): Executor =>
  new Executor(SOURCES, ACCOUNT, {
    call: (request) => {
      seen.push(request);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
const refusing = (contract: Interface, name: string, ...values: unknown[]): Executor =>
  answering(new RevertError(contract.encodeErrorResult(name, values), "execution reverted"));
const word = (value: number): string => AbiCoder.defaultAbiCoder().encode(["uint256"], [value]);

describe("Executor", () => {
  it("asks the contract that each duty is of, with all ids, once, with the gas it was given", async () => {
    expect(CALLS.map(([kind]) => kind).sort()).to.deep.equal([...DUTY_KINDS].sort());
    for (const [kind, contract, address, method] of CALLS) {
      const ids = ONE_BY_ONE.includes(kind) ? [7n] : [7n, 8n];
      const seen: CallRequest[] = [];
      const executor = answering(word(ids.length), seen);
      expect(await executor.simulate(kind, ids, 123_456n)).to.deep.equal({ type: "works", done: ids.length });
      const call = executor.encode(kind, ids);
      expect(seen).to.deep.equal([{ from: ACCOUNT, ...call, gas: 123_456n }]);
      expect(call.to).to.equal(address);
      const parsed = contract.parseTransaction(call);
      expect(parsed?.name).to.equal(method);
      expect(parsed?.args.toArray()[0]).to.deep.equal(ONE_BY_ONE.includes(kind) ? 7n : [7n, 8n]);
    }
  });

  it("refuses to do more than one where the contracts do one by one", () => {
    for (const kind of ONE_BY_ONE) {
      expect(() => answering("0x").encode(kind, [1n, 2n])).to.throw("one by one, not 2 at once");
      expect(() => answering("0x").encode(kind, [])).to.throw("one by one");
    }
  });

  it("says why something reverts, in words", async () => {
    const tooEarly = refusing(disputes, "DisputesTooEarly", 7n, 2_000n, 1_000n);
    const simulation = await tooEarly.simulate("execute", [7n], 1_000_000n);
    expect(simulation).to.have.property("type", "reverts");
    expect(simulation).to.have.property("reason").that.includes("dispute");
    const served = refusing(market, "MarketStillServed", 7n);
    expect(await served.simulate("failOver", [7n], 1_000_000n)).to.have.property("type", "reverts");
  });

  it("takes it for done where somebody was first (ATK-KPR-5)", async () => {
    const over = { type: "works", done: 0 };
    expect(await answering(word(0)).simulate("expire", [7n], 1n)).to.deep.equal(over);
    expect(await refusing(disputes, "DisputesWrongPhase", 7n, 6).simulate("settle", [7n], 1n)).to.deep.equal(over);
    expect(await refusing(orders, "OrdersNoOrder", 7n).simulate("failOver", [7n], 1n)).to.deep.equal(over);
    expect(await refusing(market, "MarketLeaseEnded", 7n, 1n, 2n).simulate("failOver", [7n], 1n)).to.deep.equal(over);
  });

  it("knows a call that ran out of gas: it reverts without data", async () => {
    const answer = answering(new RevertError("0x", "EVM error OutOfGas"));
    expect(await answer.simulate("expire", [7n], 1n)).to.deep.equal({ type: "outOfGas" });
  });

  it("takes a refusal, or endpoints that contradict each other, for no word of the contract (ATK-KPR-18)", async () => {
    const refused = answering(new CallRefusedError("node refused: execution aborted (timeout = 5s)"));
    expect(await refused.simulate("expire", [7n], 1n)).to.deep.equal({
      type: "refused",
      reason: "node refused: execution aborted (timeout = 5s)",
    });
    const disputed = answering(new DisagreementError("they disagree", 2));
    expect(await disputed.simulate("expire", [7n], 1n)).to.deep.equal({ type: "disputed", reason: "they disagree" });
  });

  it("takes an answer that cannot be the contract's for none: it ends no pass (ATK-KPR-25)", async () => {
    for (const [kind, answer] of [
      ["expire", "0x"],
      ["renew", "0x01"],
      ["failOver", "0x"],
      ["collect", `0x${"ff".repeat(32)}`],
      ["cancelNoShow", word(2)],
    ] as const) {
      const reason = `a node answers ${answer} to the call`;
      expect(await answering(answer).simulate(kind, [7n], 1n)).to.deep.equal({ type: "refused", reason });
    }
    expect(await answering("0x").simulate("execute", [7n], 1n)).to.deep.equal({ type: "works", done: 1 });
  });

  it("decides nothing where nothing is known (ATK-KPR-2)", async () => {
    const silent = answering(new WaitError("two of three do not answer"));
    const thrown: unknown = await silent.simulate("expire", [7n], 1n).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(WaitError);
  });
});
