import { readFileSync } from "node:fs";
import path from "node:path";

/** Names of an enum of contracts/types, in their order. */
export function enumIn(file: string, name: string): string[] {
  const source = readFileSync(path.join(__dirname, "../../contracts/types", file), "utf8");
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(source)?.[1] ?? "";
  return body
    .replace(/\/\/.*$/gm, "")
    .split(",")
    .map((line) => line.trim());
}
