import { expect } from "chai";
import { makeError } from "ethers";

import { endpointName, reasonOf, redact, secretsOfEndpoint, showEndpoint } from "../../sdk/endpoints";

const URL_WITH_ALL = "https://us3r:p%40ss1234@node.example:8443/v2/0123456789abcdef?token=opensesame&v=1";

describe("An endpoint", () => {
  it("is named by its host", () => {
    expect(endpointName(URL_WITH_ALL)).to.equal("node.example:8443");
    expect(showEndpoint(URL_WITH_ALL)).to.equal("https://node.example:8443/<hidden>");
    expect(showEndpoint("http://127.0.0.1:8545/")).to.equal("http://127.0.0.1:8545");
  });

  it("has all else for secret: user, password, long parts of the path, and the query, as written and decoded", () => {
    expect(secretsOfEndpoint(URL_WITH_ALL)).to.have.members([
      "us3r",
      "p%40ss1234",
      "p@ss1234",
      "0123456789abcdef",
      "token=opensesame&v=1",
      "opensesame",
      Buffer.from("us3r:p@ss1234").toString("base64"),
    ]);
    expect(secretsOfEndpoint("http://127.0.0.1:8545/v1")).to.deep.equal([]);
    expect(secretsOfEndpoint("no endpoint")).to.deep.equal([]);
  });

  it("stays hidden in the errors of others, even where nobody knows which endpoint it is", () => {
    const text = `could not reach ${URL_WITH_ALL}, (wss://a.example/key), "http://b.example?k=1". See https://c.example.`;
    expect(redact(text, [])).to.equal(
      'could not reach https://node.example:8443/<hidden>, (wss://a.example/<hidden>), "http://b.example/<hidden>". See https://c.example.',
    );
  });

  it("hides what is told of a request that was refused", () => {
    const error = makeError("server response 403 Forbidden", "SERVER_ERROR", {
      request: "",
      info: { requestUrl: URL_WITH_ALL },
    });
    expect(error.message).to.include("opensesame");
    expect(reasonOf(error)).to.equal("server response 403 Forbidden");
    expect(reasonOf(new Error(`fetch ${URL_WITH_ALL} failed`))).to.equal(
      "fetch https://node.example:8443/<hidden> failed",
    );
    expect(reasonOf("no error")).to.equal("no error");
  });
});

describe("Redaction", () => {
  it("hides a secret in any case of letters, the longest first", () => {
    expect(redact("OPENSESAME42 opensesame42more", ["opensesame42", "opensesame42more"])).to.equal("<hidden> <hidden>");
  });

  it("hides a short secret only where it stands by itself: 0000 is part of most addresses", () => {
    expect(redact("0x00000000000000000000000000000000000000ff: 0000, 10000", ["0000"])).to.equal(
      "0x00000000000000000000000000000000000000ff: <hidden>, 10000",
    );
  });

  it("hides nothing for a secret that is empty or of two letters", () => {
    expect(redact("a bc", ["", "bc"])).to.equal("a bc");
  });
});
