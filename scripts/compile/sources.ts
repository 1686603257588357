import { readFileSync } from "node:fs";
import path from "node:path";

/** Contents of files by the names under which the compiler knows them. */
export type Sources = Readonly<Record<string, string>>;

const IMPORT = /^\s*import\s+(?:[^"';]*?\s+from\s+)?["']([^"']+)["']/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** Reads Solidity files, each once, and all that they import; what is no file of the project is one of a package. */
export class SourceTree {
  private readonly files = new Map<string, { content: string; imports: string[] }>();

  constructor(private readonly root: string) {}

  /** A file and everything that it imports, however indirectly, by name. */
  closureOf(name: string): Sources {
    const found = new Map<string, string>();
    const todo = [name];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (found.has(next)) continue;
      const { content, imports } = this.read(next);
      found.set(next, content);
      todo.push(...imports);
    }
    return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private read(name: string): { content: string; imports: string[] } {
    const known = this.files.get(name);
    if (known !== undefined) return known;
    const content = readFileSync(path.join(this.root, name.startsWith("@") ? "node_modules" : "", name), "utf8");
    const imports = [...content.replace(COMMENT, "").matchAll(IMPORT)].map(([, imported = ""]) =>
      imported.startsWith(".") ? path.posix.join(path.posix.dirname(name), imported) : imported,
    );
    const file = { content, imports };
    this.files.set(name, file);
    return file;
  }
}
