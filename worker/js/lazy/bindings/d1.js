import { begin, current, defineBinding, expect, expose, host, refuse, secret, tag } from "shared";

const pending = new Map(); // batches without an answer, by number: { resolve, reject, failure, operation }
let lastNumber = 0;

// D1Database is a binding to a D1 database.
export class D1Database {
  #id;

  constructor(key, id) {
    if (key !== secret) refuse("D1Database");
    this.#id = id;
  }

  prepare(query) {
    expect(arguments.length, 1, "prepare");
    return new D1PreparedStatement(secret, this.#id, `${query}`, []);
  }

  // batch runs statements in one transaction, and returns a promise of their results.
  async batch(statements) {
    return (await send(this.#id, [...statements].map(partsOf))).map((result) => result.withRows(asObjects));
  }

  // exec runs each line as a statement. Empty lines are ignored, but not an empty text.
  async exec(query) {
    const text = `${query}`.trim();
    const lines = text.split("\n").filter((line) => line.trim() !== "" || text === "");
    const began = performance.now();
    try {
      await send(this.#id, lines.map((line) => ({ query: line, parameters: [] })));
    } catch (error) {
      const { cause, index } = error;
      throw index === undefined ? error : d1Error("D1_EXEC_ERROR", `Error in line ${index + 1}: ${lines[index]}: ${cause.message}`);
    }
    return { count: lines.length, duration: performance.now() - began };
  }

  // withSession returns a session, which is always consistent: there are no replicas.
  withSession() {
    return new D1DatabaseSession(secret, this);
  }

  async dump() {
    throw d1Error("D1_DUMP_ERROR", "dump() is not available: copy the file of the database while the application does not run");
  }
}

// D1DatabaseSession is what D1Database.withSession returns.
export class D1DatabaseSession {
  #database;

  constructor(key, database) {
    if (key !== secret) refuse("D1DatabaseSession");
    this.#database = database;
  }

  prepare(query) {
    return this.#database.prepare(query);
  }
  batch(statements) {
    return this.#database.batch(statements);
  }

  // getBookmark returns a bookmark, which stands for the latest state.
  getBookmark() {
    return "00000000-00000000-00000000-00000000000000000000000000000000";
  }
}

let partsOf;

// D1PreparedStatement is a statement with its parameters.
export class D1PreparedStatement {
  #id;
  #query;
  #parameters;

  static {
    partsOf = (statement) => ({ query: statement.#query, parameters: statement.#parameters });
  }

  constructor(key, id, query, parameters) {
    if (key !== secret) refuse("D1PreparedStatement");
    this.#id = id;
    this.#query = query;
    this.#parameters = parameters;
  }

  bind(...values) {
    return new D1PreparedStatement(secret, this.#id, this.#query, values.map(parameterOf));
  }

  async first(column) {
    const [result] = await this.#send();
    const [row] = result.withRows(asObjects).results;
    if (row === undefined) return null;
    if (column === undefined) return row;
    if (!Object.hasOwn(row, column)) throw d1Error("D1_COLUMN_NOTFOUND", `Column not found (${column})`, "Column not found");
    return row[column];
  }
  async run() {
    const [result] = await this.#send();
    return result.withRows(asObjects);
  }
  all() {
    return this.run();
  }
  async raw({ columnNames = false } = {}) {
    const [{ columns, rows }] = await this.#send();
    return columnNames ? [columns, ...rows] : rows;
  }

  #send() {
    return send(this.#id, [{ query: this.#query, parameters: this.#parameters }]);
  }
}

tag(D1Database, D1DatabaseSession, D1PreparedStatement);

// d1Error returns an error with the name of its kind, and with the text of the cause.
function d1Error(kind, text, cause = text) {
  return new Error(`${kind}: ${text}`, { cause: new Error(cause) });
}

// parameterOf converts a value to one that Go can bind: null, a number, a string or bytes.
function parameterOf(value) {
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "boolean") return Number(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice());
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (Array.isArray(value)) return Uint8Array.from(value);
  throw d1Error("D1_TYPE_ERROR", `Type '${typeof value}' not supported for value '${String(value)}'`);
}

// Result is the result of a statement.
class Result {
  constructor([columns, rows, changes, lastRowId, rowsRead, rowsWritten, duration], size) {
    this.columns = columns;
    this.rows = rows.map((row) => row.map(valueOf));
    this.meta = {
      served_by: "linger",
      served_by_primary: true,
      total_attempts: 1,
      timings: { sql_duration_ms: duration },
      duration,
      changes,
      last_row_id: lastRowId,
      changed_db: changes > 0 || rowsWritten > 0,
      size_after: size,
      rows_read: rowsRead,
      rows_written: rowsWritten,
    };
  }

  // withRows returns the result for the script, with the rows in another form.
  withRows(convert) {
    return { success: true, meta: this.meta, results: convert(this.columns, this.rows) };
  }
}

// valueOf returns a value of a row as D1 does: bytes as an array of numbers, and infinite numbers as null.
function valueOf(value) {
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

const asObjects = (columns, rows) => rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));

// send runs statements in Go, and returns a promise of their results.
function send(id, statements) {
  const failure = new Error(); // created here, so that its stack contains the caller
  if (statements.length === 0) return Promise.reject(d1Error("D1_ERROR", "No SQL statements detected."));
  const number = ++lastNumber;
  const operation = begin(() => pending.delete(number));
  if (operation.refused) return Promise.reject(operation.reason);
  return new Promise((resolve, reject) => {
    pending.set(number, { resolve, reject, failure, operation });
    try {
      host.d1Batch(number, current()?.subject.number ?? 0, id, statements.flatMap(({ query, parameters }) => [query, parameters]));
    } catch (error) {
      pending.delete(number);
      operation.end(reject, error);
    }
  });
}

expose("d1Done", (number, message, index, size, results) => {
  const waiting = pending.get(number);
  if (!waiting) return; // the object that has sent the statements has ended
  pending.delete(number);
  const { resolve, reject, failure, operation } = waiting;
  if (message === "") return operation.end(resolve, results.map((result) => new Result(result, size)));
  const hidden = { writable: true, configurable: true };
  Object.defineProperties(failure, {
    message: { value: `D1_ERROR: ${message}`, ...hidden },
    cause: { value: new Error(message), ...hidden },
    index: { value: index, ...hidden },
  });
  operation.end(reject, failure);
});

defineBinding("d1", ({ id }) => new D1Database(secret, id));
