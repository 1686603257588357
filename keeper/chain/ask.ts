import { decides, quorum } from "./agreement";
import type { Endpoint } from "./endpoint";
import type { Oddities } from "./oddities";
import { BehindError, FailedError, RefusedError, VoidAnswerError, WaitError } from "./rpcErrors";
import { shortFingerprint } from "./shapes";

/** Not enough endpoints say the same: `answered` of them spoke. */
export class DisagreementError extends WaitError {
  override readonly name = "DisagreementError";
  constructor(
    message: string,
    readonly answered: number,
  ) {
    super(message);
  }
}

/** One question to several endpoints. */
export interface Question<T> {
  /** For people: "the logs of a block". */
  readonly what: string;
  /** How many endpoints are configured; `endpoints` are those that can be asked. */
  readonly n: number;
  readonly endpoints: readonly Endpoint[];
  readonly ask: (endpoint: Endpoint) => Promise<T>;
  /** Equal for answers that say the same; of all that is in the answer unless told. */
  readonly key?: (value: T) => string;
  readonly oddities: Oddities;
}

/** An answer that enough endpoints gave, and how many did until then. */
export interface Agreed<T> {
  readonly value: T;
  readonly same: number;
}

/**
 * What enough endpoints say, as soon as nobody else can change it; later answers are still compared. Fails with a
 * DisagreementError, or with a WaitError where too few answer.
 */
export function agree<T>(question: Question<T>): Promise<Agreed<T>> {
  const { n, endpoints, what, oddities } = question;
  // One alone has nobody to be compared with.
  const key = endpoints.length === 1 ? () => "" : (question.key ?? shortFingerprint);
  return new Promise((resolve, reject) => {
    const answers = new Map<Endpoint, { readonly key: string; readonly value: T }>();
    const failures: string[] = [];
    let winner: string | undefined;

    const look = (pending: number): void => {
      const sizes = new Map<string, number>();
      for (const answer of answers.values()) sizes.set(answer.key, (sizes.get(answer.key) ?? 0) + 1);
      for (const answer of answers.values()) {
        const same = sizes.get(answer.key) ?? 0;
        if (winner !== undefined || !decides(n, same, answers.size, pending)) continue;
        winner = answer.key;
        resolve({ value: answer.value, same });
      }
      if (pending > 0) return;
      for (const [endpoint, answer] of answers) {
        if (winner === undefined || answer.key === winner) oddities.right(endpoint.name, what);
        else oddities.note(endpoint.name, "differs", what, clip(answer.key));
      }
      if (winner !== undefined) return;
      if (sizes.size > 1) {
        const said = [...answers].map(([endpoint, answer]) => `${endpoint.name}: ${clip(answer.key)}`);
        for (const [endpoint, answer] of answers) oddities.note(endpoint.name, "differs", what, clip(answer.key));
        reject(new DisagreementError(`The endpoints disagree on ${what}: ${said.join("; ")}.`, answers.size));
      } else {
        reject(tooFew(what, n, answers.size, failures));
      }
    };

    askEach(question, {
      answered: (value, endpoint) => void answers.set(endpoint, { key: key(value), value }),
      failed: (reason) => void failures.push(reason),
      look,
      reject,
    });
  });
}

/** What becomes of a question that every endpoint is asked. */
interface Hearing<T> {
  readonly answered: (value: T, endpoint: Endpoint) => void;
  readonly failed: (reason: string) => void;
  /** After each endpoint, with how many have not answered yet; once, where none is asked. */
  readonly look: (pending: number) => void;
  /** A mistake of this program. */
  readonly reject: (error: unknown) => void;
}

/** Asks every endpoint at once. */
function askEach<T>(question: Omit<Question<T>, "key">, { answered, failed, look, reject }: Hearing<T>): void {
  const { endpoints, what, oddities } = question;
  let pending = endpoints.length;
  for (const endpoint of endpoints) {
    question
      .ask(endpoint)
      .then((value) => {
        heard(oddities, endpoint);
        answered(value, endpoint);
      })
      .catch((error: unknown) => failed(note(oddities, endpoint, what, error)))
      .finally(() => {
        pending -= 1;
        look(pending);
      })
      .catch(reject);
  }
  if (endpoints.length === 0) look(0);
}

/** How long others are waited for when enough have answered, milliseconds. */
const GRACE_MS = 250;

/**
 * All answers of those that answer in time: once `enough` have, the others get a moment more. Fails with a WaitError where too
 * few answer.
 */
export function gather<T>(question: Omit<Question<T>, "key">, enough = quorum(question.n)): Promise<T[]> {
  const { n, what } = question;
  return new Promise((resolve, reject) => {
    const values: T[] = [];
    const failures: string[] = [];
    let timer: NodeJS.Timeout | undefined;
    const look = (pending: number): void => {
      if (pending === 0) {
        clearTimeout(timer);
        if (values.length < quorum(n)) reject(tooFew(what, n, values.length, failures));
        else resolve([...values]);
      } else if (values.length >= enough) {
        timer ??= setTimeout(() => resolve([...values]), GRACE_MS);
      }
    };
    askEach(question, {
      answered: (value) => void values.push(value),
      failed: (reason) => void failures.push(reason),
      look,
      reject,
    });
  });
}

/** Tells that an endpoint did not answer, and returns why. What is a mistake of this program is thrown again. */
export function note(oddities: Oddities, endpoint: Endpoint, what: string, error: unknown): string {
  if (error instanceof BehindError) return error.message;
  if (error instanceof FailedError) {
    if (error.kind === "wrongChain") oddities.note(endpoint.name, "wrongChain", "the chain", error.reason);
    else if (error.kind !== "closed") oddities.note(endpoint.name, "failed", "the connection", error.reason);
  } else if (error instanceof RefusedError) {
    oddities.note(endpoint.name, "refused", what, error.reason);
  } else if (error instanceof VoidAnswerError) {
    oddities.note(endpoint.name, "void", what, error.message);
  } else {
    throw error;
  }
  return error instanceof VoidAnswerError ? `${endpoint.name}: ${error.message}` : error.message;
}

/** The endpoint answers again. */
export function heard(oddities: Oddities, endpoint: Endpoint): void {
  oddities.right(endpoint.name, "the connection");
  oddities.right(endpoint.name, "the chain");
}

function tooFew(what: string, n: number, answered: number, failures: readonly string[]): WaitError {
  const why = failures.length === 0 ? "the others rest after failures" : failures.join("; ");
  return new WaitError(
    `${answered} of ${n} endpoints told ${what}, ${quorum(n)} are needed: ${why}. Check the endpoints, or configure more.`,
  );
}

const clip = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
