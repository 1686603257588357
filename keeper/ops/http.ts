import { createServer, type Server, type ServerResponse } from "node:http";

import type { ListenAddress } from "../config/fields";
import type { Health, Verdict } from "./health";

/** What is served: how the keeper is, and what it measured. */
export interface Served {
  readonly health: Pick<Health, "health" | "readiness">;
  readonly expose: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** The address cannot be listened at. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** A client may take so long to ask; nobody keeps a connection open for longer. */
const REQUEST_MS = 5_000;
const MOST_CONNECTIONS = 64;

/** Serves GET /metrics, /healthz and /readyz, and nothing else. Fails with a ListenError. */
export async function serve(address: ListenAddress, served: Served): Promise<Server> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    request.resume();
    if (request.method !== "GET" && request.method !== "HEAD") {
      return answer(response.setHeader("allow", "GET, HEAD"), 405, "text/plain", "only GET\n");
    }
    switch (request.url?.split("?")[0]) {
      case "/metrics":
        return void served.expose().then(
          ({ contentType, text }) => answer(response, 200, contentType, text),
          () => answer(response, 500, "text/plain", "the metrics cannot be read\n"),
        );
      case "/healthz":
        return tell(response, served.health.health());
      case "/readyz":
        return tell(response, served.health.readiness());
      default:
        return answer(response, 404, "text/plain", "there are /metrics, /healthz and /readyz\n");
    }
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.keepAliveTimeout = REQUEST_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = `${address.host}:${address.port} cannot be listened at (${error.code ?? error.message})`;
      reject(new ListenError(`KEEPER_LISTEN: ${why}: choose another address, or stop what listens there`));
    });
    server.listen(address.port, address.host, resolve);
  });
  server.on("error", () => undefined);
  return server;
}

/** Stops listening and cuts what is still connected. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function tell(response: ServerResponse, verdict: Verdict): void {
  answer(response, verdict.ok ? 200 : 503, "application/json", `${JSON.stringify(verdict)}\n`);
}

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" }).end(body);
}
