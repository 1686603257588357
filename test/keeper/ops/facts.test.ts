import { expect } from "chai";
import { AbiCoder, id } from "ethers";

import type { CallRequest } from "../../../keeper/chain/api";
import { RevertError, WaitError } from "../../../keeper/chain/rpcErrors";
import { ConfigError } from "../../../keeper/config/load";
import { type Facts, factsOf } from "../../../keeper/ops/facts";
import { rejection } from "../chain/nodes";

const MARKET = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const TOKEN = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512";
const NO_TOKEN = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0";
const ORACLE = "0x420000000000000000000000000000000000000F";
const word = (value: bigint): string => AbiCoder.defaultAbiCoder().encode(["uint256"], [value]);

/** The first four bytes of what is called, and what is answered. */
const CONTRACTS: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  [MARKET]: { [id("OUTAGE_ALLOWANCE()").slice(0, 10)]: () => word(1_800n) },
  [TOKEN]: { [id("decimals()").slice(0, 10)]: () => word(6n) },
  [ORACLE]: { [id("getL1Fee(bytes)").slice(0, 10)]: () => word(9n) },
};

function ask({ to, data }: CallRequest): Promise<string> {
  const contract = CONTRACTS[to];
  if (contract === undefined) return Promise.resolve("0x"); // an address without code
  const answer = contract[data.slice(0, 10)];
  return answer === undefined ? Promise.reject(new RevertError("0x", "no such function")) : Promise.resolve(answer());
}

const facts = (weiPerToken: readonly (readonly [string, bigint])[], l1FeeOracle?: string, call = ask): Promise<Facts> =>
  factsOf({ weiPerToken: new Map(weiPerToken), l1FeeOracle }, { call }, 10, MARKET);

describe("What a keeper asks when it starts", () => {
  it("are the market's allowance, the decimals of the tokens with a price, and what publishing takes", async () => {
    const { outageAllowance, prices, l1Fees } = await facts([[TOKEN, 5n]], ORACLE);
    expect(outageAllowance).to.equal(1_800);
    expect(prices).to.deep.equal(new Map([[TOKEN, { weiPerToken: 5n, decimals: 6 }]]));
    expect(await l1Fees?.at({ timestamp: 1 })).to.deep.equal({ base: 9n, perItem: 0n });
    expect(await facts([])).to.deep.equal({ outageAllowance: 1_800, prices: new Map(), l1Fees: undefined });
  });

  it("names every contract at once that is not what it was said to be, without code or without the function", async () => {
    const wrong = [
      [NO_TOKEN, 1n],
      [TOKEN, 1n],
      [ORACLE, 1n],
    ] as const;
    const error = await rejection(facts(wrong, MARKET));
    expect(error).to.be.instanceOf(ConfigError);
    expect(error instanceof ConfigError && error.faults).to.deep.equal([
      `KEEPER_TOKEN_PRICES: ${NO_TOKEN} does not tell its decimals: remove it, or correct its address`,
      `KEEPER_TOKEN_PRICES: ${ORACLE} does not tell its decimals: remove it, or correct its address`,
      `KEEPER_L1_FEE_ORACLE: ${MARKET} does not answer getL1Fee(bytes): remove it, or correct it`,
    ]);
  });

  it("is not the fault of the configuration where the nodes do not tell", async () => {
    for (const silent of [TOKEN, ORACLE, MARKET]) {
      const call = (request: CallRequest): Promise<string> =>
        request.to === silent ? Promise.reject(new WaitError("no endpoint answers")) : ask(request);
      expect(await rejection(facts([[TOKEN, 5n]], ORACLE, call)), silent).to.be.instanceOf(WaitError);
    }
  });
});
