import { expect } from "chai";
import {
  AbiCoder,
  AbstractProvider,
  EnsPlugin,
  namehash,
  Network,
  type PerformActionRequest,
  toBeHex,
  ZeroHash,
} from "ethers";

import { ensAddress } from "../../scripts/cli/ens";
import { leasehold } from "../helpers/commandLine";
import { openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";

const ALICE = "0x976EA74026E726554dB657fA54763abd0C3a0aa9";
const REGISTRY = "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e";
const RESOLVER = "0x1000000000000000000000000000000000000001";
const SELECTOR = { resolver: "0x0178b8bf", supportsInterface: "0x01ffc9a7", addr: "0x3b3b57de" };

/** A chain with a registry of names, as ethers asks it; "alice.eth" alone is in it. */
class ChainWithNames extends AbstractProvider {
  constructor(private readonly answers = true) {
    super(new Network("names", 5n).attachPlugin(new EnsPlugin(REGISTRY, 5)));
  }

  override _detectNetwork(): Promise<Network> {
    return Promise.resolve(new Network("names", 5n).attachPlugin(new EnsPlugin(REGISTRY, 5)));
  }

  override _perform<T>(request: PerformActionRequest): Promise<T> {
    if (request.method === "chainId") return Promise.resolve(5 as T);
    if (!this.answers || request.method !== "call") return Promise.reject(new Error("the node is busy"));
    const { to, data } = request.transaction;
    const [selector, node] = [String(data).slice(0, 10), `0x${String(data).slice(10, 74)}`];
    const known = node === namehash("alice.eth");
    const answer = (type: string, value: unknown): Promise<T> =>
      Promise.resolve(AbiCoder.defaultAbiCoder().encode([type], [value]) as T);
    if (to === REGISTRY && selector === SELECTOR.resolver) return answer("address", known ? RESOLVER : toBeHex(0, 20));
    if (to === RESOLVER && selector === SELECTOR.supportsInterface) return answer("bool", false);
    if (to === RESOLVER && selector === SELECTOR.addr) return answer("address", known ? ALICE : toBeHex(0, 20));
    return Promise.resolve(ZeroHash as T);
  }
}

describe("names of ENS", () => {
  it("are looked up where the chain has a registry", async () => {
    const provider = new ChainWithNames();
    expect(await ensAddress(provider, "alice.eth")).to.equal(ALICE);
    let said = "";
    await ensAddress(provider, "bob.eth").catch((error: Error) => (said = error.message));
    expect(said).to.equal('the registry of names has no address for "bob.eth"');
    provider.destroy();
  });

  it("are not told to be free where the node does not answer", async () => {
    const provider = new ChainWithNames(false);
    let said = "";
    await ensAddress(provider, "alice.eth").catch((error: Error) => (said = error.message));
    expect(said).to.equal("the node is busy");
    provider.destroy();
  });

  it("are refused, with the reason, where the chain has none", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const line = `hold transfer alice.eth 1 --dry-run --from ${ALICE}`;
    const { code, err } = await leasehold(fixture, undefined, line);
    expect(code).to.equal(2);
    expect(err).to.equal(
      'error: "alice.eth" looks like a name of ENS, and chain 31337 has no registry of names that is known: give the address\n',
    );
  });
});
