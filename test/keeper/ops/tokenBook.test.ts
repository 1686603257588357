import { expect } from "chai";
import { AbiCoder, encodeBytes32String, id } from "ethers";

import type { CallRequest } from "../../../keeper/chain/api";
import { RevertError, WaitError } from "../../../keeper/chain/rpcErrors";
import { TokenBook } from "../../../keeper/ops/tokenBook";
import { withStore } from "../stores";

const coder = AbiCoder.defaultAbiCoder();
const SYMBOL = id("symbol()").slice(0, 10);
const tokenAt = (index: number): string => `0x${index.toString(16).padStart(40, "0")}`;
const [PLAIN, OLD, EVIL, NONE, SLOW] = [1, 2, 3, 4, 5].map(tokenAt) as [string, string, string, string, string];
const LONG = coder.encode(["string"], ["A".repeat(5_000)]);

describe("Book of tokens", () => {
  it("asks each token once, takes what can be shown, and asks again where the nodes did not tell", () =>
    withStore(async (newStore) => {
      const database = await newStore();
      const asked: string[] = [];
      let isSlow = true;
      const call = ({ to, data }: CallRequest): Promise<string> => {
        asked.push(to);
        if (to === NONE) return Promise.reject(new RevertError("0x", "no such function"));
        if (to === SLOW && isSlow) return Promise.reject(new WaitError("no answer"));
        if (data !== SYMBOL) return Promise.resolve(coder.encode(["uint8"], [to === OLD ? 18 : 6]));
        if (to === OLD) return Promise.resolve(encodeBytes32String("MKR"));
        return Promise.resolve(to === EVIL ? LONG : coder.encode(["string"], ["USDC"]));
      };
      const book = new TokenBook(database, { call });
      await book.learn([PLAIN, OLD, EVIL, NONE, SLOW, "not an address"]);
      expect([...(await book.known())]).to.deep.equal([
        [PLAIN, { symbol: "USDC", decimals: 6 }],
        [OLD, { symbol: "MKR", decimals: 18 }],
      ]);

      isSlow = false;
      asked.length = 0;
      const later = new TokenBook(database, { call });
      await later.learn([PLAIN, OLD, EVIL, NONE, SLOW]);
      await later.learn([SLOW]);
      expect(asked).to.deep.equal([SLOW, SLOW]);
      expect((await later.known()).get(SLOW)).to.deep.equal({ symbol: "USDC", decimals: 6 });
    }));

  it("asks less and less for a token of which nodes never tell: a call that hangs holds up the pass (ATK-KPR-25)", () =>
    withStore(async (newStore) => {
      let asked = 0;
      const call = (): Promise<string> => {
        asked += 1;
        return Promise.reject(new WaitError("no answer"));
      };
      const book = new TokenBook(await newStore(), { call });
      for (let pass = 0; pass < 1_000; pass++) await book.learn([SLOW]);
      expect(asked).to.equal(10);
    }));
});
