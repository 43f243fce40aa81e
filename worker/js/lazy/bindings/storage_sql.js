import { bytesOf, host, isBuffer, refuse, secret, tag } from "shared";

// SqlStorage runs SQL statements on the database of an object.
export class SqlStorage {
  #object;

  constructor(key, object) {
    if (key !== secret) refuse("SqlStorage");
    this.#object = object;
  }

  // exec runs statements, of which the last one has the parameters and the result.
  exec(statements, ...parameters) {
    if (arguments.length === 0) throw new TypeError("Failed to execute 'exec' on 'SqlStorage': parameter 1 is not of type 'String'.");
    return new Cursor(secret, this.#object, host.sqlExec(this.#object, `${statements}`, parameters.map(parameterOf)));
  }

  get databaseSize() {
    return host.storageSize(this.#object);
  }

  get Cursor() {
    return Cursor;
  }
  get Statement() {
    return Statement;
  }
}

class Statement {
  constructor() {
    refuse("Statement");
  }
}

// parameterOf converts a value as the platform does: all numbers are floating-point numbers, and other values are texts.
function parameterOf(value) {
  if (value === undefined || value === null || typeof value === "string" || typeof value === "number") return value ?? null;
  if (isBuffer(value) || ArrayBuffer.isView(value)) return bytesOf(value);
  if (typeof value === "bigint") throw new TypeError("Cannot convert a BigInt value to a number");
  return `${value}`;
}

// A cursor that the script does not refer to any more is closed.
let forgotten;

// Cursor reads the rows of a result.
class Cursor {
  #object;
  #number; // of the cursor in Go; 0 if it has no other rows
  #rows; // those that were read from Go, in reverse order
  #columns;
  #read;
  #written;

  constructor(key, object, [number, columns, rows, read, written]) {
    if (key !== secret) refuse("Cursor");
    this.#object = object;
    this.#columns = columns;
    this.#take(number, rows, read, written);
    if (number === 0) return;
    forgotten ??= new FinalizationRegistry((forgottenNumber) => host.sqlClose(forgottenNumber));
    forgotten.register(this, number);
  }

  get columnNames() {
    return [...this.#columns];
  }
  get rowsRead() {
    return this.#read;
  }
  get rowsWritten() {
    return this.#written;
  }

  next() {
    const row = this.#next();
    return row === undefined ? { done: true, value: undefined } : { done: false, value: this.#named(row) };
  }
  toArray() {
    return [...this];
  }
  one() {
    const row = this.#next();
    if (row === undefined) throw new Error("Expected exactly one result from SQL query, but got no results.");
    if (this.#next() !== undefined) throw new Error("Expected exactly one result from SQL query, but got multiple results.");
    return this.#named(row);
  }
  raw() {
    return new RawRows(() => this.#next());
  }
  [Symbol.iterator]() {
    return new Rows(() => this.next());
  }

  #next() {
    if (this.#rows.length === 0 && this.#number !== 0) this.#take(...host.sqlNext(this.#object, this.#number));
    return this.#rows.pop();
  }

  #take(number, rows, read, written) {
    this.#number = number;
    this.#rows = rows.reverse();
    this.#read = read;
    this.#written = written;
  }

  // named returns a row with the names of the columns.
  #named(row) {
    return Object.fromEntries(this.#columns.map((name, i) => [name, row[i]]));
  }
}

// Rows iterates over results of next.
class Rows {
  #next;

  constructor(next) {
    this.#next = next;
  }
  next() {
    return this.#next();
  }
  [Symbol.iterator]() {
    return this;
  }
}

// RawRows iterates over rows as arrays.
class RawRows extends Rows {
  constructor(next) {
    super(() => {
      const value = next();
      return value === undefined ? { done: true, value: undefined } : { done: false, value };
    });
  }
  toArray() {
    return [...this];
  }
}

tag(SqlStorage, Cursor);
