/**
 * Every promise of docs/invariants.md and every attack of docs/keeper-testing.md is cited in the title of a test, and every
 * such id that a title cites is listed there.
 *
 *   npx tsx test/lint/promise-ids.ts
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import ts from "typescript";

const ID = /\b(?:INV-[A-Z]+|ATK-KPR)-\d+\b/g;
const DOCUMENTS = ["docs/invariants.md", "docs/keeper-testing.md"];
const TITLED = new Set(["describe", "context", "it", "specify"]);

export function idsIn(text: string): string[] {
  return [...new Set(text.match(ID) ?? [])];
}

/** The ids in the titles of tests that run: not in comments or strings elsewhere, not in skipped or pending ones. */
export function citedIds(source: string, fileName = "x.test.ts"): string[] {
  const cited: string[] = [];

  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression, arguments: args } = node;
      if (ts.isPropertyAccessExpression(expression) && expression.name.text === "skip") return;
      const name = ts.isPropertyAccessExpression(expression) ? expression.expression : expression;
      const [title, body] = args;
      if (ts.isIdentifier(name) && /^x(describe|context|it|specify)$/.test(name.text)) return;
      if (ts.isIdentifier(name) && TITLED.has(name.text) && title !== undefined && body !== undefined) {
        cited.push(...idsIn(title.getText()));
      }
    }
    ts.forEachChild(node, visit);
  };

  visit(ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true));
  return [...new Set(cited)];
}

export interface Comparison {
  /** Promises that no test title cites. */
  readonly uncited: string[];
  /** Ids cited by a test title that are no promise. */
  readonly unknown: string[];
}

export function compare(promises: Iterable<string>, cited: Iterable<string>): Comparison {
  const listed = new Set(promises);
  const tested = new Set(cited);
  return {
    uncited: [...listed].filter((id) => !tested.has(id)).sort(),
    unknown: [...tested].filter((id) => !listed.has(id)).sort(),
  };
}

/** Returns the exit code. */
export function check(documents: readonly string[], tests: string, log: (line: string) => void): number {
  const missing = documents.filter((document) => !existsSync(document));
  for (const document of missing) log(`Promise ids: ${document} is missing`);
  if (missing.length > 0) return 1;
  const promises = documents.flatMap((document) => idsIn(readFileSync(document, "utf8")));
  const listed = documents.join(" or ");
  const files = existsSync(tests)
    ? readdirSync(tests, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".test.ts"))
    : [];
  const cited = files.flatMap((file) => citedIds(readFileSync(path.join(tests, file), "utf8"), file));
  const { uncited, unknown } = compare(promises, cited);

  for (const id of uncited) log(`${id}: listed in ${listed}, cited by no test title`);
  for (const id of unknown) log(`${id}: cited by a test title, not listed in ${listed}`);
  log(`Promise ids: ${promises.length} promises, ${uncited.length} uncited, ${unknown.length} unknown`);
  return uncited.length + unknown.length > 0 ? 1 : 0;
}

if (require.main === module) process.exitCode = check(DOCUMENTS, "test", (line) => console.log(line));
