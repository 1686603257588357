import { AbiCoder, getAddress, getCreate2Address, getCreateAddress, id, keccak256 } from "ethers";

import frozen from "./create3-factory.json";

/**
 * The deterministic deployment proxy: the same address on every chain, because one presigned transaction, whose key
 * nobody has, creates it. Called with salt ++ init code, it does one CREATE2. https://github.com/Arachnid/deterministic-deployment-proxy
 */
export const CREATE2_PROXY = {
  address: "0x4e59b44847b379578588920cA78FbF26c0B4956C",
  code: "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3",
  /** Signer of `transaction`: it follows from the signature, nobody knows its key. */
  signer: "0x3fAB184622Dc19b6109349B94811493BF2a45362",
  transaction:
    "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222",
  gasPrice: 100_000_000_000n,
  cost: 100_000_000_000n * 100_000n,
} as const;

const FACTORY_SALT = `0x${"00".repeat(32)}`;

/**
 * Creation code of contracts/deploy/Create3Factory.sol, frozen: every address of the protocol follows from it, so a new
 * compiler or other settings must not change it.
 */
export const FACTORY_INIT_CODE = frozen.initCode;

/** keccak256 of the code that it leaves. */
export const FACTORY_CODE_HASH = frozen.codeHash;

/** Where Create3Factory is, on every chain. */
export const FACTORY_ADDRESS = getCreate2Address(CREATE2_PROXY.address, FACTORY_SALT, keccak256(FACTORY_INIT_CODE));

/** Call data with which the deterministic deployment proxy creates Create3Factory. */
export const FACTORY_CALL_DATA = FACTORY_SALT + FACTORY_INIT_CODE.slice(2);

/** Hash of the init code of the proxy through which CREATE3 creates (OpenZeppelin's Create3). */
export const PROXY_INIT_CODE_HASH = "0x57a34f6e879358dd76825d6700df87013ad6a3fb43c0d0c602f70a8772c153bd";

/** The salt under which a contract of the protocol is created. */
export function saltOf(release: string, name: string): string {
  return id(`leasehold/${release}/${name}`);
}

/** What `Create3Factory.addressOf` answers, without asking it. */
export function create3Address(creator: string, salt: string, factory: string = FACTORY_ADDRESS): string {
  const bound = keccak256(AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [creator, salt]));
  const proxy = getCreate2Address(factory, bound, PROXY_INIT_CODE_HASH);
  return getAddress(getCreateAddress({ from: proxy, nonce: 1 }));
}
