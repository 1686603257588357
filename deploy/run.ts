import { keccak256, type Signer, type TransactionReceipt } from "ethers";

import type { AddressBook, ContractRecord } from "../sdk/addressBook";
import type { BookStore } from "./book";
import { renderPower, summaryOf } from "./census/report";
import { censusOf } from "./census/stage";
import { refusalsOf, type Verdict } from "./census/verdict";
import { assertNoMismatch } from "./checks";
import { CREATE2_PROXY, FACTORY_ADDRESS, FACTORY_CALL_DATA, saltOf } from "./create3";
import { assertAffordable, costOf } from "./cost";
import { DeployError } from "./errors";
import { type Finding, inspect, inspectContract, inspectFoundation, isOpen } from "./inspect";
import { collectLogs } from "./logs";
import { parametersHash } from "./parameters";
import type { ActionEntry, ContractEntry } from "./plan";
import { type Progress, Teller } from "./progress";
import { addressFor, constructorArgsOf, creationOf, type Stage } from "./scene";
import { Sender } from "./sender";

/** How a run tells, and what it checks first. */
export interface RunOptions {
  readonly tell: (progress: Progress) => void;
  /** Seconds after which a step that goes on is told of, again and again. */
  readonly tellEvery: number;
  /** Begin although the deployer cannot pay for everything. */
  readonly ignoreBalance: boolean;
}

const MOST_PASSES = 3;

/** Start of a deployment whose book was lost: until its contracts are found again, anything may be its first block. */
export const UNKNOWN_START = 0;

/** One deployment on its way. */
export class Run {
  private readonly sender: Sender;
  /** Transactions of this run that created contracts, by name. */
  private readonly creations = new Map<string, string>();
  private readonly teller: Teller;

  constructor(
    private readonly stage: Stage,
    signer: Signer,
    private readonly store: BookStore,
    private book: AddressBook,
    private readonly options: RunOptions,
  ) {
    this.teller = new Teller(options.tell, options.tellEvery);
    this.sender = new Sender(
      signer,
      stage.provider,
      stage.deployer,
      stage.parameters.transactions,
      this.teller.sending,
    );
  }

  get receipts(): readonly TransactionReceipt[] {
    return this.sender.receipts;
  }

  /** Does whatever is missing, and looks again, until nothing is. */
  async complete(): Promise<{ book: AddressBook; census: Verdict; changed: string[] }> {
    for (let pass = 1; ; pass++) {
      const findings = await this.teller.during("looking at the chain", () => inspect(this.stage, this.book));
      assertNoMismatch(findings);
      if (pass === 1) for (const finding of findings) if (!isOpen(finding)) this.teller.tell({ type: "step", finding });
      const missing = new Set(findings.filter(isOpen).map(({ name }) => name));
      if (missing.size === 0) {
        await this.teller.during("address book", () => this.recordAll());
        const changed = findings.filter(({ state }) => state === "changed").map(({ name }) => name);
        return { book: this.book, census: await this.teller.during("census", () => this.countPowers()), changed };
      }
      if (pass > MOST_PASSES) {
        throw new DeployError(
          "NOT_MINED",
          `The chain lost what was done (${[...missing].join(", ")}), ${MOST_PASSES} times over.`,
          "raise transactions.confirmations in the network file, wait until the chain is stable, and run again.",
        );
      }
      if (pass === 1) await this.teller.during("cost", () => this.tellCost(findings));
      await this.work(missing);
    }
  }

  private async tellCost(findings: readonly Finding[]): Promise<void> {
    const cost = await costOf(this.stage, findings);
    if (cost === undefined) return;
    this.teller.tell({ type: "cost", cost });
    if (!this.options.ignoreBalance) assertAffordable(cost, this.stage.deployer);
  }

  private async work(missing: ReadonlySet<string>): Promise<void> {
    const { plan, parameters } = this.stage;
    const step = async (name: string, work: () => Promise<void>): Promise<void> => {
      if (missing.has(name)) await this.teller.during(name, work);
    };
    await step("create2 proxy", () => this.createProxy());
    await step("create3 factory", () => this.createFactory());
    for (const entry of plan.contracts) await step(entry.name, () => this.createContract(entry));
    for (const action of plan.genesis(parameters)) await step(action.name, () => this.act("genesis", action));
    if (plan.handover.some(({ name }) => missing.has(name))) {
      await this.teller.during("census before the handover", () => this.assertReviewed());
    }
    for (const action of plan.handover) await step(action.name, () => this.act("handover", action));
    const last = Math.max(0, ...this.receipts.map(({ blockNumber }) => blockNumber));
    await this.teller.during("confirmations", () => this.sender.confirm(last));
  }

