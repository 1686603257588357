import { z } from "zod";

import { endpointName, reasonOf } from "../../sdk/endpoints";
import { DeployError } from "../errors";
import type { Material } from "./material";

/** What a verifier made of a contract. */
export interface Outcome {
  readonly verified: boolean;
  /** The verifier's own words. */
  readonly words: string;
}

/** Where to submit to, and how patiently. */
export interface VerifierSettings {
  readonly url: string;
  readonly chainId: number;
  readonly apiKey: string | undefined;
  /** Seconds between two looks at what was submitted. */
  readonly pause: number;
  /** Looks at one contract, at most. */
  readonly looks: number;
}

/** Publishes the source of one contract. */
export type Verifier = (material: Material) => Promise<Outcome>;

const SECONDS_PER_REQUEST = 60;
const sleep = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

/** One request; what is no answer of a verifier is an error that names its host alone. */
async function ask<T>(url: string, schema: z.ZodType<T>, body?: URLSearchParams | string): Promise<T> {
  const failure = (what: string, cause?: unknown): DeployError =>
    new DeployError(
      "VERIFIER",
      `The verifier at ${endpointName(url)} ${what}.`,
      "check --verifier and --api, and run again: what is verified stays so, and is not submitted twice.",
      { cause },
    );
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, {
      ...(body !== undefined && { method: "POST", body }),
      ...(typeof body === "string" && { headers: { "content-type": "application/json" } }),
      signal: AbortSignal.timeout(SECONDS_PER_REQUEST * 1_000),
    });
    ({ status } = response);
    text = await response.text();
  } catch (error) {
    throw failure(`does not answer: ${reasonOf(error)}`, error);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw failure(`answers with status ${status} and no JSON`, error);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw failure(`answers with status ${status}, but not as this API does`, parsed.error);
  return parsed.data;
}

/** Asks until there is an outcome. */
async function patiently<T>(
  { pause, looks }: VerifierSettings,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let count = 0; count < looks; count++) {
    const outcome = await look();
    if (outcome !== undefined) return outcome;
    await sleep(pause);
  }
  return undefined;
}

const UNDECIDED: Outcome = { verified: false, words: "it is still at work: run again later" };

// ------------------------------------------------------------------------------------------------- Etherscan

const etherscanAnswer = z.object({ status: z.string(), message: z.string().optional(), result: z.string() });
const BUSY = /rate limit|pending|in queue|unable to locate contractcode|try again/i;
const ALREADY = /already verified/i;

/** The API of Etherscan, version 2, which Blockscout and others speak too. */
export function etherscan(settings: VerifierSettings): Verifier {
  const { url, chainId, apiKey } = settings;
  const address = new URL(url);
  address.searchParams.set("chainid", String(chainId));
  const call = (fields: Record<string, string>): Promise<z.infer<typeof etherscanAnswer>> => {
    const form = new URLSearchParams({
      module: "contract",
      ...fields,
      ...(apiKey !== undefined && { apikey: apiKey }),
    });
    return ask(address.href, etherscanAnswer, form);
  };
  /** Submits; an outcome where that is one already, else what to ask for. */
  const submit = async (material: Material): Promise<Outcome | string | undefined> => {
    const { status, result } = await call({
      action: "verifysourcecode",
      codeformat: "solidity-standard-json-input",
      sourceCode: JSON.stringify(material.input),
      contractaddress: material.address,
      contractname: material.contract,
      compilerversion: material.compiler,
      // Spelled so in the API.
      constructorArguements: material.constructorArguments,
    });
    if (ALREADY.test(result)) return { verified: true, words: result };
    if (status === "1") return result;
    return BUSY.test(result) ? undefined : { verified: false, words: result };
  };
  const check = async (guid: string): Promise<Outcome | undefined> => {
    const { status, result } = await call({ action: "checkverifystatus", guid });
    if (BUSY.test(result)) return undefined;
    return { verified: status === "1" || ALREADY.test(result), words: result };
  };
  return async (material) => {
    const submitted = await patiently(settings, () => submit(material));
    if (submitted === undefined) return UNDECIDED;
    if (typeof submitted !== "string") return submitted;
    return (await patiently(settings, () => check(submitted))) ?? UNDECIDED;
  };
}

// -------------------------------------------------------------------------------------------------- Sourcify

const sourcifyAnswer = z.union([
  z.object({ verificationId: z.string() }),
  z.object({ customCode: z.string(), message: z.string() }),
]);
const sourcifyJob = z.object({
  isJobCompleted: z.boolean(),
  error: z.object({ customCode: z.string(), message: z.string() }).optional(),
  contract: z.object({ match: z.string().nullable() }).optional(),
});

/** The API of Sourcify, version 2. It reads constructor arguments from the chain. */
export function sourcify(settings: VerifierSettings): Verifier {
  const base = settings.url.replace(/\/$/, "");
  return async ({ address, contract, compiler, input }) => {
    const body = { stdJsonInput: input, compilerVersion: compiler.replace(/^v/, ""), contractIdentifier: contract };
    const url = `${base}/v2/verify/${settings.chainId}/${address}`;
    const answer = await ask(url, sourcifyAnswer, JSON.stringify(body));
    if (!("verificationId" in answer)) {
      return { verified: answer.customCode === "already_verified", words: answer.message };
    }
    const outcome = await patiently(settings, async (): Promise<Outcome | undefined> => {
      const job = await ask(`${base}/v2/verify/${answer.verificationId}`, sourcifyJob);
      if (!job.isJobCompleted) return undefined;
      const match = job.contract?.match ?? null;
      return match === null
        ? { verified: false, words: job.error?.message ?? "no match" }
        : { verified: true, words: match };
    });
    return outcome ?? UNDECIDED;
  };
}
