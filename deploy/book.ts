import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import path from "node:path";

import { type AddressBook, formatAddressBook, readAddressBook } from "../sdk/addressBook";

/** Where the address book of a deployment is kept. */
export interface BookStore {
  /** What errors call it. */
  readonly source: string;
  /** The book, or undefined where there is none yet. */
  load(): AddressBook | undefined;
  save(book: AddressBook): void;
}

/** The address book in a file, replaced whole or not at all. */
export function bookFile(file: string): BookStore {
  return {
    source: file,
    load: () => (existsSync(file) ? readAddressBook(file) : undefined),
    save(book) {
      mkdirSync(path.dirname(file), { recursive: true });
      const draft = `${file}.${process.pid}.tmp`;
      const descriptor = openSync(draft, "w");
      try {
        writeSync(descriptor, formatAddressBook(book));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(draft, file);
    },
  };
}

/** An address book that ends with the process. */
export function bookInMemory(initial?: AddressBook): BookStore {
  let kept = initial;
  return {
    source: "the address book in memory",
    load: () => kept,
    save(book) {
      kept = book;
    },
  };
}