  // ----------------------------------------------------------------------------------------------- steps

  /** Brings the deterministic deployment proxy to a chain that lacks it: fund its one-time signer, send its transaction. */
  private async createProxy(): Promise<void> {
    const { provider } = this.stage;
    const exists = async (): Promise<boolean> => (await inspectFoundation(this.stage))[0].state === "done";
    const shortage = async (): Promise<bigint> => {
      const balance = await provider.getBalance(CREATE2_PROXY.signer);
      return balance >= CREATE2_PROXY.cost ? 0n : CREATE2_PROXY.cost - balance;
    };
    const block = await provider.getBlock("latest");
    if ((block?.baseFeePerGas ?? 0n) > CREATE2_PROXY.gasPrice) {
      throw new DeployError(
        "FEES_TOO_HIGH",
        "This chain lacks the deterministic deployment proxy, and its base fee is above the 100 gwei that the proxy's " +
          "presigned transaction pays.",
        "run again when the base fee is lower.",
      );
    }
    // Asked before anything is paid: a node that wants a chain id in every signature says so at once.
    await this.broadcastProxy();
    if (await exists()) return;
    const value = await shortage();
    await this.sender.reach(
      "create2 proxy",
      { to: CREATE2_PROXY.signer, value },
      async () => (await shortage()) === 0n || exists(),
    );
    const refusal = await this.broadcastProxy();
    const remark = refusal === undefined ? "" : `; the node said: ${refusal}`;
    await this.sender.until(exists, "the deterministic deployment proxy", remark);
    this.teller.tell({ type: "step", finding: (await inspectFoundation(this.stage))[0] });
  }

  /**
   * Sends the presigned transaction; fails only where the chain will never take it.
   * @returns why the node did not take it now: not funded yet, or known already.
   */
  private async broadcastProxy(): Promise<string | undefined> {
    try {
      await this.stage.provider.broadcastTransaction(CREATE2_PROXY.transaction);
      return undefined;
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error; // only answers of a node carry a code
      const { message } = error;
      if (!/replay|protected|eip-?155|chain ?id/i.test(message)) return message;
      throw new DeployError(
        "FACTORY_REFUSED",
        "This chain lacks the deterministic deployment proxy, and the node refuses its presigned transaction because " +
          `that carries no chain id: ${message}`,
        `use a node that allows such transactions, or have ${CREATE2_PROXY.address} put there by the operators of the ` +
          "chain (most have it from genesis on). Nothing was spent.",
        { cause: error },
      );
    }
  }

  private async createFactory(): Promise<void> {
    await this.sender.reach("create3 factory", { to: CREATE2_PROXY.address, data: FACTORY_CALL_DATA }, async () => {
      const [, factory] = await inspectFoundation(this.stage);
      assertNoMismatch([factory]);
      return factory.state === "done";
    });
    this.teller.tell({ type: "step", finding: (await inspectFoundation(this.stage))[1] });
  }

  private async createContract(entry: ContractEntry): Promise<void> {
    const { factory, parameters } = this.stage;
    const data = factory.interface.encodeFunctionData("create", [
      saltOf(parameters.release, entry.name),
      creationOf(this.stage, entry).initCode,
    ]);
    let finding: Finding | undefined;
    const receipt = await this.sender.reach(entry.name, { to: FACTORY_ADDRESS, data }, async () => {
      finding = await inspectContract(this.stage, entry);
      assertNoMismatch([finding]);
      return finding.state === "done";
    });
    if (receipt !== undefined) this.creations.set(entry.name, receipt.hash);
    if (finding !== undefined) this.teller.tell({ type: "step", finding });
    if (this.stage.parameters.transactions.confirmations === 1) this.save(await this.recordOf(entry));
  }

  private async act(kind: "genesis" | "handover", action: ActionEntry): Promise<void> {
    await action.check?.(this.stage);
    await this.sender.reach(action.name, action.call(this.stage), () => action.done(this.stage));
    this.teller.tell({ type: "step", finding: { kind, name: action.name, state: "done", detail: action.goal } });
  }

