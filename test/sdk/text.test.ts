import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { decodeText, readText, TextError, withoutCarriageReturns } from "../../sdk/text";

const ROOT = path.join(__dirname, "../..");
const TEXT = '{ "name": "Jürgen" }\r\n';

function utf16(text: string, order: "little" | "big", mark: boolean): Buffer {
  const bytes = Buffer.from(`${mark ? "\ufeff" : ""}${text}`, "utf16le");
  return order === "little" ? bytes : bytes.swap16();
}

describe("A text of somebody", () => {
  for (const [what, bytes] of [
    ["UTF-8", Buffer.from(TEXT)],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${TEXT}`)],
    ["UTF-16, little end first", utf16(TEXT, "little", true)],
    ["UTF-16, big end first", utf16(TEXT, "big", true)],
    ["UTF-16 without a mark", utf16(TEXT, "little", false)],
    ["UTF-16 without a mark, big end first", utf16(TEXT, "big", false)],
  ] as const) {
    it(`is read in ${what}`, () => expect(decodeText(bytes)).to.equal(TEXT));
  }

  it("is refused by name in any other encoding, and never read with other letters", () => {
    for (const bytes of [Buffer.from(TEXT, "latin1"), Buffer.from([0xff, 0xfe, 0x00, 0xd8])]) {
      expect(() => decodeText(bytes)).to.throw(TextError, "is no text in UTF-8 or UTF-16: save it as UTF-8");
    }
  });

  it("may be empty or one letter", () => {
    expect(decodeText(Buffer.from(""))).to.equal("");
    expect(decodeText(Buffer.from("a"))).to.equal("a");
  });

  it("comes out of a file", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "leasehold-text-"));
    try {
      writeFileSync(path.join(directory, "a"), utf16(TEXT, "little", true));
      expect(readText(path.join(directory, "a"))).to.equal(TEXT);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("is read nowhere in another way", () => {
    const inspected = ["sdk", "scripts/cli", "deploy", "keeper"].flatMap((directory) =>
      readdirSync(path.join(ROOT, directory), { recursive: true })
        .map((file) => path.join(directory, String(file)))
        .filter((file) => file.endsWith(".ts")),
    );
    expect(inspected).to.include("sdk/addressBook.ts");
    // What the compiler wrote is no text of a person.
    const others = inspected.filter(
      (file) =>
        file !== "deploy/artifacts.ts" &&
        /readFile(Sync)?\([^)]*["']utf-?8/.test(readFileSync(path.join(ROOT, file), "utf8")),
    );
    expect(others).to.deep.equal([]);
  });
});

describe("Variables that a file with the line ends of Windows set", () => {
  it("are what was meant", () => {
    const env = { A: "one\r", B: "two", C: undefined, D: "a\rb" };
    expect(withoutCarriageReturns(env)).to.deep.equal({ A: "one", B: "two", C: undefined, D: "a\rb" });
  });
});
