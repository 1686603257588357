import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { type JsonRpcProvider, parseEther } from "ethers";

import { loadSigner } from "../../scripts/cli/keys";
import { main } from "../../scripts/cli/main";
import { openNetwork } from "../../scripts/cli/network";
import { bond, offer } from "../../scripts/demo/market";
import { buildWorld, mined, type Person, type World } from "../../scripts/demo/world";
import { type Anvil, noAnvil, startAnvil } from "../deploy/anvil";
import type { Run } from "./commandLine";
import { FaultProxy } from "./faultProxy";

export { noAnvil };

const ROOT = path.join(__dirname, "../..");

/**
 * A market on a node of its own behind a proxy with faults, for runs of `leasehold` from configuration to exit code: real
 * connection, real keys, real address book. Two offers stand: number 1 of Webhaus in DUSD (6 decimals), number 2 of Corewerk
 * in DCOIN (18 decimals), 0.50 and 0.80 per hour; Ana and Ben have 10,000 of each token in their wallets. Tests go back to
 * that with `reset`.
 */
export class AnvilMarket {
  private snapshot: unknown;

  private constructor(
    readonly anvil: Anvil,
    readonly proxy: FaultProxy,
    readonly world: World,
    /** Of this market alone: address book and state are here. */
    readonly directory: string,
  ) {}

  static async start(): Promise<AnvilMarket> {
    const directory = mkdtempSync(path.join(tmpdir(), "leasehold-faults-"));
    const anvil = await startAnvil(31_337, "--threads", "1", "--accounts", "20");
    anvil.provider.pollingInterval = 10;
    const world = await buildWorld(path.join(ROOT, "artifacts"), directory, anvil.provider);
    const { people, tokens } = world;
    for (const name of ["Webhaus", "Corewerk"] as const) await bond(world, name, parseEther("50000"));
    const plan = { what: "", resources: { cpu: "4" }, minDuration: "0s", capacity: 100 };
    await offer(world, { ...plan, provider: "Webhaus", token: "DUSD", price: "0.50/h" });
    await offer(world, { ...plan, provider: "Corewerk", token: "DCOIN", price: "0.80/h" });
    for (const tenant of [people.Ana, people.Ben]) {
      for (const { contract, decimals } of Object.values(tokens)) {
        await mined(contract.connect(people.founder).mint(tenant, 10_000n * 10n ** BigInt(decimals)));
      }
    }
    const market = new AnvilMarket(anvil, await FaultProxy.start(anvil.url), world, directory);
    await market.keep();
    return market;
  }

  /** The node itself, without faults. */
  get provider(): JsonRpcProvider {
    return this.anvil.provider;
  }

  /** What stands now is what `reset` goes back to. */
  async keep(): Promise<void> {
    this.snapshot = await this.provider.send("evm_snapshot", []);
  }

  /** The chain as it was at the start, and no faults. */
  async reset(): Promise<void> {
    this.proxy.mend();
    await this.provider.send("evm_revert", [this.snapshot]);
    await this.keep();
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.anvil.stop();
    rmSync(this.directory, { recursive: true });
  }

  /** Environment of a `leasehold` of this person, or of nobody, behind the proxy. */
  environment(who?: Person): Record<string, string> {
    const key = who === undefined ? {} : { LEASEHOLD_KEY: this.world.people[who].privateKey };
    return {
      LEASEHOLD_RPC: this.proxy.url,
      LEASEHOLD_BOOK: this.world.bookFile,
      XDG_STATE_HOME: path.join(this.directory, "state"),
      ...key,
    };
  }

  /** Runs `leasehold <line>` in this process, as this person. Arguments of a text are split at spaces. */
  async leasehold(who: Person | undefined, line: string | readonly string[], env = {}): Promise<Run> {
    const run = { out: "", err: "" };
    const code = await main(typeof line === "string" ? line.split(" ").filter(Boolean) : line, {
      env: { ...this.environment(who), ...env },
      io: { out: (text) => (run.out += text), err: (text) => (run.err += text), isTerminal: false },
      openNetwork,
      loadSigner,
      packageRoot: this.directory,
    });
    return { code, ...run };
  }

  /** How many transactions a person has in blocks. */
  async sentBy(who: Person): Promise<number> {
    return this.provider.getTransactionCount(this.world.people[who].address);
  }
}