  // ---------------------------------------------------------------------------------------------- records

  /** Every contract is in the book, with the transaction that created it, once that is deep enough. */
  private async recordAll(): Promise<void> {
    const { plan, provider, parameters } = this.stage;
    const records: Record<string, ContractRecord> = {};
    for (const entry of plan.contracts) {
      const record = this.book.contracts[entry.name];
      // A node that forgot an old receipt contradicts nothing.
      const receipt = record === undefined ? null : await provider.getTransactionReceipt(record.txHash);
      const stands = record !== undefined && (receipt === null || receipt.blockNumber === record.block);
      if (!stands) Object.assign(records, await this.recordOf(entry));
    }
    const blocks = Object.values({ ...this.book.contracts, ...records }).map(({ block }) => block);
    await this.sender.confirm(Math.max(...blocks));

    const { startBlock } = this.book;
    const complete = {
      startBlock: startBlock === UNKNOWN_START ? Math.min(...blocks) : startBlock,
      parametersHash: parametersHash(parameters),
    };
    this.save(records, complete);
  }

  /** What the book says about a contract. */
  private async recordOf(entry: ContractEntry): Promise<Record<string, ContractRecord>> {
    const { provider } = this.stage;
    const address = addressFor(this.stage, entry);
    const txHash = this.creations.get(entry.name);
    const receipt = txHash === undefined ? null : await provider.getTransactionReceipt(txHash);
    const creation =
      receipt === null ? await this.findCreation(entry) : { block: receipt.blockNumber, txHash: receipt.hash };
    return {
      [entry.name]: {
        address,
        ...creation,
        constructorArgs: constructorArgsOf(this.stage, entry),
        bytecodeHash: keccak256(await provider.getCode(address)),
      },
    };
  }

  /** The transaction of an earlier run that created a contract. */
  private async findCreation(entry: ContractEntry): Promise<{ block: number; txHash: string }> {
    const { factory, provider, deployer } = this.stage;
    const topics = factory.interface.encodeFilterTopics("ContractCreated", [
      deployer,
      null,
      addressFor(this.stage, entry),
    ]);
    const head = await provider.getBlockNumber();
    const [log] = await collectLogs(provider, { address: FACTORY_ADDRESS, topics }, this.book.startBlock, head);
    if (log !== undefined) return { block: log.blockNumber, txHash: log.transactionHash };
    throw new DeployError(
      "LOGS_MISSING",
      `The node has the code of ${entry.name}, but not the log of its creation since block ${this.book.startBlock}.`,
      "run again with a node that keeps old logs.",
    );
  }

  private save(records: Record<string, ContractRecord>, rest: Partial<AddressBook> = {}): void {
    const book = { ...this.book, ...rest, contracts: { ...this.book.contracts, ...records } };
    if (JSON.stringify(book) !== JSON.stringify(this.book)) this.store.save(book);
    this.book = book;
  }

  // ----------------------------------------------------------------------------------------------- powers

  /** Before the deployer steps down all but its own role is as reviewed: later it could not help. */
  private async assertReviewed(): Promise<void> {
    const wrong = refusalsOf(await censusOf(this.stage, this.book));
    if (wrong.length === 0) return;
    throw new DeployError(
      "POWERS",
      "Powers or parameters are not what the network file says, so the deployer does not step down. Its role is as " +
        `it was:\n${wrong.map((power) => `  ${renderPower(power, this.stage)}`).join("\n")}`,
      "find out who did that with the deployer's key: whoever has it can do more. Roles, delays and announced calls " +
        "the key can take back (AccessManager.revokeRole, setTargetAdminDelay, setGrantDelay, cancel); then run again. " +
        "Versions, listings and seats stay for good: deploy another release from a new key.",
    );
  }

  /** The deployment is over where the census is sound. */
  private async countPowers(): Promise<Verdict> {
    const verdict = await censusOf(this.stage, this.book);
    if (verdict.sound) return verdict;
    throw new DeployError(
      "POWERS",
      "Every step is done, but powers or parameters are not what the network file says: " +
        summaryOf(verdict, this.stage),
      "find out who did that; do not use the deployment until governance has set it right. What governance cannot " +
        "set right (versions, listings and seats of before the handover, delays of a century) takes another " +
        "deployment. What could not be read, another node may serve: run again, or `npm run census`.",
    );
  }
}
