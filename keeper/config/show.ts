import { formatEther, formatUnits } from "ethers";

import { endpointName, HIDDEN, secretsOfEndpoint, showEndpoint } from "../../sdk/endpoints";
import type { Config } from "./load";

/** The host of each endpoint, for logs and metrics; numbered where several share one. */
export function endpointLabels(urls: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return urls.map((url) => {
    const host = endpointName(url);
    const nth = (seen.get(host) ?? 0) + 1;
    seen.set(host, nth);
    return nth === 1 ? host : `${host}#${nth}`;
  });
}

/** A store without the password of its database. */
export function showStore(store: string): string {
  if (!/^postgres(ql)?:/i.test(store)) return store;
  const { username, password, host, pathname } = new URL(store);
  const user = username === "" ? "" : `${username}${password === "" ? "" : `:${HIDDEN}`}@`;
  return `postgres://${user}${host}${pathname}`;
}

/** What a keeper was told, by what it means, without any secret. */
export function showConfig(config: Config): Readonly<Record<string, string | number | boolean>> {
  const { key, listen, maxFeePerGas, maxTransactionCost } = config;
  return {
    rpc: config.rpcUrls.map(showEndpoint).join(","),
    broadcast: config.broadcastUrls.map(showEndpoint).join(",") || "rpc",
    rpcTimeoutSeconds: config.rpcTimeoutMs / 1_000,
    addressBook: config.addressBook,
    key: key === undefined ? "none" : key.type === "environment" ? HIDDEN : key.file,
    store: showStore(config.store),
    name: config.name ?? "its account",
    journalDays: config.journalSeconds / 86_400,
    journalMegabytes: config.journalBytes / 1_000_000,
    pollSeconds: config.pollMs / 1_000,
    logRange: config.logRange,
    reorgDepth: config.reorgDepth,
    confirmations: config.confirmations,
    bumpBlocks: config.bumpBlocks,
    maxFeeGwei: maxFeePerGas === undefined ? "none" : formatUnits(maxFeePerGas, "gwei"),
    maxTransactionCost: maxTransactionCost === undefined ? "none" : formatEther(maxTransactionCost),
    l1FeeOracle: config.l1FeeOracle ?? "none",
    maxInFlight: config.maxInFlight,
    nodeGasLimit: config.nodeGasLimit.toString(),
    claimSeconds: config.claimSeconds,
    serve: config.serve.join(","),
    disputes: config.disputes,
    tokenPrices: [...config.weiPerToken].map(([token, wei]) => `${token}=${formatEther(wei)}`).join(","),
    minProfit: formatEther(config.minProfit),
    patienceSeconds: config.patience,
    listen: listen === undefined ? "off" : `${listen.host}:${listen.port}`,
    staleSeconds: config.staleMs / 1_000,
    logLevel: config.logLevel,
  };
}

/** What must never be printed, wherever an error found it: the key, and what addresses hold besides hosts. */
export function secretsOf(variables: NodeJS.ProcessEnv): string[] {
  const lists = [variables["KEEPER_RPC_URLS"], variables["KEEPER_BROADCAST_URLS"]];
  const endpoints = lists.flatMap((list) => (list ?? "").split(",")).flatMap((url) => secretsOfEndpoint(url.trim()));
  const key = variables["KEEPER_PRIVATE_KEY"]?.replace(/^0x/, "");
  const secrets = [key ?? "", ...endpoints, ...secretsOfStore(variables["KEEPER_STORE"]?.trim() ?? "")];
  return [...new Set(secrets)].filter((secret) => secret !== "");
}

/** The password of a store's database, as written and decoded. */
function secretsOfStore(store: string): string[] {
  if (!URL.canParse(store)) return [];
  const { protocol, hostname, password, search } = new URL(store);
  // The password alone: user and name of the database are shown.
  return secretsOfEndpoint(`${protocol}//:${password}@${hostname}/${search}`);
}
