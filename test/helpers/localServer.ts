import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers one request, of which the body has arrived. Where it fails, the connection ends without an answer. */
type Handler = (body: string, response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

/** An HTTP server of a test, on a free port of this machine. */
export class LocalServer {
  private readonly server: Server;

  private constructor(handle: Handler, options: ServerOptions) {
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      await handle(Buffer.concat(chunks).toString(), response, request);
    };
    this.server = createServer(options, (request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(handle: Handler, options: ServerOptions = {}): Promise<LocalServer> {
    const local = new LocalServer(handle, options);
    await new Promise<void>((resolve) => local.server.listen(0, "127.0.0.1", resolve));
    return local;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
