import { getAddress, type Provider, type Signer } from "ethers";

import type { Lexicon } from "../../sdk/errors";
import type { Handles } from "../../sdk/handles";
import type { Config, Environment } from "./config";
import type { AskYesNo } from "./confirm";
import { Failure } from "./failure";
import type { ReadSecret } from "./keys";
import type { Network } from "./network";
import { fitted, NO_SCREEN, onScreen, type Screen } from "./screen";
import { Journal, stateDirectory } from "./sending/journal";
import { UnderWay } from "./sending/underWay";
import { Tokens } from "./tokens";

/** Where a run reads from and writes to. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** stderr is a terminal: progress may overwrite itself. */
  readonly isTerminal: boolean;
  /** What shows `out` and `err`; nothing does unless told. */
  readonly screens?: { readonly out: Screen; readonly err: Screen };
  readonly readSecret?: ReadSecret;
  /** Missing: there is nobody to ask. */
  readonly confirm?: AskYesNo;
}

/** What a run needs of the outside; tests put their own here. */
export interface Outside {
  readonly env: Environment;
  readonly io: Io;
  readonly openNetwork: (config: Config, packageRoot: string) => Promise<Network>;
  readonly loadSigner: (config: Config, provider: Provider | null, ask?: ReadSecret) => Promise<Signer>;
  /** Directory of package.json: address books are looked for there, too. */
  readonly packageRoot: string;
  /** Milliseconds; the machine's clock unless told. */
  readonly clock?: () => number;
  /** Calls once when the user or a supervisor stops the program, instead of ending it; returns what takes that back. */
  readonly onStop?: (stop: () => void) => () => void;
}

/** One run of one command: configuration, connection, key and tokens, each fetched when it is first needed. */
export class Session {
  private network: Promise<Network> | undefined;
  private key: Promise<Signer> | undefined;
  private directory: Tokens | undefined;
  private names: ReadonlyMap<string, string> = new Map();
  private known: string | undefined;
  private lineOpen = false;
  private mayGoOn = true;
  private readonly stopping = new AbortController();
  readonly journal: Journal;
  /** What this run has signed. */
  readonly underWay: UnderWay;

  constructor(
    readonly config: Config,
    readonly outside: Outside,
    /** The command and its input: the same text for the same command. */
    readonly command = "",
  ) {
    this.journal = new Journal(stateDirectory(outside.env));
    this.underWay = new UnderWay(this.journal);
  }

  /** Unix milliseconds. */
  clock(): number {
    return (this.outside.clock ?? Date.now)();
  }

  /** Aborted once the user stops a command that has sent something. */
  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  /** From now on a stop does not end the program at once: it has to say what it sent. Returns what takes that back. */
  holdStops(): () => void {
    return this.outside.onStop?.(() => this.stopping.abort()) ?? (() => undefined);
  }

  connection(): Promise<Network> {
    this.network ??= this.connect();
    return this.network;
  }

  async provider(): Promise<Provider> {
    return (await this.connection()).provider;
  }

  async handles(): Promise<Handles> {
    return (await this.connection()).handles;
  }

  /** Fails unless the contracts are what they should be. Comes before everything that lets one of them take money. */
  async requireTrusted(): Promise<void> {
    await (await this.connection()).assertTrusted?.();
  }

  async tokens(): Promise<Tokens> {
    const { provider, handles, startBlock } = await this.connection();
    this.directory ??= new Tokens(provider, handles, startBlock);
    return this.directory;
  }

  /** The key that signs and sends; a command that asks first has it once it was told to go on. */
  async signer(): Promise<Signer> {
    if (!this.mayGoOn)
      throw new Failure("fault", "this is a fault of the program: it was to ask first. Nothing was sent");
    return this.ownKey(await this.provider());
  }

  /** The command does what cannot be undone: nothing is signed before `goOn`. */
  mustAsk(): void {
    this.mayGoOn = false;
  }

  /** Whoever was asked said yes. */
  goOn(): void {
    this.mayGoOn = true;
  }

  /** The key without a connection: it signs, and sends nothing. */
  offlineSigner(): Promise<Signer> {
    return this.ownKey(null);
  }

  /** The account that acts: the key's, or the one of --from. */
  async account(): Promise<string> {
    this.known ??= this.config.from ?? (await (await this.ownKey(await this.provider())).getAddress());
    return this.known;
  }

  /** As `account`; undefined where neither a key nor --from is given. */
  async accountIfAny(): Promise<string | undefined> {
    const { from, key, keystore } = this.config;
    return from === undefined && key === undefined && keystore === undefined ? undefined : this.account();
  }

  /** Unix seconds of the latest block. */
  async now(): Promise<number> {
    const block = await (await this.provider()).getBlock("latest");
    if (block === null) throw new Failure("network", "the node knows no latest block: check --rpc");
    return block.timestamp;
  }

  /** What is known by now, for sentences. `token`: the one that the call is about. */
  lexicon(token?: string): Lexicon {
    return { account: this.known, token, tokens: this.directory?.words, names: this.names };
  }

  /** What people call one of the protocol's contracts; undefined for others, and before there is a connection. */
  nameOf(address: string): string | undefined {
    return this.names.get(address);
  }

  /** Something that people should know while they wait, on stderr; nothing where machines read. */
  tell(text: string): void {
    if (this.config.json) return;
    this.endProgress();
    const screen = this.outside.io.screens?.err ?? NO_SCREEN;
    this.outside.io.err(`${fitted(text, screen)}\n`);
  }

  /** Writes what `tell` is to tell: its tables fit stderr, where a report's fit stdout. */
  toBeTold<T>(write: () => T): T {
    return onScreen(this.outside.io.screens?.err ?? NO_SCREEN, write);
  }

  /** What is being done right now, on a terminal: the next one replaces it. */
  progress(text: string): void {
    if (this.config.json || !this.outside.io.isTerminal) return;
    this.endProgress();
    this.outside.io.err(text);
    this.lineOpen = true;
  }

  /** Clears the line that `progress` left on the terminal. */
  endProgress(): void {
    if (this.lineOpen) this.outside.io.err("\r\u001b[2K");
    this.lineOpen = false;
  }

  async close(): Promise<void> {
    this.endProgress();
    const network = await this.network?.catch(() => undefined);
    network?.close();
  }

  private async ownKey(provider: Provider | null): Promise<Signer> {
    this.key ??= this.outside.loadSigner(this.config, provider, this.outside.io.readSecret);
    const signer = await this.key;
    const address = await signer.getAddress();
    if (this.config.from !== undefined && this.config.from !== address) {
      throw new Failure("configuration", `--from is ${this.config.from}, the key is of ${address}: leave one out`);
    }
    return signer;
  }

  private async connect(): Promise<Network> {
    const network = await this.outside.openNetwork(this.config, this.outside.packageRoot);
    const { market, escrow, staking, hold, liveness, council, disputes, timelock, governor } = network.handles;
    const named = [
      [market, "the market"],
      [escrow, "the escrow"],
      [staking, "the staking contract"],
      [liveness, "the liveness contract"],
      [hold, "HOLD"],
      [council, "the council"],
      [disputes, "the contract of disputes"],
      [timelock, "the timelock"],
      [governor, "the governor"],
    ] as const;
    this.names = new Map(
      await Promise.all(
        named.map(async ([contract, name]): Promise<[string, string]> => [
          getAddress(await contract.getAddress()),
          name,
        ]),
      ),
    );
    return network;
  }
}
