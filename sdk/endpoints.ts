/** How endpoints are named, and what of them nobody may see. Only the host of an endpoint is ever shown. */

export const HIDDEN = "<hidden>";
/** Shorter parts of a path are no keys: "v2". */
const LEAST_KEY = 8;
const LEAST_SECRET = 3;
/** A shorter secret is part of other words and of most addresses: it is hidden only where it stands by itself. */
const LONG_SECRET = 8;
const ENDPOINT = /\b(?:https?|wss?):\/\/[^\s"'`<>()[\]{}|,;]+/gi;

/** The host of an endpoint. */
export function endpointName(url: string): string {
  return new URL(url).host;
}

/** An endpoint without what may be a key: whose it is, and no more. */
export function showEndpoint(url: string): string {
  const { protocol, host, pathname, search, hash, username, password } = new URL(url);
  const more = pathname.length > 1 || [search, hash, username, password].some((part) => part !== "");
  return `${protocol}//${host}${more ? `/${HIDDEN}` : ""}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What the address of an endpoint holds besides its host, as written and decoded. */
export function secretsOfEndpoint(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { pathname, search, searchParams, username, password } = new URL(url);
  const header = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64");
  const parts = [
    username,
    password,
    username + password === "" ? "" : header,
    search.slice(1),
    ...[...searchParams.values()].filter((value) => value.length >= LEAST_KEY),
    ...pathname.split("/").filter((part) => part.length >= LEAST_KEY),
  ];
  const all = parts.flatMap((part) => [part, decoded(part)]);
  return [...new Set(all)].filter(({ length }) => length >= LEAST_SECRET);
}

function patternOf(secret: string): RegExp {
  const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(secret.length < LONG_SECRET ? `(?<![0-9a-z])${literal}(?![0-9a-z])` : literal, "gi");
}

/**
 * A text without any of the secrets, the longest first, and with the endpoints in it by their hosts. For logs and errors:
 * a result is never changed, whatever it looks like.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const named = text.replace(ENDPOINT, (found) => {
    const [end = ""] = /[.:!?]*$/.exec(found) ?? [];
    const url = found.slice(0, found.length - end.length);
    return URL.canParse(url) ? `${showEndpoint(url)}${end}` : HIDDEN;
  });
  return secrets
    .filter(({ length }) => length >= LEAST_SECRET)
    .sort((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replace(patternOf(secret), HIDDEN), named);
}

/** Why something failed, in few words; the long messages of ethers repeat the request, its endpoint included. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return redact(String(error), []);
  const short = "shortMessage" in error && typeof error.shortMessage === "string" ? error.shortMessage : error.message;
  return redact(short, []);
}
