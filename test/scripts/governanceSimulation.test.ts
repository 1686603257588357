import { expect } from "chai";
import { type BaseWallet, HDNodeWallet, Mnemonic, parseEther, Wallet } from "ethers";

import { main } from "../../scripts/cli/main";
import { explainRevert } from "../../sdk/errors";
import type { Action } from "../../sdk/governance/actions";
import { callsOf } from "../../sdk/governance/calls";
import { type GovernedAddresses, rulesValues, termsValues, unpackWeights } from "../../sdk/governance/contracts";
import { SETTING_KEYS, settingOf } from "../../sdk/governance/settings";
import { simulate } from "../../sdk/governance/simulation";
import { type Handles, handlesAt } from "../../sdk/handles";
import { MockToken__factory } from "../../typechain-types";
import { type Anvil, noAnvil, startAnvil } from "../deploy/anvil";
import { deploy, localInput } from "../deploy/helpers";
import { ownState } from "../helpers/commandLine";
import { DAY } from "../helpers/parameters";

/** The first account that anvil gives everybody, which deploys. */
const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const HOLDER = localInput().roles.initialHolder;
/** One of anvil's accounts, with its key. */
function holderWallet(): BaseWallet {
  const phrase = Mnemonic.fromPhrase("test test test test test test test test test test test junk");
  const root = HDNodeWallet.fromMnemonic(phrase, "m/44'/60'/0'/0");
  const wallet = Array.from({ length: 10 }, (_, index) => root.deriveChild(index)).find(
    ({ address }) => address === HOLDER,
  );
  if (wallet === undefined) throw new Error(`${HOLDER} is no account of anvil`);
  return wallet;
}
const WHO = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65";
const [MEMBER = ""] = localInput().disputes.council;

interface Impact {
  readonly changes: readonly { name: string; before: string; after: string }[];
  readonly refusal?: { readonly call: number; readonly name: string; readonly sentence: string };
}

