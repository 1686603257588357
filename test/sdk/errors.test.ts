import { expect } from "chai";
import { AbiCoder, ErrorFragment, type InterfaceAbi, Interface, makeError, type ParamType } from "ethers";

import { explainError, explainRevert, knownErrors, type Lexicon, revertDataOf } from "../../sdk/errors";
import { MISFIT_REASONS } from "../../sdk/market";
import { packResources, parseResources, type ResourcesText } from "../../sdk/resources";
import { parsePrice, priceToX32Up } from "../../sdk/units";
import * as factories from "../../typechain-types/factories";

const YOU = "0x1111111111111111111111111111111111111111";
const OTHER = "0x2222222222222222222222222222222222222222";
const USDC = "0x3333333333333333333333333333333333333333";
const MARKET = "0x4444444444444444444444444444444444444444";
const ZERO = `0x${"0".repeat(40)}`;
const LEXICON: Lexicon = {
  account: YOU,
  token: USDC,
  tokens: new Map([[USDC, { symbol: "USDC", decimals: 6 }]]),
  names: new Map([[MARKET, "the market"]]),
};

/** Errors of all contracts of typechain-types that people meet: not of interfaces alone, nor of test doubles. */
function errorsOf(node: object): ErrorFragment[] {
  return Object.values(node as Record<string, { abi?: InterfaceAbi; bytecode?: string } | object>).flatMap((entry) => {
    if (!("abi" in entry)) return typeof entry === "object" ? errorsOf(entry) : [];
    if (!("bytecode" in entry) || entry.abi === undefined) return [];
    return new Interface(entry.abi).fragments.filter((fragment): fragment is ErrorFragment =>
      ErrorFragment.isFragment(fragment),
    );
  });
}

const { mocks: _mocks, ...contracts } = factories.contracts;
const ALL = [
  ...new Map(
    errorsOf({ contracts, openzeppelin: factories.openzeppelin }).map((error) => [error.format("full"), error]),
  ).values(),
];

/** Errors that every contract can raise and no ABI names. */
const OF_SOLIDITY = ["Error(string reason)", "Panic(uint256 code)"];

/** Some value of a type, another one for each `seed`. */
function sample(type: ParamType, seed: number): unknown {
  if (type.baseType === "array") return [0, 1].map((index) => sample(type.arrayChildren as ParamType, seed + index));
  if (type.baseType === "tuple") return (type.components ?? []).map((part, index) => sample(part, seed + index));
  if (type.baseType === "address") return `0x${(seed + 1).toString(16).padStart(40, "a")}`;
  if (type.baseType === "string") return `text ${seed}`;
  if (type.baseType.startsWith("bytes")) return `0x${"ab".repeat(Number(type.baseType.slice(5)))}`;
  return seed + 1;
}

function encode(signature: string, ...values: unknown[]): string {
  const abi = new Interface([`error ${signature}`]);
  return abi.encodeErrorResult(abi.fragments[0] as ErrorFragment, values);
}

const say = (signature: string, ...values: unknown[]): string =>
  explainRevert(encode(signature, ...values), LEXICON).sentence;

