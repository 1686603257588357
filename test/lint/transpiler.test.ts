import { expect } from "chai";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Types, of which nothing is left in JavaScript: whatever comes after them is in another line there. */
interface Transpiler {
  readonly transpile: (
    source: string,
    options: { readonly fileName: string },
  ) => { readonly outputText: string; readonly sourceMapText: string };
}

const { create } = createRequire(__filename)("../transpiler.js") as { readonly create: () => Transpiler };

describe("what turns the TypeScript of tests into JavaScript", () => {
  it("leaves errors the lines of the TypeScript", () => {
    const { stack } = new Error("from the marked line"); // marked
    const line = readFileSync(__filename, "utf8")
      .split("\n")
      .findIndex((text) => text.endsWith("// marked"));
    expect(stack).to.match(new RegExp(`transpiler\\.test\\.ts:${line + 1}:23\\)`));
  });

  it("keeps what it made by content: what changed is made anew, under any name", () => {
    const [a, b] = [create(), create()];
    const made = (by: Transpiler, content: string): string =>
      by.transpile(content, { fileName: "/any/name.ts" }).outputText;
    const content = (value: number): string => `export const value: number = ${value};`;
    expect(made(a, content(1)))
      .to.contain("const value = 1;")
      .and.not.to.contain("number");
    expect(made(b, content(1))).to.equal(made(a, content(1)));
    expect(made(b, content(2))).to.contain("const value = 2;");
  });
});
