import { formatEther, formatUnits } from "ethers";

import type { Config } from "./load";

const HIDDEN = "<hidden>";
/** Shorter parts of a path are no keys: "v2". */
const LEAST_KEY = 8;
const LEAST_SECRET = 3;

/** An endpoint without what may be a key: whose it is, and no more. */
export function showEndpoint(url: string): string {
  const { protocol, host, pathname, search, username, password } = new URL(url);
  const more = pathname.length > 1 || search !== "" || username !== "" || password !== "";
  return `${protocol}//${host}${more ? `/${HIDDEN}` : ""}`;
}

/** The host of each endpoint, for logs and metrics; numbered where several share one. */
export function endpointLabels(urls: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return urls.map((url) => {
    const { host } = new URL(url);
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
  const urls = [...lists.flatMap((list) => (list ?? "").split(",")), variables["KEEPER_STORE"] ?? ""];
  const hidden = urls.flatMap((text) => {
    if (!URL.canParse(text.trim())) return [];
    const { protocol, pathname, search, username, password } = new URL(text.trim());
    const isWeb = /^https?:$/.test(protocol);
    return [
      password,
      decoded(password),
      search.slice(1),
      ...(isWeb ? [username, ...pathname.split("/").filter((part) => part.length >= LEAST_KEY)] : []),
    ];
  });
  const key = variables["KEEPER_PRIVATE_KEY"]?.replace(/^0x/, "");
  const secrets = [...new Set([...(key === undefined ? [] : [key]), ...hidden])];
  return secrets.filter(({ length }) => length >= LEAST_SECRET).sort((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A text without any of the secrets, the longest first. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (shown, secret) => shown.replace(new RegExp(secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi"), HIDDEN),
    text,
  );
}