describe("what a proposal would change, asked of a node", () => {
  let anvil: Anvil;
  let handles: Handles;
  let addresses: Record<string, string>;
  let token: string;

  before(async function () {
    if (noAnvil() !== undefined) this.skip();
    this.timeout(60_000);
    anvil = await startAnvil(31_337);
    const deployed = await deploy({ signer: new Wallet(KEY, anvil.provider) });
    ({ addresses } = deployed);
    handles = handlesAt(deployed.addresses, anvil.provider);
    const holder = await anvil.provider.getSigner(HOLDER);
    const { hold, timelock } = handles;
    // More than the estimate: a checkpoint in a new second costs more than one in the second that was estimated.
    await (await hold.connect(holder).delegate(HOLDER, { gasLimit: 300_000n })).wait();
    await (await hold.connect(holder).transfer(timelock, parseEther("1000000"))).wait();
    const contract = await new MockToken__factory(holder).deploy("Dollar", "USDX", 6);
    token = await contract.getAddress();
    await (await contract.mint(timelock, 900_000_000n)).wait();
    await pass(10);
  });
  after(() => anvil?.stop());

  async function run(...words: readonly string[]) {
    const result = { out: "", err: "" };
    const code = await main(words, {
      env: { LEASEHOLD_KEY: "5a".repeat(32), XDG_STATE_HOME: ownState() },
      io: { out: (text) => (result.out += text), err: (text) => (result.err += text), isTerminal: false },
      openNetwork: () =>
        Promise.resolve({
          provider: anvil.provider,
          handles,
          startBlock: 0,
          chainId: 31_337,
          close: () => undefined,
        }),
      loadSigner: () => Promise.resolve(holderWallet().connect(anvil.provider)),
      packageRoot: ".",
    });
    return { code, ...result };
  }

  async function json<T>(...words: readonly string[]): Promise<T> {
    const { code, out, err } = await run(...words, "--yes", "--json");
    if (code !== 0) throw new Error(`leasehold ${words.join(" ")} exits with ${code}: ${err}`);
    return JSON.parse(out) as T;
  }

  async function pass(seconds: number): Promise<void> {
    await anvil.provider.send("evm_increaseTime", [seconds]);
    await anvil.provider.send("evm_mine", []);
  }

  it("shows before and after of everything that it touches, and that is what then happens (INV-GOV-2)", async () => {
    const { timelock = "" } = addresses;
    const sentences = [
      "set fee 2 %",
      "set cpu weight 2 HOLD per CPU",
      "set filing fee 0.5 HOLD",
      "set unbonding delay 21d",
      "set voting period 6d",
      "set quorum 5 %",
      "set timelock delay 3d",
      `seat council ${WHO}`,
      `unseat council ${MEMBER}`,
      `list token ${token} minimum-lock 0.10 bounty 0.05`,
      `pay 1000 HOLD to ${WHO}`,
      `pay 100.5 ${token} to ${WHO}`,
      `seat guardian ${WHO}`,
      `grant role 7 to ${WHO}`,
      `accept tribunal ${WHO}`,
      `call accessManager setTargetClosed(address,bool) {"target":"${addresses["council"]}","closed":true}`,
    ];
    const proposed = await json<{ proposal: number; impact: Impact; actions: string[] }>("propose", ...sentences);
    expect(proposed.impact.refusal).to.equal(undefined);
    const seen = proposed.impact.changes.map(({ name, before, after }) => `${name}: ${before} -> ${after}`);
    const since = /^council seat of 0x15d3\S+: none -> since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$/;
    expect(seen.filter((line) => since.test(line))).to.have.lengthOf(1);
    expect(seen.filter((line) => !/^council seat of/.test(line))).to.have.members([
      "version of the terms: 1 -> 2",
      "fee: 2.5 % -> 2 %",
      "cpu weight: 1.00 HOLD per CPU -> 2.00 HOLD per CPU",
      "version of the rules: 1 -> 2",
      "filing fee: 1.00 HOLD -> 0.50 HOLD",
      "unbonding delay: 14d -> 21d",
      "voting period: 5d -> 6d",
      "quorum: 4 % -> 5 %",
      "timelock delay: 2d -> 3d",
      `guardian: ${localInput().roles.guardian} -> ${WHO}`,
      `appeals at ${WHO}: not heard -> heard`,
      `role 7 of ${WHO}: no -> yes`,
      `token ${token} (USDX): not listed -> listed`,
      "minimum lock in USDX: 0.00 USDX -> 0.10 USDX",
      "bounty in USDX: 0.00 USDX -> 0.05 USDX",
      "HOLD in the wallet of the treasury: 1,000,000.00 HOLD -> 999,000.00 HOLD",
      `HOLD in the wallet of ${WHO}: 0.00 HOLD -> 1,000.00 HOLD`,
      "USDX in the wallet of the treasury: 900.00 USDX -> 799.50 USDX",
      `USDX in the wallet of ${WHO}: 0.00 USDX -> 100.50 USDX`,
    ]);
    expect(await handles.market.currentTermsVersion()).to.equal(1n);

    const before = await run("proposals", "show", "1");
    expect(before.code).to.equal(0);
    expect(before.out)
      .to.match(/does +set fee 2 %\nand +set cpu weight 2\.00 HOLD per CPU\n/)
      .and.to.match(/Carried out at .*, as the chain is now, it would change:\n\nWHAT +NOW +THEN\n/)
      .and.to.match(/\nfee +2\.5 % +2 %\n/);

    await pass(DAY + 1);
    expect((await run("vote", "1", "for", "--yes")).code).to.equal(0);
    await pass(5 * DAY + 1);
    expect((await run("proposals", "queue", "1")).code).to.equal(0);
    const queued = await json<{ impact: Impact; eta: number }>("proposals", "show", "1");
    expect(queued.impact.changes.filter(({ name }) => !name.startsWith("council seat"))).to.deep.equal(
      proposed.impact.changes.filter(({ name }) => !name.startsWith("council seat")),
    );
    await pass(2 * DAY);
    const executed = await run("proposals", "execute", "1");
    expect(executed.code, executed.err).to.equal(0);

    const { market, governor, guardian, hold, council, accessManager } = handles;
    expect((await market.termsOf(2)).feeBps).to.equal(200n);
    expect(await governor.votingPeriod()).to.equal(6n * BigInt(DAY));
    expect(await guardian.guardian()).to.equal(WHO);
    expect(await hold.balanceOf(timelock)).to.equal(parseEther("999000"));
    expect(await council.seatedSince(WHO)).to.be.greaterThan(0n);
    expect(await accessManager.isTargetClosed(council)).to.equal(true);

    // Afterwards its words are still those of what it changed.
    const after = await json<{ actions: string[]; impact: null }>("proposals", "show", "1");
    expect(after.actions).to.deep.equal(proposed.actions.map((line) => line.replace(`5 ${token} to`, "5 USDX to")));
    expect(after.impact).to.equal(null);
  });

  it("names the action that would be refused, and the reason, and proposes it only where that is wanted", async () => {
    const sentences = ["set notice 48h", `unseat council ${WHO}`, `pay 5000000 HOLD to ${WHO}`];
    const refused = await run("propose", ...sentences.slice(0, 1), ...sentences.slice(2));
    expect(refused.code).to.equal(1);
    expect(refused.err).to.equal(
      `error: It could not be carried out: "pay 5000000 HOLD to ${WHO}" would be refused: the timelock has 999,000.00 HOLD in its ` +
        "wallet, 5,000,000.00 HOLD are needed. Add --anyway to propose it all the same\n",
    );
    const made = await json<{ proposal: number; impact: Impact }>("propose", ...sentences.slice(2), "--anyway");
    expect(made.impact.refusal).to.deep.include({ call: 0, name: "ERC20InsufficientBalance" });
    expect(made.impact.changes).to.deep.equal([]);
    const shown = await run("proposals", "show", String(made.proposal));
    expect(shown.out)
      .to.include("It could not be carried out: ")
      .and.to.include("would be refused: the timelock has 999,000.00 HOLD");
  });

  it("knows what the timelock refuses by itself: votes of the treasury (INV-GOV-1)", async () => {
    const delegate = `call hold delegate(address) {"delegatee":"${WHO}"}`;
    const { code, err } = await run("propose", "set tolerance 2 %", delegate, "--dry-run");
    expect(code).to.equal(1);
    expect(err).to.include(`"${delegate}" would be refused: `).and.to.include("the treasury does not vote");
  });

  it("is refused one step outside each bound, with the bounds that the sentences name (INV-GOV-2)", async () => {
    const [at, terms, rules] = [
      addresses as unknown as GovernedAddresses,
      await handles.market.termsOf(2),
      await handles.disputes.rulesOf(2),
    ];
    const weights = unpackWeights(await handles.market.weightsOf(2));
    const facts = { addresses: at, published: { terms: termsValues(terms), weights, rules: rulesValues(rules) } };
    const carried = async (actions: readonly Action[]): Promise<string | undefined> => {
      const latest = await anvil.provider.getBlock("latest");
      const { refusal } = await simulate(anvil.provider, {
        timelock: at.timelock,
        governor: at.governor,
        calls: callsOf(actions, facts),
        questions: [],
        now: latest?.timestamp ?? 0,
        delay: 3 * DAY,
        at: 0,
      });
      return refusal?.data;
    };
    const bounded = SETTING_KEYS.flatMap((key) => {
      const { least, most } = settingOf(key);
      // Weights are bounded by their type alone, the filing fee by the bond floor.
      if (least === undefined || most === undefined || key.endsWith("Weight") || key === "filingFee") return [];
      return [{ key, least, most }];
    });
    expect(bounded).to.have.lengthOf(18);
    const each = (bound: "least" | "most"): Action[] =>
      bounded.map((setting) => ({ kind: "set", key: setting.key, value: setting[bound] }));
    expect(await carried([...each("least"), { kind: "set", key: "filingFee", value: 0n }])).to.equal(undefined);
    expect(await carried(each("most"))).to.equal(undefined);
    for (const { key, least, most } of bounded) {
      for (const value of [least - 1n, most + 1n].filter((outside) => outside >= 0n)) {
        const { args } = explainRevert((await carried([{ kind: "set", key, value }])) ?? "0x");
        // The contract names the value that was asked for, and both bounds.
        expect(
          Object.values(args).filter((arg) => typeof arg === "bigint"),
          key,
        ).to.deep.equal([value, least, most]);
      }
    }
  });

  it("says which of several publications stands, and that a republication changes a version alone", async () => {
    const { impact } = await json<{ impact: Impact }>("propose", "republish dispute rules", "--dry-run");
    expect(impact.changes).to.deep.equal([{ name: "version of the rules", before: "2", after: "3" }]);
    const again = twoPublications(handles);
    const two = await json<{ impact: Impact; actions: string[] }>("propose", ...(await again), "--dry-run");
    expect(two.impact.changes).to.deep.equal([
      { name: "version of the terms", before: "2", after: "4" },
      { name: "fee", before: "2 %", after: "3 %" },
    ]);
  });
});

/** Two publications of terms, one after the other, as calls: the fee is one percent first, then three. */
async function twoPublications({ market }: Handles): Promise<string[]> {
  const { treasury, toleranceBps, noShowBps, noticePeriod, activationWindow, creditPeriod } = await market.termsOf(2);
  const text = (value: bigint): string => value.toString();
  const weights = await market.weightsOf(2);
  const lanes = Array.from({ length: 8 }, (_, index) => text((weights >> BigInt(32 * index)) & 0xffff_ffffn));
  const fragment = market.interface.getFunction("publishTerms").format("sighash");
  return [100n, 300n].map((fee) => {
    const terms = [treasury, ...[fee, toleranceBps, noShowBps, noticePeriod, activationWindow, creditPeriod].map(text)];
    return `call market ${fragment} ${JSON.stringify([terms, lanes])}`;
  });
}
