/** A value of a pickle: Python's containers and plain values, and what the functions that are admitted make. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Pickled[]
  | Map<Pickled, Pickled>
  | PickledObject
  | PickledGlobal;

/** An object that is neither a container nor a plain value, such as a tensor. */
export abstract class PickledObject {
  /** Words for it in messages. */
  abstract readonly kind: string;
  /** Takes the state that Python's `__setstate__` would get. Default: it is ignored. */
  setState(_state: Pickled, _limits: PickleLimits): void {}
}

/** A function or class that a pickle names. */
export class PickledGlobal {
  /** Module and name, joined by a dot. */
  readonly name: string;
  /** Calls it; absent: it is no more than a name. */
  readonly call: PickledCall | undefined;

  /** Names a function. */
  constructor(name: string, call?: PickledCall) {
    this.name = name;
    this.call = call;
  }
}

/**
 * Does what a Python function does.
 * @throws PickleError about arguments that it does not understand.
 */
export type PickledCall = (args: readonly Pickled[], limits: PickleLimits) => Pickled;

/** Functions and classes by module and name; `null` for those that are never called. */
export type PickledGlobals = Readonly<Record<string, PickledCall | null>>;

/** A mistake at the byte that is being read: "Expected … but found …". */
export class PickleError extends Error {}

/** Keeps a small file from making much. Pickles inside of pickles share the limits of the outer one. */
export class PickleLimits {
  readonly #most: number;
  #steps = 0;
  #bytes: number;

  /** Limits for a file of this many bytes. */
  constructor(fileBytes: number) {
    this.#bytes = 8 * fileBytes + 2 ** 20;
    this.#most = Math.max(1e6, fileBytes >> 3); // a vector of a data set's class labels takes twenty
  }

  /** Counts a step of reading. */
  step(): void {
    if (++this.#steps > this.#most) throw new PickleError(`Expected at most ${this.#most} parts but found more`);
  }

  /** Counts memory before it is taken. */
  take(bytes: number): void {
    this.#bytes -= bytes;
    if (!(this.#bytes >= 0)) {
      throw new PickleError("Expected no more values than the file has bytes for but found more");
    }
  }
}

/** Options of {@linkcode unpickle}. */
export interface UnpickleOptions {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Offset in the file at which `bytes` begin, for messages. */
  readonly offset?: number;
  /** Functions and classes that may be called and named. */
  readonly globals: PickledGlobals;
  /** Meaning of a persistent id. */
  readonly persistent?: (id: Pickled) => Pickled;
  /** Limits. */
  readonly limits: PickleLimits;
}

/**
 * Reads a Python pickle of protocol 2 to 5 without running anything: only the functions in a table are called, which
 * are ours. Everything else that a pickle names is refused by its name.
 *
 * @param bytes Bytes that begin with the pickle.
 * @param options What is admitted.
 * @returns The value, and where the pickle ends in `bytes`.
 * @throws Error naming file and byte.
 */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): { value: Pickled; end: number } {
  const machine = new Machine(bytes, options);
  try {
    return machine.run();
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    throw new Error(`${error.message} in ${options.name} at byte ${(options.offset ?? 0) + machine.opcodeAt}`, {
      cause: error,
    });
  }
}

/** Longest whole number, bytes. */
const LONGEST_NUMBER = 64;

class Machine {
  /** Offset of the current instruction. */
  opcodeAt = 0;
  #at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #options: UnpickleOptions;
  #stack: Pickled[] = [];
  readonly #marks: Pickled[][] = [];
  readonly #memo = new Map<number, Pickled>();

  constructor(bytes: Uint8Array, options: UnpickleOptions) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#options = options;
  }

