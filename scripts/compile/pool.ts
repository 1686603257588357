import path from "node:path";
import { Worker } from "node:worker_threads";

interface Task {
  readonly input: string;
  readonly resolve: (output: string) => void;
  readonly reject: (error: Error) => void;
}

/** Threads with a compiler each. What is asked while all are busy waits for its turn. */
export class CompilerPool {
  private readonly idle: Thread[] = [];
  private readonly all: Thread[] = [];
  private readonly waiting: Task[] = [];

  constructor(private readonly size: number) {}

  /** Standard JSON in, standard JSON out. */
  compile(input: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ input, resolve, reject });
      this.next();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((thread) => thread.end()));
  }

  private next(): void {
    if (this.waiting.length === 0) return;
    let thread = this.idle.pop();
    if (thread === undefined && this.all.length < this.size) this.all.push((thread = new Thread()));
    const task = thread === undefined ? undefined : this.waiting.shift();
    if (thread === undefined || task === undefined) return;
    const free = (): void => {
      this.idle.push(thread);
      this.next();
    };
    thread.run(task, free);
  }
}

/** One compiler. Its listeners stay for as long as it lives: without any, the thread would not be heard any more. */
class Thread {
  private readonly worker = new Worker(path.join(__dirname, "worker.js"), { execArgv: [] });
  private task: Task | undefined;
  private onFree: () => void = () => undefined;

  constructor() {
    this.worker.on("message", (output: string) => {
      this.task?.resolve(output);
      this.task = undefined;
      this.onFree();
    });
    this.worker.on("error", (error) => this.task?.reject(error));
    this.worker.on("exit", (code) => this.task?.reject(new Error(`the compiler ended with code ${code}`)));
  }

  run(task: Task, onFree: () => void): void {
    this.task = task;
    this.onFree = onFree;
    this.worker.postMessage(task.input);
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
