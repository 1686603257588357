import { type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { close, ListenError, serve } from "../../../keeper/ops/http";

const GOOD = { ok: true, why: "passing", lastGoodPassSeconds: 1 };
const BAD = { ok: false, why: "too few endpoints agree", lastGoodPassSeconds: 3 };

describe("Metrics and health over HTTP", () => {
  let server: Server;
  let base: string;

  before(async () => {
    const expose = async () => ({ contentType: "text/plain; version=0.0.4", text: "a_metric 1\n" });
    server = await serve(
      { host: "127.0.0.1", port: 0 },
      { health: { health: () => GOOD, readiness: () => BAD }, expose },
    );
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => close(server));

  it("serves the metrics as Prometheus reads them", async () => {
    const answer = await fetch(`${base}/metrics`);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get("content-type")).to.equal("text/plain; version=0.0.4");
    expect(await answer.text()).to.equal("a_metric 1\n");
  });

  it("answers 200 or 503, with one line of JSON that says why", async () => {
    for (const [path, status, verdict] of [
      ["/healthz", 200, GOOD],
      ["/readyz?verbose", 503, BAD],
    ] as const) {
      const answer = await fetch(`${base}${path}`);
      const text = await answer.text();
      expect(answer.status).to.equal(status);
      expect(text.trimEnd().split("\n")).to.have.length(1);
      expect(JSON.parse(text)).to.deep.equal(verdict);
    }
  });

  it("serves nothing else, to no other method", async () => {
    for (const path of ["/", "/metrics/", "/debug", "/../metrics2"]) {
      expect((await fetch(`${base}${path}`)).status).to.equal(404);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      expect((await fetch(`${base}/metrics`, { method })).status).to.equal(405);
    }
  });

  it("says what to do where somebody else listens already", async () => {
    const { port } = server.address() as AddressInfo;
    const error: unknown = await serve({ host: "127.0.0.1", port }, {} as never).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ListenError);
    expect((error as Error).message)
      .to.contain("KEEPER_LISTEN")
      .and.to.contain("EADDRINUSE");
  });

  it("answers 500, and stays up, when the metrics cannot be read", async () => {
    const broken = await serve(
      { host: "127.0.0.1", port: 0 },
      { health: { health: () => GOOD, readiness: () => GOOD }, expose: () => Promise.reject(new Error("no")) },
    );
    const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
    expect((await fetch(`${url}/metrics`)).status).to.equal(500);
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
    await close(broken);
  });

  it("closes at once, even with a client that keeps its connection open", async () => {
    const other = await serve(
      { host: "127.0.0.1", port: 0 },
      { health: { health: () => GOOD, readiness: () => GOOD }, expose: () => new Promise(() => undefined) },
    );
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const hanging = fetch(`${url}/metrics`).catch(() => "cut");
    await new Promise((resolve) => setTimeout(resolve, 20));
    await close(other);
    expect(await hanging).to.equal("cut");
  });
});
