import { Worker } from "node:worker_threads";

import { keccak256 } from "ethers";
import { z } from "zod";

import { LocalServer } from "../../helpers/localServer";

/** Where the stand-in finds out what was created at an address: the hash of the init code. */
export type CreatedAt = (address: string) => Promise<string>;

const standardInput = z.object({
  language: z.literal("Solidity"),
  sources: z.record(z.string(), z.object({ content: z.string() })),
  settings: z.looseObject({}),
});
const compiled = z.object({
  errors: z.array(z.object({ severity: z.string(), message: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(z.string(), z.object({ evm: z.object({ bytecode: z.object({ object: z.string() }) }) })),
    )
    .default({}),
});

/** Compiles in a thread of its own, so that the servers of this process go on. */
function compile(input: object): Promise<z.infer<typeof compiled>> {
  const code = `const { parentPort, workerData } = require("node:worker_threads");
    parentPort.postMessage(require(workerData.solc).compile(workerData.input));`;
  const workerData = { solc: require.resolve("solc"), input: JSON.stringify(input) };
  return new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true, workerData });
    worker.once("message", (text: string) => {
      resolve(compiled.parse(JSON.parse(text)));
      void worker.terminate();
    });
    worker.once("error", reject);
  });
}

/** Compiles what was submitted, and compares it with what the chain says was created there. Words: the API's own. */
export async function judgement(
  submitted: { readonly input: unknown; readonly contract: string; readonly compiler: string; readonly args?: string },
  created: string,
): Promise<"match" | string> {
  const { default: solc } = (await import("solc")) as { default: { version(): string } };
  const installed = `v${solc.version().replace(/\.Emscripten\.clang$/, "")}`;
  if (submitted.compiler !== installed) return `Invalid compiler version ${submitted.compiler}`;
  const input = standardInput.parse(submitted.input);
  const [source = "", name = ""] = submitted.contract.split(":");
  const outputSelection = { [source]: { [name]: ["evm.bytecode.object"] } };
  const output = await compile({ ...input, settings: { ...input.settings, outputSelection } });
  const [fault] = output.errors.filter(({ severity }) => severity === "error");
  if (fault !== undefined) return `Fail - Unable to verify: ${fault.message}`;
  const code = output.contracts[source]?.[name]?.evm.bytecode.object;
  if (code === undefined) return `Fail - Unable to verify: no contract ${submitted.contract}`;
  if (!/^[0-9a-f]*$/.test(code)) return "Fail - Unable to verify: libraries are not linked";
  if (submitted.args !== undefined) {
    return keccak256(`0x${code}${submitted.args}`) === created ? "match" : "Fail - Unable to verify";
  }
  return "match";
}

export interface StandIn {
  readonly url: string;
  /** What was asked, in order: the action, or the path. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** Answers of a stand-in to one request. */
type Answer = (request: { readonly url: URL; readonly body: string }) => Promise<{ status?: number; json: unknown }>;

async function serve(asked: string[], answer: Answer): Promise<StandIn> {
  const server = await LocalServer.start(async (body, response, { url = "/" }) => {
    try {
      const { status = 200, json } = await answer({ url: new URL(url, "http://stand-in"), body });
      response.writeHead(status).end(JSON.stringify(json));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  return {
    url: server.url,
    asked,
    stop: () => server.stop(),
  };
}

/** Etherscan, as far as submitting goes; it works on what it accepted until it is asked for the second time. */
export async function etherscanStandIn(chainId: number, apiKey: string, createdAt: CreatedAt): Promise<StandIn> {
  const jobs = new Map<string, { looks: number; result: Promise<string> }>();
  const verified = new Set<string>();
  const asked: string[] = [];
  return serve(asked, async ({ url, body }) => {
    const form = new URLSearchParams(body);
    const field = (name: string): string => form.get(name) ?? "";
    asked.push(field("action"));
    const no = (result: string) => ({ json: { status: "0", message: "NOTOK", result } });
    if (url.searchParams.get("chainid") !== String(chainId)) return no("Missing or unsupported chainid parameter");
    if (field("apikey") !== apiKey) return no("Invalid API Key");
    if (field("action") === "verifysourcecode") {
      if (field("codeformat") !== "solidity-standard-json-input") return no("Invalid code format");
      const address = field("contractaddress");
      if (verified.has(address)) return no("Contract source code already verified");
      const created = await createdAt(address);
      if (/^0x0*$/.test(created)) return no("Address is not a smart-contract");
      const guid = `job-${jobs.size}`;
      const input: unknown = JSON.parse(field("sourceCode"));
      const args = field("constructorArguements");
      const result = judgement(
        { input, contract: field("contractname"), compiler: field("compilerversion"), args },
        created,
      );
      jobs.set(guid, {
        looks: 0,
        result: result.then((words) => (words === "match" ? (verified.add(address), words) : words)),
      });
      return { json: { status: "1", message: "OK", result: guid } };
    }
    const job = jobs.get(field("guid"));
    if (job === undefined) return no("Unknown guid");
    if (job.looks++ === 0) return no("Pending in queue");
    const words = await job.result;
    return words === "match" ? { json: { status: "1", message: "OK", result: "Pass - Verified" } } : no(words);
  });
}

const sourcifyBody = z.object({
  stdJsonInput: z.unknown(),
  compilerVersion: z.string(),
  contractIdentifier: z.string(),
});

/** Sourcify, as far as submitting goes; it reads constructor arguments from the chain, as the real one does. */
export async function sourcifyStandIn(chainId: number, creationOf: CreatedAt): Promise<StandIn> {
  const jobs = new Map<string, Promise<string>>();
  const asked: string[] = [];
  return serve(asked, async ({ url, body }) => {
    asked.push(url.pathname.replace(/0x\w+/, "<address>"));
    const [, version, verify, first = "", address] = url.pathname.split("/");
    if (version !== "v2" || verify !== "verify")
      return { status: 404, json: { customCode: "not_found", message: "no route" } };
    if (address === undefined) {
      const words = await jobs.get(first);
      const contract = { match: words === "match" ? "match" : null };
      const error = words === "match" ? {} : { error: { customCode: "no_match", message: words } };
      return { json: { isJobCompleted: true, contract, ...error } };
    }
    if (first !== String(chainId))
      return { status: 400, json: { customCode: "unsupported_chain", message: "unsupported" } };
    const { stdJsonInput, compilerVersion, contractIdentifier } = sourcifyBody.parse(JSON.parse(body));
    const submitted = { input: stdJsonInput, contract: contractIdentifier, compiler: `v${compilerVersion}` };
    const verificationId = `job-${jobs.size}`;
    jobs.set(verificationId, judgement({ ...submitted, args: "" }, await creationOf(address)));
    return { status: 202, json: { verificationId } };
  });
}