describe("errors", () => {
  it("finds the errors of all contracts", () => {
    expect(ALL.map(({ name }) => name)).to.include.members([
      "MarketNoOfferFits",
      "EscrowInsufficientFree",
      "AccessManagerExpired",
    ]);
    expect(ALL.length).to.be.greaterThan(80);
  });

  for (const error of ALL) {
    const signature = error.format("full").replace(/^error /, "");

    it(`says ${error.name} in a sentence of its own`, () => {
      const values = error.inputs.map((input, index) => sample(input, index));
      const data = error.selector + AbiCoder.defaultAbiCoder().encode(error.inputs, values).slice(2);
      const { contract, name, args, sentence } = explainRevert(data, LEXICON);
      expect(name, `sdk/errors/sentences.ts has no sentence for ${signature}`).to.equal(error.name);
      expect(knownErrors(), "the sentence was written for other arguments").to.include(signature);
      expect(contract).not.to.equal("unknown");
      expect(Object.keys(args)).to.have.length(error.inputs.length);
      expect(sentence)
        .to.match(/^(?![A-Z][a-z]).*[^.]$/s)
        .and.not.match(/undefined|NaN|\[object/);
    });
  }

  it("has no sentence for an error that no contract raises any more", () => {
    const raised = new Set([...ALL.map((error) => error.format("full").replace(/^error /, "")), ...OF_SOLIDITY]);
    expect(knownErrors().filter((signature) => !raised.has(signature))).to.deep.equal([]);
  });

  it("says no two errors of one contract alike", () => {
    const sentences = ALL.map((error) => {
      const values = error.inputs.map((input, index) => sample(input, index));
      return explainRevert(error.selector + AbiCoder.defaultAbiCoder().encode(error.inputs, values).slice(2)).sentence;
    });
    const twice = sentences.filter((sentence, index) => sentences.indexOf(sentence) !== index);
    // The market and another contract say that the caller is not the provider's operator, and not the lease's tenant.
    expect(twice).to.have.length(2);
  });

  describe("sentences", () => {
    const NO_OFFER =
      "MarketNoOfferFits(tuple(uint64 offer, uint8 reason, uint256 available, uint256 required)[] misfits)";
    const pack = (text: ResourcesText): bigint => packResources(parseResources(text));
    const price = (text: string): bigint => priceToX32Up(parsePrice(text), 6);

    it("says how many units an offer has left", () => {
      expect(say(NO_OFFER, [[7, MISFIT_REASONS.indexOf("CapacityShort"), 2, 3]])).to.equal(
        "offer 7 has 2 units left, 3 asked",
      );
      expect(say(NO_OFFER, [[7, MISFIT_REASONS.indexOf("CapacityShort"), 1, 3]])).to.equal(
        "offer 7 has 1 unit left, 3 asked",
      );
    });

    it("says why every candidate was refused, in the order's order", () => {
      expect(
        say(NO_OFFER, [
          [7, MISFIT_REASONS.indexOf("CapacityShort"), 2, 3],
          [9, MISFIT_REASONS.indexOf("Retired"), 0, 0],
          [8, MISFIT_REASONS.indexOf("PriceTooHigh"), price("0.40/h"), price("0.42/h")],
        ]),
      ).to.equal(
        "the order is refused by every candidate: offer 7 has 2 units left, 3 asked; offer 9 is retired; " +
          "offer 8 costs 0.42 USDC/h, the order takes at most 0.40 USDC/h",
      );
    });

    for (const [reason, available, required, sentence] of [
      ["None", 0, 0, "offer 7 does not fit, for reason 0"],
      ["OtherToken", 0, 5, "offer 7 does not exist"],
      ["OtherToken", 4, 5, "offer 7 is paid in another token"],
      [
        "RequirementUnmet",
        pack({ cpu: "4" }),
        pack({ cpu: "8", gpu: "h100:1" }),
        "offer 7 has too little or other CPU, GPU than the order requires",
      ],
      ["RequirementUnmet", 0, 0, "offer 7 has too little or other resources than the order requires"],
      ["DurationOutOfBounds", 3_600, 60, "offer 7 is leased for at least 1h, 1m asked"],
      ["DurationOutOfBounds", 3_600, 7_200, "offer 7 is leased for at most 1h, 2h asked"],
      [
        "LockTooSmall",
        100_000,
        500_000,
        "offer 7 would lock 0.10 USDC, a lease locks at least 0.50 USDC: ask for longer",
      ],
      ["LockTooLarge", 100_000, 500_000, "offer 7 would lock 0.50 USDC, the order allows 0.10 USDC"],
      ["ProviderStale", 0, 0, "the provider of offer 7 had no heartbeat for half of the grace, or longer"],
      [
        "OtherProvider",
        BigInt(OTHER),
        BigInt(YOU),
        `offer 7 belongs to provider ${OTHER}, not to ${YOU}: the chain was reorganised, or the order names another one`,
      ],
      ["TokenNotListed", 0, 0, "offer 7 is paid in a token that governance does not list"],
      [
        "BondShort",
        10n ** 18n,
        10n ** 19n,
        "the provider of offer 7 has 1.00 HOLD free for collateral, 10.00 HOLD are needed",
      ],
    ] as const) {
      it(`says ${reason} as "${sentence}"`, () => {
        expect(say(NO_OFFER, [[7, MISFIT_REASONS.indexOf(reason), available, required]])).to.equal(sentence);
      });
    }

    for (const [signature, values, sentence] of [
      [
        "EscrowCeilingExceeded(address module, address token, address account, uint256 headroom, uint256 required)",
        [MARKET, USDC, YOU, 5_000_000, 12_400_000],
        "your approval lets the market hold 5.00 USDC more, 12.40 USDC are needed: run `leasehold tenant approve --more 7.4 --token USDC`",
      ],
      [
        "EscrowInsufficientFree(address token, address account, uint256 free, uint256 required)",
        [USDC, OTHER, 5_000_000, 12_400_000],
        `${OTHER}'s free balance in escrow is 5.00 USDC, 12.40 USDC are needed: run \`leasehold tenant deposit 7.4 --token USDC\``,
      ],
      [
        "MarketWrongStatus(uint96 leaseId, uint8 expected, uint8 actual)",
        [30_064_771_084n, 2, 1],
        "lease 7-12 is pending; this needs a lease that is active",
      ],
      [
        "MarketNotTenant(uint96 leaseId, address tenant, address caller)",
        [30_064_771_084n, OTHER, YOU],
        `lease 7-12 belongs to tenant ${OTHER}, not to ${YOU} (you)`,
      ],
      [
        "MarketNotTenant(uint96 leaseId, address tenant, address caller)",
        [30_064_771_084n, ZERO, YOU],
        "lease 7-12 does not exist",
      ],
      [
        "MarketTooEarlyToRenew(uint96 leaseId, uint256 from, uint256 now)",
        [30_064_771_084n, 900, 300],
        "lease 7-12 can fail over from 1970-01-01 00:15:00 UTC on, in 10m: in the last quarter of its duration or of its " +
          "order's period, whichever is shorter, and at most an hour before its end",
      ],
      [
        "OrdersNotTenant(uint96 leaseId, address tenant, address caller)",
        [30_064_771_084n, OTHER, YOU],
        `lease 7-12 belongs to tenant ${OTHER}, not to ${YOU} (you)`,
      ],
      [
        "OrdersNotRenewable(uint96 leaseId, uint8 status, bool noticed)",
        [30_064_771_084n, 2, true],
        "the provider of lease 7-12 gave notice: it is never renewed; name offers to move to before its end: " +
          "--fallback <numbers>",
      ],
      [
        "OrdersNotRenewable(uint96 leaseId, uint8 status, bool noticed)",
        [30_064_771_084n, 2, false],
        "the end of lease 7-12 has come: now it can only be expired",
      ],
      [
        "OrdersNotRenewable(uint96 leaseId, uint8 status, bool noticed)",
        [30_064_771_084n, 4, false],
        "lease 7-12 is cancelled: it is never renewed any more",
      ],
      [
        "OrdersNotRenewable(uint96 leaseId, uint8 status, bool noticed)",
        [30_064_771_084n, 3, true],
        "lease 7-12 is closed: it is never renewed any more",
      ],
      [
        "OrdersOtherProvider(uint64 offerId, address provider, address named)",
        [7, OTHER, YOU],
        `offer 7 belongs to provider ${OTHER}, the order names ${YOU} (you): look at the offer again`,
      ],
      [
        "MarketInvalidTreasury(address treasury)",
        [MARKET],
        "the market cannot be the treasury: fees and penalties that it received could never leave it",
      ],
      [
        "MarketLockedTooLow(uint96 leaseId, uint256 least, uint256 locked)",
        [30_064_771_084n, 2_000_000, 1_500_000],
        "1.50 USDC are locked for lease 7-12, you ask for 2.00 USDC at least: its tenant may have shrunk it, or its " +
          "provider collected; see --min-locked",
      ],
      [
        "MarketTooEarlyToShrink(uint96 leaseId, uint256 from, uint256 now)",
        [30_064_771_084n, 900, 300],
        "lease 7-12 can shrink from 1970-01-01 00:15:00 UTC on, in 10m: once its minimum duration has passed, and not in " +
          "the second in which it grew",
      ],
      [
        "MarketRateTooLarge(uint96 leaseId, uint256 rate, uint256 most)",
        [30_064_771_084n, price("0.50/h"), price("0.42/h")],
        "with these units lease 7-12 would cost 0.50 USDC/h in all, a lease holds 0.42 USDC/h at most: add fewer",
      ],
      [
        "MarketBeyondAllowance(uint96 leaseId, uint256 dark, uint256 allowed)",
        [30_064_771_084n, 7_200, 1_800],
        "the provider was dark for 2h of lease 7-12, 30m are allowed: the lease does not grow any more",
      ],
      [
        "MarketClaimNotLapsed(uint96 leaseId, address claimant, uint256 lapsesAt, uint256 now)",
        [30_064_771_084n, OTHER, 900, 300],
        `the slashing module may end the claim of ${OTHER} on lease 7-12 until 1970-01-01 00:15:00 UTC: anyone may in 10m`,
      ],
      [
        "EscrowAmountTooLarge(address token, uint256 amount, uint256 most)",
        [USDC, 3_000_000, 2_000_000],
        "a single deposit credits 2.00 USDC at most, not 3.00 USDC: deposit less",
      ],
      [
        "EscrowModuleNotApproved(address module, address token, address account)",
        [MARKET, USDC, YOU],
        `${YOU} (you) never approved the market for USDC, so nobody else's money can be locked for it there: approve it once, for any amount: \`leasehold tenant approve 0 --token USDC\``,
      ],
      [
        "EscrowNotAToken(address token)",
        [OTHER],
        `there is no token at ${OTHER}: check its address, and that it is on this chain`,
      ],
      [
        "ERC20LocksNotOpened(address locker, address owner)",
        [MARKET, OTHER],
        `${OTHER} never locked HOLD with the market itself, so nobody else can lock any in its account`,
      ],
      ["StakingZeroAmount()", [], "an amount of zero bonds, moves and unbonds nothing"],
      [
        "MarketExtensionOutOfBounds(uint96 leaseId, uint256 duration, uint256 most)",
        [30_064_771_084n, 10_800, 7_200],
        "lease 7-12 would last 3h from its start, its offer allows 2h: extend it by less",
      ],
      [
        "MarketExtensionOutOfBounds(uint96 leaseId, uint256 duration, uint256 most)",
        [30_064_771_084n, 3_600, 7_200],
        "lease 7-12 lasts 1h already: extend it by a second at least",
      ],
      [
        "MarketOtherTenant(uint96 leaseId, address tenant, address named)",
        [30_064_771_084n, OTHER, YOU],
        `the tenant of lease 7-12 is ${OTHER}, not ${YOU} (you): look at the lease again before you pay for its time`,
      ],
      [
        "DisputesOtherTenant(uint96 leaseId, address tenant, address named)",
        [30_064_771_084n, OTHER, YOU],
        `the tenant of lease 7-12 is ${OTHER}, not ${YOU} (you): look at the lease again before you claim a fault of it`,
      ],
      [
        "MarketCostTooHigh(uint96 leaseId, uint256 most, uint256 cost)",
        [30_064_771_084n, 1_000_000, 1_500_000],
        "changing lease 7-12 so locks 1.50 USDC more, 1.00 USDC are allowed: see --max-cost",
      ],
      [
        "MarketUnitsUnchanged(uint96 leaseId, uint256 units)",
        [30_064_771_084n, 0],
        "lease 7-12 cannot shrink to nothing: close it instead",
      ],
      ["MarketUnitsUnchanged(uint96 leaseId, uint256 units)", [30_064_771_084n, 3], "lease 7-12 has 3 units already"],
      [
        "MarketPriceTooHigh(uint64 offerId, uint256 most, uint256 price)",
        [7, price("0.42/h"), price("0.50/h")],
        "offer 7 costs 0.50 USDC/h, at most 0.42 USDC/h is allowed: see --max-price",
      ],
      [
        "MarketNotRecipient(uint96 leaseId, address recipient, address caller)",
        [30_064_771_084n, ZERO, YOU],
        "lease 7-12 is offered to nobody",
      ],
      [
        "MarketNotRecipient(uint96 leaseId, address recipient, address caller)",
        [30_064_771_084n, OTHER, YOU],
        `lease 7-12 is offered to ${OTHER}, not to ${YOU} (you)`,
      ],
      [
        "MarketTooEarlyToCancel(uint96 leaseId, uint256 deadline, uint256 now)",
        [30_064_771_084n, 900, 300],
        "the provider may activate lease 7-12 until 1970-01-01 00:15:00 UTC: it can be cancelled in 10m",
      ],
      [
        "MarketParameterOutOfBounds(string name, uint256 value, uint256 least, uint256 most)",
        ["noticePeriod", 60, 3_600, 2_592_000],
        "noticePeriod is to be 1h to 30d, not 1m",
      ],
      [
        "StakingInsufficientFree(address module, address provider, uint256 free, uint256 required)",
        [MARKET, YOU, 10n ** 18n, 2n * 10n ** 18n],
        "your bond with the market has 1.00 HOLD that are not reserved, 2.00 HOLD asked",
      ],
      [
        "ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
        [YOU, 1, 2],
        `${YOU} (you) has 0.000001 USDC in its wallet, 0.000002 USDC are needed`,
      ],
      ["Error(string reason)", ["no\u001b[2Jthing\u202e"], "the contract says: no[2Jthing"],
      ["Panic(uint256 code)", [17], "the contract failed by itself: a number overflowed or went below zero"],
      ["Panic(uint256 code)", [99], "the contract failed by itself: code 99"],
    ] as const) {
      it(`says ${signature.split("(")[0]} as "${sentence.replace(/\p{C}/gu, "")}"`, () => {
        expect(say(signature, ...values)).to.equal(sentence);
      });
    }

    it("says amounts of a token that it does not know in base units", () => {
      const data = encode(
        "EscrowInsufficientFree(address token, address account, uint256 free, uint256 required)",
        USDC,
        YOU,
        1,
        2,
      );
      expect(explainRevert(data).sentence).to.equal(
        `${YOU}'s free balance in escrow is 1 base units of ${USDC}, 2 base units of ${USDC} are needed: ` +
          `run \`leasehold tenant deposit <amount> --token ${USDC}\``,
      );
    });
  });

  describe("data", () => {
    it("names errors that it does not know by their number, and never dumps their data", () => {
      expect(explainRevert(`0x12345678${"ab".repeat(64)}`)).to.deep.equal({
        contract: "unknown",
        name: "0x12345678",
        args: {},
        sentence: "the contract refused with an error that this version does not know, number 0x12345678",
      });
    });

    it("survives data that only begins like an error", () => {
      const data = encode("Error(string reason)", "hello");
      expect(explainRevert(data.slice(0, 74)).contract).to.equal("unknown");
      expect(explainRevert(`${data.slice(0, 138)}ff${data.slice(140)}`).contract).to.equal("unknown");
      expect(explainRevert("0x12").contract).to.equal("unknown");
    });

    it("says that there was no reason where there is no data", () => {
      expect(explainRevert("0x").sentence).to.match(/^the call was refused without a reason/);
    });

    const data = encode("MarketOfferRetired(uint64 offerId)", 7);
    for (const [where, error] of [
      ["ethers", { code: "CALL_EXCEPTION", data }],
      ["a JSON-RPC error", { code: "UNKNOWN_ERROR", error: { code: 3, data } }],
      ["an error inside info", { info: { error: { data } } }],
      ["a node that nests once more", { error: { data: { originalError: { data } } } }],
      ["a node that writes 'Reverted 0x'", { error: { data: `Reverted ${data}` } }],
      ["Hardhat's network", { data: { message: "reverted", data } }],
      ["a cause", new Error("wrapped", { cause: { data } })],
    ] as const) {
      it(`finds it in what ${where} throws`, () => {
        expect(revertDataOf(error)).to.equal(data);
        expect(explainError(error)?.sentence).to.equal("offer 7 is retired, for good: create another one");
      });
    }

    it("does not take the data of the transaction for an answer, nor an error in a loop", () => {
      const loop: Record<string, unknown> = { transaction: { data }, payload: { data } };
      loop["error"] = loop;
      expect(revertDataOf(loop)).to.equal(undefined);
      expect(explainError(new Error("no network"))).to.equal(undefined);
      expect(explainError(undefined)).to.equal(undefined);
    });

    it("explains a call that ethers says was refused, with no data", () => {
      const error = makeError("missing revert data", "CALL_EXCEPTION", {
        action: "call",
        data: null,
        reason: null,
        transaction: { to: null, data: "0x" },
        invocation: null,
        revert: null,
      });
      expect(explainError(error)?.sentence).to.match(/without a reason/);
    });
  });
});
