import { expect } from "chai";
import fc from "fast-check";
import { ZeroAddress } from "ethers";

import { type Action, faultsOf, needsOf, parseAction, sentenceOf, splitActions } from "../../../sdk/governance/actions";
import { type Call, callsOf, decodeCalls, tokensOfCalls } from "../../../sdk/governance/calls";
import { INTERFACES, unpackWeights } from "../../../sdk/governance/contracts";
import { formatSetting, HOLD_SUPPLY, parseSetting, SETTING_KEYS, settingOf } from "../../../sdk/governance/settings";
import { namedIn } from "../../../sdk/governance/views";
import { disputeIdOf, leaseIdOf } from "../../../sdk/ids";
import { ADDRESSES, FACTS, HOLD_TOKEN, LISTED, someAction, UNLISTED, VOCABULARY, WHO } from "./words";

const seed = Number(process.env["FC_SEED"] ?? "20261121");
const read = (text: string): Action => parseAction(text, VOCABULARY);
const decode = (calls: readonly Call[]) => decodeCalls(calls, FACTS, VOCABULARY);
const sentencesOf = (calls: readonly Call[]): string[] => decode(calls).flatMap(({ sentences }) => [...sentences]);

describe("proposals in words", () => {
  describe("from text to calls and back", () => {
    it("leads every action to its sentence, to one call and back, for any values", () => {
      fc.assert(
        fc.property(someAction(), (action) => {
          const sentence = sentenceOf(action, VOCABULARY);
          expect(read(sentence)).to.deep.equal(action);
          const calls = callsOf([action], FACTS);
          expect(calls).to.have.length(1);
          const [decoded] = decode(calls);
          expect(decoded?.actions).to.deep.equal([action]);
          expect(decoded?.sentences).to.deep.equal([sentence]);
        }),
        { seed, numRuns: 150 },
      );
    });

    it("leads proposals of several actions to calls whose words make the same calls", () => {
      fc.assert(
        fc.property(fc.array(someAction(), { minLength: 1, maxLength: 5 }), (actions) => {
          for (const { call, sentences } of decode(callsOf(actions, FACTS))) {
            expect(callsOf(sentences.map(read), FACTS)).to.deep.equal([call]);
          }
        }),
        { seed, numRuns: 30 },
      );
    });

    it("never loses a byte of calls that it does not understand", () => {
      const target = fc.constantFrom(...Object.values(ADDRESSES), WHO, LISTED);
      const bytes = fc.uint8Array({ maxLength: 100 }).map((data) => `0x${Buffer.from(data).toString("hex")}`);
      const known = someAction().map((action) => callsOf([action], FACTS)[0]?.data ?? "0x");
      const data = fc.oneof(
        bytes,
        known,
        fc.tuple(known, bytes).map(([a, b]) => a + b.slice(2)),
      );
      fc.assert(
        fc.property(fc.record({ target, data, value: fc.bigInt(0n, 10n ** 20n) }), (call) => {
          const [decoded] = decode([call]);
          expect(callsOf((decoded?.sentences ?? []).map(read), FACTS)).to.deep.equal([call]);
        }),
        { seed, numRuns: 100 },
      );
    });
  });

  describe("publications", () => {
    it("publish the terms in force with the values changed, in one call", () => {
      const calls = callsOf(
        [read("set fee 200 bps"), read("seat council " + WHO), read("set cpu weight 2 HOLD per CPU")],
        FACTS,
      );
      expect(calls.map(({ target }) => target)).to.deep.equal([ADDRESSES.market, ADDRESSES.council]);
      const { terms, weights } = FACTS.published;
      expect(calls[0]?.data).to.equal(
        INTERFACES.market.encodeFunctionData("publishTerms", [
          { ...terms, feeBps: 200n },
          { ...weights, cpu: 2_000n },
        ]),
      );
      expect(sentencesOf(calls)).to.deep.equal([
        "set fee 2 %",
        "set cpu weight 2.00 HOLD per CPU",
        `seat council ${WHO}`,
      ]);
    });

    it("are read one after the other: the second says what it changes of the first", () => {
      const { terms, weights } = FACTS.published;
      const publish = (feeBps: bigint): Call => ({
        target: ADDRESSES.market,
        value: 0n,
        data: INTERFACES.market.encodeFunctionData("publishTerms", [{ ...terms, feeBps }, weights]),
      });
      expect(sentencesOf([publish(200n), publish(200n), publish(terms.feeBps)])).to.deep.equal([
        "set fee 2 %",
        "republish market terms",
        "set fee 2.5 %",
      ]);
    });

    it("read packed weights in the order of the market", () => {
      const word =
        1n | (2n << 32n) | (3n << 64n) | (4n << 96n) | (5n << 128n) | (6n << 160n) | (7n << 192n) | (8n << 224n);
      expect(unpackWeights(word)).to.deep.equal({
        cpu: 1n,
        memoryMiB: 2n,
        diskGiB: 3n,
        bandwidthMbps: 4n,
        gpuTier0: 5n,
        gpuTier1: 6n,
        gpuTier2: 7n,
        gpuTier3: 8n,
      });
    });
  });

  describe("sentences", () => {
    const dispute = disputeIdOf(leaseIdOf(7n, 12), WHO);
    for (const [text, action] of [
      ["set fee 200 bps", { kind: "set", key: "fee", value: 200n }],
      ["Set  Fee to 2 %", { kind: "set", key: "fee", value: 200n }],
      ["set filing fee 0.5 HOLD", { kind: "set", key: "filingFee", value: 500_000n }],
      ["set unbonding delay 21 d", { kind: "set", key: "unbonding", value: 1_814_400n }],
      ["set proposal threshold 0.2 % of supply", { kind: "set", key: "threshold", value: HOLD_SUPPLY / 500n }],
      ["set quorum 5 %", { kind: "set", key: "quorum", value: 5n }],
      ["set data centre GPU weight 500 HOLD", { kind: "set", key: "dataCentreWeight", value: 500_000_000n }],
      [
        `list token ${LISTED} --minimum-lock 0.10 --bounty 0.05`,
        { kind: "list", token: LISTED, minimumLock: 100_000n, bounty: 50_000n },
      ],
      [
        `list token ${LISTED} (USDC) with minimum lock 0.10 USDC and bounty 0.05 USDC`,
        { kind: "list", token: LISTED, minimumLock: 100_000n, bounty: 50_000n },
      ],
      ["delist token usdc", { kind: "delist", token: LISTED }],
      [
        `pay 5000 HOLD to ${WHO}`,
        { kind: "pay", token: HOLD_TOKEN, amount: 5_000n * 10n ** 18n, to: WHO, escrow: false },
      ],
      [
        `pay 1.5 USDC out of escrow to ${WHO}`,
        { kind: "pay", token: LISTED, amount: 1_500_000n, to: WHO, escrow: true },
      ],
      [`pay 0.25 native coin to ${WHO}`, { kind: "payNative", amount: 25n * 10n ** 16n, to: WHO }],
      ["unseat guardian", { kind: "guardian", account: ZeroAddress }],
      [`grant role guardian to ${WHO}`, { kind: "grant", role: 1n, account: WHO, delay: 0 }],
      [`decide dispute 7-12/${WHO} rejected`, { kind: "decide", dispute, filedAt: 1_800_000_000, outcome: "rejected" }],
    ] as const) {
      it(`understands "${text}"`, () => expect(read(text)).to.deep.equal(action));
    }

    for (const [text, message] of [
      ["set fees 2 %", /^"set fees 2 %" sets nothing that governance sets: market treasury, fee, /],
      ["set fee 2", /^"2" is no share: write 2.5 % or 250 bps$/],
      ["set fee 2.555 %", /in steps of 1 bps/],
      ["set quorum 4.5 %", /whole percents/],
      ["set notice 24", /^"24" is no duration: say the unit, as in 24s$/],
      ["set bond floor 2", /^"2" is no amount of HOLD: write 12.5 HOLD$/],
      ["set bond floor 0.0000001 HOLD", /steps of 0.000001 HOLD$/],
      ["set disk weight 1 HOLD per TiB", /^"1 HOLD per TiB" is per TiB: write 1 HOLD per GiB$/],
      ["seat council 0x123", /is no address/],
      [`pay 5 DAI to ${WHO}`, /^"DAI" is no token that governance lists: name it by its address$/],
      ["pay 5 HOLD", /is nothing that can be proposed. Write pay <amount>/],
      ["abolish fee", /is nothing that can be proposed. Write set market treasury; /],
      [`decide dispute 7-13/${WHO} upheld`, /^dispute 7-13\/.* does not exist$/],
      [`call ${WHO} seat(address) {}`, /is no contract of this deployment: say what it is/],
      [`call market seat(address) {"member":"${WHO}"}`, /^market has no function seat\(address\)/],
      [`call council seat(address) {"member":"Bob"}`, /^the arguments of seat\(address\) do not fit: /],
      ["call council seat(address) {member}", /are no JSON/],
    ] as const) {
      it(`refuses "${text}"`, () => expect(() => callsOf([read(text)], FACTS)).to.throw(message));
    }

    it("names what must be read of the chain first", () => {
      expect(needsOf(`list token ${UNLISTED} minimum-lock 1 bounty 0`)).to.deep.equal({
        tokens: [UNLISTED],
        disputes: [],
      });
      expect(needsOf(`pay 5 ${UNLISTED.toLowerCase()} to ${WHO}`).tokens).to.deep.equal([UNLISTED]);
      expect(needsOf(`decide dispute 7-12/${WHO} upheld`)).to.deep.equal({ tokens: [], disputes: [dispute] });
      expect(needsOf(`decide dispute 7-12/${WHO} filed 2027-01-15 08:00:00 UTC: upheld`).disputes).to.deep.equal([]);
      expect(
        tokensOfCalls(callsOf([read("delist token USDC"), read(`pay 1 HOLD to ${WHO}`)], FACTS), ADDRESSES),
      ).to.deep.equal([LISTED, HOLD_TOKEN]);
    });

    it("splits what is typed: quoted sentences, or loose words with and or commas between them", () => {
      expect(splitActions(["set fee 2 %", "seat council 0x1"])).to.deep.equal(["set fee 2 %", "seat council 0x1"]);
      expect(splitActions("set fee 2 % and set notice 2d, unseat guardian".split(" "))).to.deep.equal([
        "set fee 2 %",
        "set notice 2d",
        "unseat guardian",
      ]);
      expect(splitActions(["unseat", "guardian", "set fee 2 %"])).to.deep.equal(["unseat guardian", "set fee 2 %"]);
    });

    it("shows other contracts' calls as function and named arguments, and what nobody knows without its bytes", () => {
      const data = INTERFACES.market.encodeFunctionData("delistToken", [LISTED]);
      expect(sentencesOf([{ target: WHO, value: 0n, data }])).to.deep.equal([
        `call ${WHO} as market delistToken(address) {"token":"${LISTED}"}`,
      ]);
      const [opaque] = decode([{ target: WHO, value: 5n, data: `0x12345678${"ab".repeat(64)}` }]);
      expect(opaque?.notes).to.deep.equal([
        `call ${WHO}, function number 0x12345678, 64 bytes of arguments, with 5 wei of native coin: nobody here knows this contract`,
      ]);
    });
  });

  describe("calls inside calls", () => {
    const { governor, accessManager, hold, council } = INTERFACES;
    const call = (target: string, data: string): Call => ({ target, value: 0n, data });

    it("are said beside what carries them, however deep: calldata hides nothing", () => {
      const lent = hold.encodeFunctionData("delegate", [WHO]);
      const relayed = governor.encodeFunctionData("relay", [ADDRESSES.hold, 0n, lent]);
      const seated = council.encodeFunctionData("seat", [WHO]);
      const executed = accessManager.encodeFunctionData("execute", [ADDRESSES.council, seated]);
      const both = accessManager.encodeFunctionData("multicall", [[executed, executed]]);
      expect(decode([call(ADDRESSES.governor, relayed)])[0]?.notes).to.deep.equal([
        `call hold delegate(address) {"delegatee":"${WHO}"}`,
      ]);
      const notes = decode([call(ADDRESSES.accessManager, both)])[0]?.notes ?? [];
      expect(notes.filter((note) => note === `seat council ${WHO}`)).to.have.lengthOf(2);
    });

    it("survive texts that are no texts", () => {
      const data = accessManager.encodeFunctionData("labelRole", [7n, "abc"]).replace("616263", "ff6263");
      const [decoded] = decode([call(ADDRESSES.accessManager, data)]);
      expect(decoded?.sentences).to.deep.equal([`call ${ADDRESSES.accessManager} data ${data}`]);
      expect(namedIn([call(ADDRESSES.accessManager, data)], ADDRESSES).accounts).to.deep.equal([]);
    });

    it("are looked at, too, for what they name", () => {
      const lent = hold.encodeFunctionData("delegate", [WHO]);
      const relayed = call(ADDRESSES.governor, governor.encodeFunctionData("relay", [ADDRESSES.hold, 0n, lent]));
      expect(namedIn([relayed], ADDRESSES).accounts).to.deep.equal([ADDRESSES.hold, WHO]);
      expect(tokensOfCalls([relayed], ADDRESSES)).to.deep.equal([HOLD_TOKEN]);
    });
  });

  describe("bounds", () => {
    for (const [text, fault] of [
      ["set fee 12 %", "fee is to be 0 % to 10 %, not 12 %"],
      ["set filing fee 2.5 HOLD", "filing fee is to be at most the bond floor, 2.00 HOLD, not 2.50 HOLD"],
      ["set bond floor 0.5 HOLD", "filing fee is to be at most the bond floor, 0.50 HOLD, not 1.00 HOLD"],
      ["set unbonding delay 9d", "unbonding delay is to be 10d to 60d, not 9d"],
      [
        "set proposal threshold 2 %",
        "proposal threshold is to be 100000.00 HOLD to 10000000.00 HOLD, not 20000000.00 HOLD",
      ],
      [`set market treasury ${ZeroAddress}`, "market treasury cannot be the zero address"],
      [
        `list token ${LISTED} minimum-lock 1 bounty 2`,
        "the bounty is to be at most the minimum lock: leases lock it, too",
      ],
    ] as const) {
      it(`says of "${text}": ${fault}`, () => expect(faultsOf([read(text)], FACTS.published)).to.deep.equal([fault]));
    }

    it("says that a value is set twice", () => {
      expect(faultsOf([read("set fee 2 %"), read("set fee 3 %")], FACTS.published)).to.deep.equal(["fee is set twice"]);
    });

    it("takes what is written within the bounds of every setting, and reads back what it writes", () => {
      for (const key of SETTING_KEYS) {
        const { least, most } = settingOf(key);
        for (const value of [least, most].filter((bound) => bound !== undefined)) {
          expect(parseSetting(key, formatSetting(key, value)), key).to.equal(value);
          if (key !== "filingFee" && key !== "bondFloor") {
            expect(faultsOf([{ kind: "set", key, value }], FACTS.published), key).to.deep.equal([]);
          }
        }
      }
    });
  });
});