  run(): { value: Pickled; end: number } {
    while (true) {
      this.opcodeAt = this.#at;
      this.#options.limits.step();
      const opcode = String.fromCharCode(this.#byte());
      if (opcode === ".") return { value: this.#pop(), end: this.#at };
      this.#execute(opcode);
    }
  }

  #execute(opcode: string): void {
    switch (opcode) {
      case "\x80": { // PROTO
        const protocol = this.#byte();
        if (protocol < 2 || protocol > 5) throw expected("a pickle of protocol 2 to 5", protocol);
        return;
      }
      case "\x95": // FRAME
        return void this.#length(8);
      case "(": // MARK
        this.#marks.push(this.#stack);
        this.#stack = [];
        return;
      case "0": // POP
        return void this.#pop();
      case "1": // POP_MARK
        return void this.#popMark();
      case "2": // DUP
        return this.#push(this.#top());

      case "N":
        return this.#push(null);
      case "\x88":
        return this.#push(true);
      case "\x89":
        return this.#push(false);
      case "K": // BININT1
        return this.#push(this.#byte());
      case "M": // BININT2
        return this.#push(this.#view.getUint16(this.#skip(2), true));
      case "J": // BININT
        return this.#push(this.#view.getInt32(this.#skip(4), true));
      case "\x8a": // LONG1
        return this.#push(this.#wholeNumber(this.#byte()));
      case "\x8b": // LONG4
        return this.#push(this.#wholeNumber(this.#length(4)));
      case "G": // BINFLOAT
        return this.#push(this.#view.getFloat64(this.#skip(8)));

      case "\x8c": // SHORT_BINUNICODE
        return this.#push(this.#text("utf-8", this.#length(1)));
      case "X": // BINUNICODE
        return this.#push(this.#text("utf-8", this.#length(4)));
      case "\x8d": // BINUNICODE8
        return this.#push(this.#text("utf-8", this.#length(8)));
      case "U": // SHORT_BINSTRING, of Python 2
        return this.#push(this.#text("latin1", this.#length(1)));
      case "T": // BINSTRING
        return this.#push(this.#text("latin1", this.#length(4)));
      case "C": // SHORT_BINBYTES
        return this.#push(this.#slice(this.#length(1)));
      case "B": // BINBYTES
        return this.#push(this.#slice(this.#length(4)));
      case "\x8e": // BINBYTES8
      case "\x96": // BYTEARRAY8
        return this.#push(this.#slice(this.#length(8)));

      case ")": // EMPTY_TUPLE
      case "]": // EMPTY_LIST
        return this.#push([]);
      case "}": // EMPTY_DICT
        return this.#push(new Map());
      case "t": // TUPLE
      case "l": // LIST
        return this.#push(this.#popMark());
      case "\x85": // TUPLE1
        return this.#push(this.#popMany(1));
      case "\x86":
        return this.#push(this.#popMany(2));
      case "\x87":
        return this.#push(this.#popMany(3));
      case "d": // DICT
        return this.#push(this.#setItems(new Map(), this.#popMark()));
      case "a": // APPEND
        return this.#append([this.#pop()]);
      case "e": // APPENDS
        return this.#append(this.#popMark());
      case "s": // SETITEM
        return void this.#setItems(this.#dict(2), this.#popMany(2));
      case "u": { // SETITEMS
        const items = this.#popMark();
        return void this.#setItems(this.#dict(0), items);
      }

      case "q": // BINPUT
        return void this.#memo.set(this.#byte(), this.#top());
      case "r": // LONG_BINPUT
        return void this.#memo.set(this.#view.getUint32(this.#skip(4), true), this.#top());
      case "\x94": // MEMOIZE
        return void this.#memo.set(this.#memo.size, this.#top());
      case "h": // BINGET
        return this.#push(this.#remembered(this.#byte()));
      case "j": // LONG_BINGET
        return this.#push(this.#remembered(this.#view.getUint32(this.#skip(4), true)));

      case "c": // GLOBAL
        return this.#push(this.#global(this.#line(), this.#line()));
      case "\x93": { // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        return this.#push(this.#global(module, name));
      }
      case "R": // REDUCE
      case "\x81": // NEWOBJ
        return this.#call();
      case "b": { // BUILD
        const state = this.#pop(), object = this.#top();
        if (object instanceof PickledObject) return object.setState(state, this.#options.limits);
        if (object instanceof Map) return; // attributes of an OrderedDict, such as versions of modules
        throw expected("an object that has a state", object);
      }
      case "Q": { // BINPERSID
        const { persistent } = this.#options;
        if (!persistent) throw expected("no persistent id", this.#pop());
        return this.#push(persistent(this.#pop()));
      }
      default: {
        if (opcode === "i") this.#global(this.#line(), this.#line()); // INST: name what it would make
        const code = opcode.charCodeAt(0).toString(16).padStart(2, "0");
        throw expected("an instruction of a pickle of tensors and containers", `0x${code}`);
      }
    }
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  /** Passes some bytes and returns where they begin. */
  #skip(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) {
      throw new PickleError(`Expected ${count} more bytes but found ${this.#bytes.length - at}`);
    }
    this.#at += count;
    return at;
  }

  /** A length of 1, 4 or 8 bytes. */
  #length(size: 1 | 4 | 8): number {
    const at = this.#skip(size);
    if (size === 1) return this.#bytes[at]!;
    return size === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true));
  }

  #slice(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  #text(encoding: "utf-8" | "latin1", length: number): string {
    return new TextDecoder(encoding).decode(this.#slice(length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > 1000) throw expected("a line with a name", "none");
    const line = this.#text("utf-8", end - this.#at);
    this.#at = end + 1;
    return line;
  }

  /** A whole number of this many bytes, in two's complement. */
  #wholeNumber(length: number): number | bigint {
    if (length > LONGEST_NUMBER) throw expected(`numbers of at most ${LONGEST_NUMBER} bytes`, length);
    let value = 0n;
    for (const byte of this.#slice(length).toReversed()) value = value << 8n | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #push(value: Pickled): void {
    this.#stack.push(value);
  }

  #top(): Pickled {
    if (this.#stack.length === 0) throw expected("a value on the stack", "none");
    return this.#stack.at(-1)!;
  }

  #pop(): Pickled {
    this.#top();
    return this.#stack.pop()!;
  }

  #popMany(count: number): Pickled[] {
    if (this.#stack.length < count) throw expected(`${count} values on the stack`, this.#stack.length);
    return this.#stack.splice(-count);
  }

  #popMark(): Pickled[] {
    const before = this.#marks.pop();
    if (!before) throw expected("a mark on the stack", "none");
    const values = this.#stack;
    this.#stack = before;
    return values;
  }

  #append(values: readonly Pickled[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw expected("a list to append to", list);
    for (const value of values) list.push(value);
  }

  /** The dictionary below `depth` values. */
  #dict(depth: number): Map<Pickled, Pickled> {
    const dict = this.#stack.at(-1 - depth);
    if (!(dict instanceof Map)) throw expected("a dictionary", dict ?? null);
    return dict;
  }

  #setItems(dict: Map<Pickled, Pickled>, items: readonly Pickled[]): Map<Pickled, Pickled> {
    if (items.length % 2 !== 0) throw expected("a value for every key", `${items.length} keys and values`);
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
    return dict;
  }

  #remembered(index: number): Pickled {
    const value = this.#memo.get(index);
    if (value === undefined) throw expected("a value that was remembered before", `number ${index}`);
    return value;
  }

  #global(module: Pickled | undefined, attribute: Pickled | undefined): PickledGlobal {
    if (typeof module !== "string" || typeof attribute !== "string") {
      throw expected("a module and a name", module ?? null);
    }
    const name = `${module}.${attribute}`;
    if (!Object.hasOwn(this.#options.globals, name)) {
      throw new PickleError(`Expected tensors and containers but found ${name}`);
    }
    return new PickledGlobal(name, this.#options.globals[name] ?? undefined);
  }

  #call(): void {
    const [callee, args] = this.#popMany(2);
    if (!(callee instanceof PickledGlobal) || !callee.call) throw expected("something to call", callee ?? null);
    if (!Array.isArray(args)) throw expected(`arguments of ${callee.name}`, args ?? null);
    this.#push(callee.call(args, this.#options.limits));
  }
}

/** An error about a value. */
export function expected(what: string, found: Pickled): PickleError {
  return new PickleError(`Expected ${what} but found ${describe(found)}`);
}

/** A short text for a value. */
export function describe(value: Pickled): string {
  if (value === null) return "None";
  if (value instanceof Map) return "a dictionary";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof PickledObject) return value.kind;
  if (value instanceof PickledGlobal) return value.name;
  return Array.isArray(value) ? "a list" : String(value).slice(0, 80);
}
