import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { main as census } from "../../deploy/census/cli";
import { main as deploy } from "../../deploy/cli";

const NETWORK_FILE = path.join(__dirname, "../../deploy/networks/local.json");
/** The first account that anvil and Hardhat give everybody: the deployer of the file. */
const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const SECRETS = [
  "us3rname",
  "p%40ssw0rd",
  "p@ssw0rd",
  "/v3/",
  "0123456789abcdef",
  "opensesame",
  "token=",
  KEY.slice(2),
];

/** A provider that knows its chain, and refuses all else: its answer repeats the key that was wrong. */
function refusingNode(status: number, from: "start" | "after the chain id"): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const { id, method } = JSON.parse(body) as { id?: number; method?: string };
      if (from === "after the chain id" && method === "eth_chainId") {
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result: "0x7a69" }));
        return;
      }
      response.writeHead(status).end(`no access for 0123456789abcdef at ${request.url ?? ""}`);
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

describe("Secrets of an endpoint, at npm run deploy and npm run census", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "leasehold-secrets-"));
  const book = path.join(directory, "book.json");
  before(() => {
    const contracts = {};
    const hash = `0x${"11".repeat(32)}`;
    const address = `0x${"22".repeat(20)}`;
    const json = {
      chainId: 31337,
      genesisHash: hash,
      startBlock: 0,
      deployer: address,
      factory: address,
      release: "1",
    };
    writeFileSync(book, JSON.stringify({ ...json, parametersHash: hash, contracts }));
  });
  after(() => rmSync(directory, { recursive: true }));

  for (const status of [401, 403]) {
    for (const from of ["start", "after the chain id"] as const) {
      it(`are in no message where a node answers ${status}, from the ${from} on: its host is`, async () => {
        const node = await refusingNode(status, from);
        const { port } = node.address() as AddressInfo;
        const rpc = `http://us3rname:p%40ssw0rd@127.0.0.1:${port}/v3/0123456789abcdef?token=opensesame`;
        const options = ["--network-file", NETWORK_FILE, "--rpc", rpc, "--book", book];
        try {
          for (const run of [
            (out: { line(text: string): void; error(text: string): void }) => deploy(["status", ...options], {}, out),
            (out: { line(text: string): void; error(text: string): void }) =>
              deploy(options, { DEPLOYER_KEY: KEY }, out),
            (out: { line(text: string): void; error(text: string): void }) => census(options, out),
          ]) {
            let told = "";
            const tell = (text: string): void => void (told += `${text}\n`);
            const code = await run({ line: tell, error: tell });
            expect(code).to.equal(1);
            for (const secret of SECRETS) expect(told).not.to.include(secret);
            expect(told).to.include(`127.0.0.1:${port}`).and.to.include(String(status));
          }
        } finally {
          node.close();
        }
      });
    }
  }
});
