// Types of Linger: written by `linger types`, which replaces this file. Put changes elsewhere.
//
// They need TypeScript 5 or later, and no library for browsers: { "lib": ["es2023"], "types": [] } in the
// compilerOptions of tsconfig.json. They also work together with the libraries "dom" or "webworker". Then the types of
// the library apply where both declare the same name, although they contain more than Linger has. For --runtime=node add
// the package @types/node: { "lib": ["es2023"], "types": ["node"], "skipLibCheck": true }.

// ---- Linger -------------------------------------------------------------------------------------------------------

/** The types of the application's variables. Declare yours: `interface Env { API_KEY: string }`. */
interface Env {
  [name: string]: unknown;
}

/** The variables of the application: [vars] of linger.toml, .env, .dev.vars, --env-file and --var. */
declare var env: Env;

/** A message that can be sent: text or bytes. */
type WebSocketMessage = string | ArrayBuffer | ArrayBufferView;

/**
 * A connection. It outlives the code: the events of later versions get a handle of the same connection.
 * Data is the type of the value that the application stores in it, which can be any value that can be cloned.
 */
interface WebSocketConnection<Data = any> {
  readonly id: string;
  /** The URL of the upgrade request. */
  readonly url: string;
  /** The negotiated subprotocol, or "" if there is none. */
  readonly protocol: string;
  /** The IP address of the client, without a port. */
  readonly remoteAddress: string;
  /** The header fields of the upgrade request. They are immutable. */
  readonly headers: Headers;
  /** CONNECTING (0) during the upgrade event, then OPEN (1), CLOSING (2) or CLOSED (3). */
  readonly readyState: number;
  /** The number of bytes that are queued for sending. */
  readonly bufferedAmount: number;
  /** Changes by listeners are saved at the end of the connection's event; elsewhere data must be assigned. 64 KiB at most. */
  data: Data;
  send(message: WebSocketMessage): void;
  /** Starts the closing handshake. The default code is 1000. discard drops the messages that are queued for sending. */
  close(code?: number, reason?: string, options?: { discard?: boolean }): void;
  /** Subscribes the connection to a channel: it receives the messages that are posted to the BroadcastChannel of this name. */
  subscribe(channel: string): void;
  /**
   * Also makes the connection a member of the presence of the channel, until it is unsubscribed or has ended. The value can be any that can be
   * cloned, 1 KiB at most when serialized. A member can be subscribed again with another value.
   */
  subscribe(channel: string, options: { presence?: unknown }): void;
  unsubscribe(channel: string): void;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}
declare var WebSocketConnection: {
  readonly prototype: WebSocketConnection;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
};

/** Options for accepting an upgrade request. */
interface WebSocketAcceptOptions<Data = any> {
  data?: Data;
  /** One of the subprotocols that the client has offered. */
  protocol?: string;
  /** Header fields of the 101 response. */
  headers?: LingerHeadersInit;
  /** Half-open mode: the application answers the peer's Close itself. */
  halfOpen?: boolean;
  /** "close" closes the connection with 1012 when another version of the application is loaded. */
  reload?: "stay" | "close";
}

interface WebSocketUpgradeEvent extends ExtendableEvent {
  readonly request: Request;
  readonly remoteAddress: string;
  accept<Data = any>(options?: WebSocketAcceptOptions<Data>): WebSocketConnection<Data>;
  /** Refuses the upgrade with a response. */
  respondWith(response: Response | PromiseLike<Response>): void;
}
declare var WebSocketUpgradeEvent: {
  readonly prototype: WebSocketUpgradeEvent;
  new (type: string, init: LingerEventInit & { request: Request }): WebSocketUpgradeEvent;
};

interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  readonly remoteAddress: string;
  respondWith(response: Response | PromiseLike<Response>): void;
  passThroughOnException(): void;
  upgradeWebSocket<Data = any>(options?: WebSocketAcceptOptions<Data>): WebSocketConnection<Data>;
}
declare var FetchEvent: typeof globalThis extends { onmessage: any; WorkerGlobalScope: any; FetchEvent: infer T } ? T : {
  readonly prototype: FetchEvent;
  new (type: string, init: LingerEventInit & { request: Request }): FetchEvent;
};

interface WebSocketMessageEvent<Data = any> extends ExtendableEvent {
  readonly source: WebSocketConnection<Data>;
  readonly data: string | ArrayBuffer;
}
declare var WebSocketMessageEvent: {
  readonly prototype: WebSocketMessageEvent;
  new (type: string, init?: LingerEventInit & { source?: WebSocketConnection; data?: string | ArrayBuffer }): WebSocketMessageEvent;
};

/** The peer's Close has been received on a connection in half-open mode. */
interface WebSocketPeerCloseEvent<Data = any> extends ExtendableEvent {
  readonly source: WebSocketConnection<Data>;
  readonly code: number;
  readonly reason: string;
}
declare var WebSocketPeerCloseEvent: {
  readonly prototype: WebSocketPeerCloseEvent;
  new (type: string, init?: LingerEventInit & { source?: WebSocketConnection; code?: number; reason?: string }): WebSocketPeerCloseEvent;
};

/** The send queue has become empty after it had reached the high watermark. */
interface WebSocketDrainEvent<Data = any> extends ExtendableEvent {
  readonly source: WebSocketConnection<Data>;
}
declare var WebSocketDrainEvent: {
  readonly prototype: WebSocketDrainEvent;
  new (type: string, init?: LingerEventInit & { source?: WebSocketConnection }): WebSocketDrainEvent;
};

/** A member of the presence of a channel: a connection of any node. */
interface LingerMember<Data = any> {
  readonly id: string;
  readonly node: string;
  readonly data: Data;
}

/** Members of a channel have joined and left. The event is dispatched on each node that has subscribers of the channel. */
interface WebSocketPresenceEvent<Data = any> extends ExtendableEvent {
  readonly channel: string;
  /** Members that are new or have other data. Some can be reported again that were members before: treat the members as a set. */
  readonly joined: LingerMember<Data>[];
  readonly left: LingerMember<Data>[];
  /** Sends a message to the subscribers of the channel on this node, and returns the number of connections that accepted it. */
  publish(message: WebSocketMessage): number;
}
declare var WebSocketPresenceEvent: {
  readonly prototype: WebSocketPresenceEvent;
  new (type: string, init?: LingerEventInit & { channel?: string; joined?: LingerMember[]; left?: LingerMember[] }): WebSocketPresenceEvent;
};

/** The connection has ended. It is the last event of a connection. */
interface WebSocketCloseEvent<Data = any> extends ExtendableEvent {
  readonly source: WebSocketConnection<Data>;
  readonly id: string;
  /** The code of the peer's Close: 1005 if it was empty, 1006 if none was received. */
  readonly code: number;
  readonly reason: string;
  /** Whether both sides have sent a Close. */
  readonly wasClean: boolean;
  /** The code of the Close that was sent: 1005 if it was empty, 1006 if none was sent. */
  readonly sentCode: number;
  readonly sentReason: string;
  /** The side that sent the first Close. */
  readonly initiator: "local" | "remote";
  /** The reason why the connection ended: "close", "violation", "slow", "eof" and others. */
  readonly cause: string;
  /** The rule that the peer has broken, if cause is "violation". */
  readonly violation: string;
}
declare var WebSocketCloseEvent: {
  readonly prototype: WebSocketCloseEvent;
  new (type: string, init?: LingerEventInit & Partial<Omit<WebSocketCloseEvent, keyof ExtendableEvent>>): WebSocketCloseEvent;
};

interface ExtendableEvent extends Event {
  /** Prevents the worker from stopping before the promise has settled. It does not delay the next event. */
  waitUntil(promise: Promise<any>): void;
}
declare var ExtendableEvent: typeof globalThis extends { onmessage: any; WorkerGlobalScope: any; ExtendableEvent: infer T } ? T : {
  readonly prototype: ExtendableEvent;
  new (type: string, init?: LingerEventInit): ExtendableEvent;
};

/** The event at a time of a cron. */
interface ScheduledEvent extends ExtendableEvent {
  readonly cron: string;
  /** The time of the cron in milliseconds, as of Date.now. */
  readonly scheduledTime: number;
  /** Has no effect: the event is not repeated after a failure. */
  noRetry(): void;
}
declare var ScheduledEvent: {
  readonly prototype: ScheduledEvent;
  new (type: string, init?: LingerEventInit): ScheduledEvent;
};

/** The first argument of the method scheduled(controller, env, ctx) of a default export. */
interface ScheduledController {
  readonly cron: string;
  readonly scheduledTime: number;
  noRetry(): void;
}

/** A binding whose requests do not leave Linger: to the application's static files, or to the application itself. */
interface Fetcher {
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** The types of values that a KV namespace returns. */
interface KVTypes<T = unknown> { text: string; json: T; arrayBuffer: ArrayBuffer; stream: ReadableStream; }

/** A binding to a KV namespace. */
interface KVNamespace<Key extends string = string> {
  get(key: Key, options?: { cacheTtl?: number }): Promise<string | null>;
  get<Type extends keyof KVTypes, T = unknown>(key: Key, type: Type | { type: Type; cacheTtl?: number }): Promise<KVTypes<T>[Type] | null>;
  get(keys: Key[], type?: "text" | { type?: "text"; cacheTtl?: number }): Promise<Map<string, string | null>>;
  get<T = unknown>(keys: Key[], type: "json" | { type: "json"; cacheTtl?: number }): Promise<Map<string, T | null>>;
  getWithMetadata<Metadata = unknown>(key: Key, options?: { cacheTtl?: number }): Promise<KVValue<string, Metadata>>;
  getWithMetadata<Type extends keyof KVTypes, Metadata = unknown, T = unknown>(
    key: Key, type: Type | { type: Type; cacheTtl?: number }): Promise<KVValue<KVTypes<T>[Type], Metadata>>;
  getWithMetadata<Metadata = unknown>(keys: Key[], type?: "text"): Promise<Map<string, KVValue<string, Metadata> | null>>;
  put(key: Key, value: string | ArrayBuffer | ArrayBufferView | ReadableStream,
    options?: { expiration?: number; expirationTtl?: number; metadata?: unknown }): Promise<void>;
  list<Metadata = unknown>(options?: { prefix?: string | null; limit?: number; cursor?: string | null }): Promise<KVList<Key, Metadata>>;
  delete(key: Key): Promise<void>;
}
interface KVValue<Value, Metadata> { value: Value | null; metadata: Metadata | null; cacheStatus: null; }
interface KVList<Key extends string, Metadata> {
  keys: { name: Key; expiration?: number; metadata?: Metadata }[];
  list_complete: boolean;
  cursor?: string;
  cacheStatus: null;
}

/** A binding to a D1 database. */
interface D1Database {
  prepare(query: string): D1PreparedStatement;
  /** Runs statements in one transaction. */
  batch<T = Record<string, unknown>>(statements: D1PreparedStatement[]): Promise<D1Result<T>[]>;
  /** Runs each line as a statement. */
  exec(query: string): Promise<{ count: number; duration: number }>;
  withSession(constraintOrBookmark?: string): D1DatabaseSession;
  dump(): Promise<never>;
}
interface D1DatabaseSession {
  prepare(query: string): D1PreparedStatement;
  batch<T = Record<string, unknown>>(statements: D1PreparedStatement[]): Promise<D1Result<T>[]>;
  getBookmark(): string | null;
}
interface D1PreparedStatement {
  bind(...values: unknown[]): D1PreparedStatement;
  first<T = unknown>(column: string): Promise<T | null>;
  first<T = Record<string, unknown>>(): Promise<T | null>;
  run<T = Record<string, unknown>>(): Promise<D1Result<T>>;
  all<T = Record<string, unknown>>(): Promise<D1Result<T>>;
  raw<T = unknown[]>(options?: { columnNames?: boolean }): Promise<T[]>;
}
interface D1Result<T = Record<string, unknown>> {
  success: true;
  results: T[];
  meta: {
    served_by: string; duration: number; changes: number; last_row_id: number; changed_db: boolean; size_after: number; rows_read: number; rows_written: number;
  };
}

/** The events of an application. */
interface LingerEventMap {
  fetch: FetchEvent;
  scheduled: ScheduledEvent;
  websocketupgrade: WebSocketUpgradeEvent;
  websocketmessage: WebSocketMessageEvent;
  websocketpeerclose: WebSocketPeerCloseEvent;
  websocketdrain: WebSocketDrainEvent;
  websocketpresence: WebSocketPresenceEvent;
  websocketclose: WebSocketCloseEvent;
  install: ExtendableEvent;
  activate: ExtendableEvent;
}
// The types of events in the libraries for browsers.
interface WindowEventMap extends LingerEventMap {}
interface WorkerGlobalScopeEventMap extends LingerEventMap {}
interface DedicatedWorkerGlobalScopeEventMap extends LingerEventMap {}

declare function addEventListener<Type extends keyof LingerEventMap>(
  type: Type, listener: (event: LingerEventMap[Type]) => unknown, options?: boolean | LingerListenerOptions): void;
declare function addEventListener(type: string, listener: LingerListener | null, options?: boolean | LingerListenerOptions): void;
declare function removeEventListener<Type extends keyof LingerEventMap>(
  type: Type, listener: (event: LingerEventMap[Type]) => unknown, options?: boolean | { capture?: boolean }): void;
declare function removeEventListener(type: string, listener: LingerListener | null, options?: boolean | { capture?: boolean }): void;
declare function dispatchEvent(event: Event): boolean;

/** Access to the connections of all workers and, in a cluster, of all nodes. */
interface LingerClients {
  /**
   * The connection with an id. If it is one of another node, its properties are those at this moment, and its methods send what they do to that node.
   */
  get<Data = any>(id: string): Promise<WebSocketConnection<Data> | undefined>;
  /**
   * All connections, or the subscribers of a channel. In a cluster, or with a limit, it is a page of at most 1,000 of them, sorted by node and id.
   * cursor is that of the next page, undefined after the last; missing are the nodes that have not answered.
   */
  matchAll<Data = any>(options: { type: "websocket" | "all"; channel?: string; limit?: number; cursor?: string }):
    Promise<WebSocketConnection<Data>[] & { cursor?: string; missing: string[] }>;
  /** The number of connections of this node, or of subscribers of a channel. */
  count(options?: { channel?: string }): number;
  /** The number of connections of all nodes, or of subscribers of a channel. Those of the nodes in missing, which have not answered, are not counted. */
  countAll(options?: { channel?: string }): Promise<{ count: number; missing: string[] }>;
  /** The members of a channel on all nodes, sorted by id. Those of the nodes in missing are not known. */
  presence<Data = any>(channel: string): Promise<LingerMember<Data>[] & { missing: string[] }>;
  /** Sends a message to the subscribers of a channel, and returns the number of connections that accepted it. */
  publish(channel: string, message: WebSocketMessage, options?: { except?: WebSocketConnection | WebSocketConnection[] }): number;
}
interface Clients extends LingerPart<LingerClients> {}
declare var Clients: typeof globalThis extends { onmessage: any; WorkerGlobalScope: any; Clients: infer T } ? T : { readonly prototype: LingerClients };
declare var clients: LingerClients;

/** Makes every connection respond to a text message, without an event. Without arguments it removes the response. */
declare function setWebSocketAutoResponse(request?: string, response?: string): void;

// ---- The Workers API ----------------------------------------------------------------------------------------------

/** The default export of a module. */
interface ExportedHandler<Variables = Env> {
  fetch(request: Request, env: Variables, ctx: ExecutionContext): Response | PromiseLike<Response>;
}

interface ExecutionContext {
  waitUntil(promise: Promise<any>): void;
  passThroughOnException(): void;
  props: any;
}

interface WebSocketPair extends Iterable<WebSocket> {
  0: WebSocket;
  1: WebSocket;
}
declare var WebSocketPair: {
  readonly prototype: WebSocketPair;
  new (): WebSocketPair;
};
interface ObjectConstructor {
  /** Returns both ends of a pair. */
  values(pair: WebSocketPair): [WebSocket, WebSocket];
}

/** A binding to the Durable Objects of a class. */
interface DurableObjectNamespace<T = any> {
  idFromName(name: string): DurableObjectId;
  idFromString(id: string): DurableObjectId;
  newUniqueId(options?: object): DurableObjectId;
  get(id: DurableObjectId, options?: object): DurableObjectStub<T>;
  getByName(name: string, options?: object): DurableObjectStub<T>;
  jurisdiction(name: string): DurableObjectNamespace<T>;
}
interface DurableObjectId {
  /** The name from which the id was derived, if it is known. */
  readonly name?: string;
  equals(other: DurableObjectId): boolean;
  toString(): string;
}
/** Sends requests to an object, and calls its methods. */
type DurableObjectStub<T = any> = DurableObjectCalls<T> & {
  readonly id: DurableObjectId;
  readonly name?: string;
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
};
type DurableObjectCalls<T> = {
  [Name in Exclude<keyof T, "fetch" | "alarm" | `webSocket${string}`>]:
    T[Name] extends (...args: infer Args) => infer Result ? (...args: Args) => Promise<Awaited<Result>> : Promise<Awaited<T[Name]>>;
};

/** The first argument of the constructor of an object. */
interface DurableObjectState {
  readonly id: DurableObjectId;
  readonly storage: DurableObjectStorage;
  readonly exports: any;
  readonly props: any;
  /** Prevents the object from being evicted until the promise has settled. */
  waitUntil(promise: Promise<any>): void;
  /** Delivers no other event until the promise of callback has settled, 30 s at most. */
  blockConcurrencyWhile<Result>(callback: () => Promise<Result>): Promise<Result>;
  /** Accepts an end of a WebSocketPair. The WebSocket stays open while the object sleeps. */
  acceptWebSocket(socket: WebSocket, tags?: string[]): void;
  getWebSockets(tag?: string): WebSocket[];
  getTags(socket: WebSocket): string[];
  setWebSocketAutoResponse(pair?: WebSocketRequestResponsePair): void;
  getWebSocketAutoResponse(): WebSocketRequestResponsePair | null;
  getWebSocketAutoResponseTimestamp(socket: WebSocket): Date | null;
  setHibernatableWebSocketEventTimeout(ms?: number): void;
  getHibernatableWebSocketEventTimeout(): number | null;
  /** Resets the object. The code after it does not run. */
  abort(reason?: string): void;
}

interface DurableObjectListOptions { start?: string; startAfter?: string; end?: string; prefix?: string; reverse?: boolean; limit?: number; }
interface DurableObjectPutOptions { allowConcurrency?: boolean; allowUnconfirmed?: boolean; noCache?: boolean; }
interface DurableObjectTransaction {
  get<T = unknown>(key: string, options?: object): Promise<T | undefined>;
  get<T = unknown>(keys: string[], options?: object): Promise<Map<string, T>>;
  list<T = unknown>(options?: DurableObjectListOptions): Promise<Map<string, T>>;
  put<T>(key: string, value: T, options?: DurableObjectPutOptions): Promise<void>;
  put<T>(entries: Record<string, T>, options?: DurableObjectPutOptions): Promise<void>;
  delete(key: string, options?: DurableObjectPutOptions): Promise<boolean>;
  delete(keys: string[], options?: DurableObjectPutOptions): Promise<number>;
  getAlarm(options?: object): Promise<number | null>;
  setAlarm(time: number | Date, options?: DurableObjectPutOptions): Promise<void>;
  deleteAlarm(options?: DurableObjectPutOptions): Promise<void>;
  rollback(): void;
}
interface DurableObjectStorage extends Omit<DurableObjectTransaction, "rollback"> {
  readonly kv: SyncKvStorage;
  readonly sql: SqlStorage;
  deleteAll(options?: DurableObjectPutOptions): Promise<void>;
  /** Waits until everything that was written is on disk. */
  sync(): Promise<void>;
  transaction<Result>(closure: (transaction: DurableObjectTransaction) => Promise<Result>): Promise<Result>;
  transactionSync<Result>(closure: () => Result): Result;
}
interface SyncKvStorage {
  get<T = unknown>(key: string): T | undefined;
  list<T = unknown>(options?: DurableObjectListOptions): Iterable<[string, T]>;
  put<T>(key: string, value: T): void;
  delete(key: string): boolean;
}
type SqlStorageValue = ArrayBuffer | string | number | null;
interface SqlStorage {
  exec<Row extends Record<string, SqlStorageValue> = Record<string, any>>(statements: string, ...parameters: any[]): SqlStorageCursor<Row>;
  /** The size of the database in bytes. */
  readonly databaseSize: number;
}
interface SqlStorageCursor<Row> extends IterableIterator<Row> {
  readonly columnNames: string[];
  readonly rowsRead: number;
  readonly rowsWritten: number;
  toArray(): Row[];
  one(): Row;
  raw<Values extends SqlStorageValue[] = any[]>(): IterableIterator<Values> & { toArray(): Values[] };
}

/** A message, and the response that is sent to it without an event for the object: see setWebSocketAutoResponse of its ctx. */
interface WebSocketRequestResponsePair {
  readonly request: string;
  readonly response: string;
}
declare var WebSocketRequestResponsePair: {
  readonly prototype: WebSocketRequestResponsePair;
  new (request: string, response: string): WebSocketRequestResponsePair;
};

interface WebSocket extends LingerPart<LingerWebSocket> {
  /** Starts the delivery of events, and allows sending: for the ends of a WebSocketPair, and for WebSockets from fetch. */
  accept(options?: { allowHalfOpen?: boolean }): void;
  /** Stores a copy of a value in the WebSocket: 16 KiB at most. */
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): any;
}
interface Response extends LingerPart<LingerResponse> {
  /** The WebSocket of a response with the status 101. */
  readonly webSocket: WebSocket | null;
}
interface ResponseInit extends LingerPart<LingerResponseInit> {
  webSocket?: WebSocket | null;
}

// ---- Modules ------------------------------------------------------------------------------------------------------

declare module "linger" {
  export const env: Env;
  export const clients: LingerClients;
  export const setWebSocketAutoResponse: typeof globalThis.setWebSocketAutoResponse;
  export const Clients: typeof globalThis.Clients;
  export const ExtendableEvent: typeof globalThis.ExtendableEvent;
  export const FetchEvent: typeof globalThis.FetchEvent;
  export const WebSocketCloseEvent: typeof globalThis.WebSocketCloseEvent;
  export const WebSocketConnection: typeof globalThis.WebSocketConnection;
  export const WebSocketDrainEvent: typeof globalThis.WebSocketDrainEvent;
  export const WebSocketMessageEvent: typeof globalThis.WebSocketMessageEvent;
  export const WebSocketPair: typeof globalThis.WebSocketPair;
  export const WebSocketPeerCloseEvent: typeof globalThis.WebSocketPeerCloseEvent;
  export const WebSocketPresenceEvent: typeof globalThis.WebSocketPresenceEvent;
  export const WebSocketUpgradeEvent: typeof globalThis.WebSocketUpgradeEvent;
  export type Clients = LingerClients;
  export type ExtendableEvent = globalThis.ExtendableEvent;
  export type FetchEvent = globalThis.FetchEvent;
  export type WebSocketCloseEvent<Data = any> = globalThis.WebSocketCloseEvent<Data>;
  export type WebSocketConnection<Data = any> = globalThis.WebSocketConnection<Data>;
  export type WebSocketDrainEvent<Data = any> = globalThis.WebSocketDrainEvent<Data>;
  export type WebSocketMessageEvent<Data = any> = globalThis.WebSocketMessageEvent<Data>;
  export type WebSocketPair = globalThis.WebSocketPair;
  export type WebSocketPeerCloseEvent<Data = any> = globalThis.WebSocketPeerCloseEvent<Data>;
  export type WebSocketPresenceEvent<Data = any> = globalThis.WebSocketPresenceEvent<Data>;
  export type WebSocketUpgradeEvent = globalThis.WebSocketUpgradeEvent;
}

/** What the tests of an application import. `linger test` runs them next to the application. */
declare module "linger:test" {
  export interface TestFunction {
    /** Declares a test. It fails if body throws, or if the promise that it returns rejects or takes longer than --timeout. */
    (name: string, body: () => unknown): void;
    /** Declares a test that is not run. */
    skip(name: string, body: () => unknown): void;
    /** Declares a test, and makes only such tests of the file run. */
    only(name: string, body: () => unknown): void;
  }
  export const test: TestFunction;
  /** Adds a function that is called before each test of the file. */
  export function beforeEach(hook: () => unknown): void;
  /** Adds a function that is called after each test of the file, also if it has failed. */
  export function afterEach(hook: () => unknown): void;

  /**
   * Opens a connection to the application, which is closed at the end of the test. Rejects with a RefusedError if the application refuses it.
   * The default path is "/".
   */
  export function connect(path?: string | URL, options?: { headers?: LingerHeadersInit; protocols?: string | string[] }): Promise<TestClient>;
  /** A client's end of a connection. */
  export interface TestClient {
    /** The negotiated subprotocol, or "" if there is none. */
    readonly protocol: string;
    /** The header fields of the 101 response. */
    readonly headers: Headers;
    send(message: WebSocketMessage): void;
    sendJSON(value: unknown): void;
    /** Returns the next message: a string, or an ArrayBuffer. Rejects if there is none within timeout, 5000 ms by default, or before the connection ends. */
    message(options?: { timeout?: number }): Promise<string | ArrayBuffer>;
    /** Returns the next message, parsed as JSON. */
    json<T = any>(options?: { timeout?: number }): Promise<T>;
    /** Starts the closing handshake, and waits until the connection has ended. Without a code the Close is empty. */
    close(code?: number, reason?: string): Promise<TestClose>;
    /** Ends the connection without a Close, as when the client's process ends, and waits until it has ended. */
    abort(): Promise<TestClose>;
    /** Is fulfilled when the connection has ended. */
    readonly closed: Promise<TestClose>;
  }
  /** How a connection has ended: code and reason of the application's Close, or 1006 if there was none. */
  export interface TestClose { readonly code: number; readonly reason: string; readonly wasClean: boolean; }
  /** The application has refused a connection. */
  export class RefusedError extends Error {
    readonly status: number;
    readonly headers: Headers;
    readonly body: string;
  }

  /** Sends a request to the application. A string is a path. */
  export function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Loads the application again, while its connections stay open. Rejects if that fails. */
  export function reload(): Promise<void>;
  /** Dispatches the scheduled event, and waits until it is handled. time is in milliseconds, by default the present one. */
  export function scheduled(cron: string, time?: number | Date): Promise<void>;

  type Match = RegExp | Function | Error | object;
  /** The functions of node:assert/strict. */
  export interface Assert {
    (value: unknown, message?: string | Error): asserts value;
    ok(value: unknown, message?: string | Error): asserts value;
    equal<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T;
    notEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    deepEqual<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T;
    notDeepEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    match(value: string, expected: RegExp, message?: string | Error): void;
    doesNotMatch(value: string, expected: RegExp, message?: string | Error): void;
    throws(code: () => unknown, expected?: Match, message?: string | Error): void;
    doesNotThrow(code: () => unknown, message?: string | Error): void;
    rejects(promise: Promise<unknown> | (() => Promise<unknown>), expected?: Match, message?: string | Error): Promise<void>;
    doesNotReject(promise: Promise<unknown> | (() => Promise<unknown>), message?: string | Error): Promise<void>;
    fail(message?: string | Error): never;
  }
  export const assert: Assert;
}

declare module "cloudflare:workers" {
  export const env: Env;
  export const exports: any;
  export function waitUntil(promise: Promise<any>): void;
  /** The superclass of the classes of Durable Objects. */
  export abstract class DurableObject<Variables = Env> {
    constructor(ctx: DurableObjectState, env: Variables);
    protected ctx: DurableObjectState;
    protected env: Variables;
    fetch?(request: Request): Response | Promise<Response>;
    alarm?(info: { isRetry: boolean; retryCount: number; scheduledTime: number }): void | Promise<void>;
    webSocketMessage?(socket: WebSocket, message: string | ArrayBuffer): void | Promise<void>;
    webSocketClose?(socket: WebSocket, code: number, reason: string, wasClean: boolean): void | Promise<void>;
    webSocketError?(socket: WebSocket, error: unknown): void | Promise<void>;
  }
  /** The superclass of the classes whose methods are called through services. */
  export abstract class WorkerEntrypoint<Variables = Env> {
    constructor(ctx: ExecutionContext, env: Variables);
    protected ctx: ExecutionContext;
    protected env: Variables;
    fetch?(request: Request): Response | Promise<Response>;
    scheduled?(controller: ScheduledController): void | Promise<void>;
  }
  /** The superclass of objects that calls pass by reference. */
  export abstract class RpcTarget {}
}

// Files that are imported as text.
declare module "*.css" { const text: string; export default text; }
declare module "*.csv" { const text: string; export default text; }
declare module "*.glsl" { const text: string; export default text; }
declare module "*.gql" { const text: string; export default text; }
declare module "*.graphql" { const text: string; export default text; }
declare module "*.htm" { const text: string; export default text; }
declare module "*.html" { const text: string; export default text; }
declare module "*.md" { const text: string; export default text; }
declare module "*.sql" { const text: string; export default text; }
declare module "*.svg" { const text: string; export default text; }
declare module "*.tsv" { const text: string; export default text; }
declare module "*.txt" { const text: string; export default text; }
declare module "*.wgsl" { const text: string; export default text; }
declare module "*.xml" { const text: string; export default text; }
declare module "*?raw" { const text: string; export default text; }

// The most common files that are imported as an ArrayBuffer.
declare module "*.bin" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.dat" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.gif" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.gz" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.ico" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.jpeg" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.jpg" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.mp3" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.mp4" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.pdf" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.png" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.ttf" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.webp" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.woff" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.woff2" { const bytes: ArrayBuffer; export default bytes; }
declare module "*.zip" { const bytes: ArrayBuffer; export default bytes; }

interface ImportMetaEnv {
  readonly MODE: "production" | "development";
  readonly DEV: boolean;
  readonly PROD: boolean;
  readonly SSR: boolean;
}
interface ImportMeta {
  readonly env: ImportMetaEnv;
}

// ---- The web platform, as far as it is supported ------------------------------------------------------------------

/**
 * Own if there is no library for browsers, and {} otherwise. Such a library is detected by its global onmessage, which the
 * declarations of variables test too.
 */
type LingerPart<Own> = typeof globalThis extends { onmessage: any } ? {} : Own;

type LingerListener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };
interface LingerListenerOptions { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal; }
interface LingerEventInit { bubbles?: boolean; cancelable?: boolean; composed?: boolean; }
type LingerHeadersInit = Headers | [string, string][] | Record<string, string> | Iterable<readonly [string, string]>;
type LingerBodyInit = string | ArrayBuffer | ArrayBufferView | Blob | FormData | URLSearchParams | ReadableStream;

interface LingerUnderlyingSource<R> {
  start?(controller: ReadableStreamDefaultController<R>): unknown;
  pull?(controller: ReadableStreamDefaultController<R>): void | PromiseLike<void>;
  cancel?(reason?: any): void | PromiseLike<void>;
  type?: undefined;
}
interface LingerUnderlyingByteSource {
  start?(controller: ReadableByteStreamController): unknown;
  pull?(controller: ReadableByteStreamController): void | PromiseLike<void>;
  cancel?(reason?: any): void | PromiseLike<void>;
  type: "bytes";
  autoAllocateChunkSize?: number;
}
interface LingerUnderlyingSink<W> {
  start?(controller: WritableStreamDefaultController): unknown;
  write?(chunk: W, controller: WritableStreamDefaultController): void | PromiseLike<void>;
  close?(): void | PromiseLike<void>;
  abort?(reason?: any): void | PromiseLike<void>;
}
interface LingerTransformer<I, O> {
  start?(controller: TransformStreamDefaultController<O>): unknown;
  transform?(chunk: I, controller: TransformStreamDefaultController<O>): void | PromiseLike<void>;
  flush?(controller: TransformStreamDefaultController<O>): void | PromiseLike<void>;
  cancel?(reason?: any): void | PromiseLike<void>;
}
interface LingerQueuingStrategy<T = any> { highWaterMark?: number; size?: (chunk: T) => number; }
interface LingerPipeOptions { preventAbort?: boolean; preventCancel?: boolean; preventClose?: boolean; signal?: AbortSignal; }
type LingerReadResult<T> = { done: false; value: T } | { done: true; value: T | undefined };

interface LingerReadableStream<R = any> {
  readonly locked: boolean;
  cancel(reason?: any): Promise<void>;
  getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  getReader(): ReadableStreamDefaultReader<R>;
  pipeThrough<T>(transform: { readable: ReadableStream<T>; writable: WritableStream<R> }, options?: LingerPipeOptions): ReadableStream<T>;
  pipeTo(destination: WritableStream<R>, options?: LingerPipeOptions): Promise<void>;
  tee(): [ReadableStream<R>, ReadableStream<R>];
  values(options?: { preventCancel?: boolean }): AsyncIterableIterator<R>;
  [Symbol.asyncIterator](options?: { preventCancel?: boolean }): AsyncIterableIterator<R>;
}
interface ReadableStream<R = any> extends LingerPart<LingerReadableStream<R>> {}
declare var ReadableStream: typeof globalThis extends { onmessage: any; ReadableStream: infer T } ? T : {
  readonly prototype: ReadableStream;
  from<R>(iterable: AsyncIterable<R> | Iterable<R | PromiseLike<R>>): ReadableStream<R>;
  new (source: LingerUnderlyingByteSource, strategy?: { highWaterMark?: number }): ReadableStream<Uint8Array>;
  new <R = any>(source?: LingerUnderlyingSource<R>, strategy?: LingerQueuingStrategy<R>): ReadableStream<R>;
};
interface LingerReadableStreamDefaultReader<R = any> {
  readonly closed: Promise<undefined>;
  cancel(reason?: any): Promise<void>;
  read(): Promise<LingerReadResult<R>>;
  releaseLock(): void;
}
interface ReadableStreamDefaultReader<R = any> extends LingerPart<LingerReadableStreamDefaultReader<R>> {}
declare var ReadableStreamDefaultReader: typeof globalThis extends { onmessage: any; ReadableStreamDefaultReader: infer T } ? T : {
  readonly prototype: ReadableStreamDefaultReader;
  new <R = any>(stream: ReadableStream<R>): ReadableStreamDefaultReader<R>;
};
interface LingerReadableStreamBYOBReader {
  readonly closed: Promise<undefined>;
  cancel(reason?: any): Promise<void>;
  /** Detaches the buffer of the view. The result has another one. */
  read<T extends ArrayBufferView>(view: T, options?: { min?: number }): Promise<LingerReadResult<T>>;
  releaseLock(): void;
}
interface ReadableStreamBYOBReader extends LingerPart<LingerReadableStreamBYOBReader> {}
declare var ReadableStreamBYOBReader: typeof globalThis extends { onmessage: any; ReadableStreamBYOBReader: infer T } ? T : {
  readonly prototype: ReadableStreamBYOBReader;
  new (stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader;
};
interface LingerReadableStreamDefaultController<R = any> {
  readonly desiredSize: number | null;
  close(): void;
  enqueue(chunk?: R): void;
  error(reason?: any): void;
}
interface ReadableStreamDefaultController<R = any> extends LingerPart<LingerReadableStreamDefaultController<R>> {}
declare var ReadableStreamDefaultController: typeof globalThis extends { onmessage: any; ReadableStreamDefaultController: infer T } ? T : { readonly prototype: ReadableStreamDefaultController };
interface LingerReadableByteStreamController {
  readonly byobRequest: ReadableStreamBYOBRequest | null;
  readonly desiredSize: number | null;
  close(): void;
  /** Detaches the buffer of the chunk. */
  enqueue(chunk: ArrayBufferView): void;
  error(reason?: any): void;
}
interface ReadableByteStreamController extends LingerPart<LingerReadableByteStreamController> {}
declare var ReadableByteStreamController: typeof globalThis extends { onmessage: any; ReadableByteStreamController: infer T } ? T : { readonly prototype: ReadableByteStreamController };
interface LingerReadableStreamBYOBRequest {
  readonly view: Uint8Array | null;
  respond(bytesWritten: number): void;
  respondWithNewView(view: ArrayBufferView): void;
}
interface ReadableStreamBYOBRequest extends LingerPart<LingerReadableStreamBYOBRequest> {}
declare var ReadableStreamBYOBRequest: typeof globalThis extends { onmessage: any; ReadableStreamBYOBRequest: infer T } ? T : { readonly prototype: ReadableStreamBYOBRequest };

interface LingerWritableStream<W = any> {
  readonly locked: boolean;
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  getWriter(): WritableStreamDefaultWriter<W>;
}
interface WritableStream<W = any> extends LingerPart<LingerWritableStream<W>> {}
declare var WritableStream: typeof globalThis extends { onmessage: any; WritableStream: infer T } ? T : {
  readonly prototype: WritableStream;
  new <W = any>(sink?: LingerUnderlyingSink<W>, strategy?: LingerQueuingStrategy<W>): WritableStream<W>;
};
interface LingerWritableStreamDefaultWriter<W = any> {
  readonly closed: Promise<undefined>;
  readonly desiredSize: number | null;
  readonly ready: Promise<undefined>;
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  releaseLock(): void;
  write(chunk?: W): Promise<void>;
}
interface WritableStreamDefaultWriter<W = any> extends LingerPart<LingerWritableStreamDefaultWriter<W>> {}
declare var WritableStreamDefaultWriter: typeof globalThis extends { onmessage: any; WritableStreamDefaultWriter: infer T } ? T : {
  readonly prototype: WritableStreamDefaultWriter;
  new <W = any>(stream: WritableStream<W>): WritableStreamDefaultWriter<W>;
};
interface LingerWritableStreamDefaultController {
  readonly signal: AbortSignal;
  error(reason?: any): void;
}
interface WritableStreamDefaultController extends LingerPart<LingerWritableStreamDefaultController> {}
declare var WritableStreamDefaultController: typeof globalThis extends { onmessage: any; WritableStreamDefaultController: infer T } ? T : { readonly prototype: WritableStreamDefaultController };

interface LingerTransformStream<I = any, O = any> {
  readonly readable: ReadableStream<O>;
  readonly writable: WritableStream<I>;
}
interface TransformStream<I = any, O = any> extends LingerPart<LingerTransformStream<I, O>> {}
declare var TransformStream: typeof globalThis extends { onmessage: any; TransformStream: infer T } ? T : {
  readonly prototype: TransformStream;
  new <I = any, O = any>(transformer?: LingerTransformer<I, O>, writableStrategy?: LingerQueuingStrategy<I>, readableStrategy?: LingerQueuingStrategy<O>): TransformStream<I, O>;
};
interface LingerTransformStreamDefaultController<O = any> {
  readonly desiredSize: number | null;
  enqueue(chunk?: O): void;
  error(reason?: any): void;
  terminate(): void;
}
interface TransformStreamDefaultController<O = any> extends LingerPart<LingerTransformStreamDefaultController<O>> {}
declare var TransformStreamDefaultController: typeof globalThis extends { onmessage: any; TransformStreamDefaultController: infer T } ? T : { readonly prototype: TransformStreamDefaultController };

interface LingerByteLengthQueuingStrategy {
  readonly highWaterMark: number;
  readonly size: (chunk: ArrayBufferView) => number;
}
interface ByteLengthQueuingStrategy extends LingerPart<LingerByteLengthQueuingStrategy> {}
declare var ByteLengthQueuingStrategy: typeof globalThis extends { onmessage: any; ByteLengthQueuingStrategy: infer T } ? T : {
  readonly prototype: ByteLengthQueuingStrategy;
  new (init: { highWaterMark: number }): ByteLengthQueuingStrategy;
};
interface LingerCountQueuingStrategy {
  readonly highWaterMark: number;
  readonly size: () => 1;
}
interface CountQueuingStrategy extends LingerPart<LingerCountQueuingStrategy> {}
declare var CountQueuingStrategy: typeof globalThis extends { onmessage: any; CountQueuingStrategy: infer T } ? T : {
  readonly prototype: CountQueuingStrategy;
  new (init: { highWaterMark: number }): CountQueuingStrategy;
};

interface LingerTextEncoderStream {
  readonly encoding: string;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<string>;
}
interface TextEncoderStream extends LingerPart<LingerTextEncoderStream> {}
declare var TextEncoderStream: typeof globalThis extends { onmessage: any; TextEncoderStream: infer T } ? T : {
  readonly prototype: TextEncoderStream;
  new (): TextEncoderStream;
};
interface LingerTextDecoderStream {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  readonly readable: ReadableStream<string>;
  readonly writable: WritableStream<ArrayBuffer | ArrayBufferView>;
}
interface TextDecoderStream extends LingerPart<LingerTextDecoderStream> {}
declare var TextDecoderStream: typeof globalThis extends { onmessage: any; TextDecoderStream: infer T } ? T : {
  readonly prototype: TextDecoderStream;
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoderStream;
};
interface LingerCompressionStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<ArrayBuffer | ArrayBufferView>;
}
interface CompressionStream extends LingerPart<LingerCompressionStream> {}
declare var CompressionStream: typeof globalThis extends { onmessage: any; CompressionStream: infer T } ? T : {
  readonly prototype: CompressionStream;
  new (format: "gzip" | "deflate" | "deflate-raw"): CompressionStream;
};
interface DecompressionStream extends LingerPart<LingerCompressionStream> {}
declare var DecompressionStream: typeof globalThis extends { onmessage: any; DecompressionStream: infer T } ? T : {
  readonly prototype: DecompressionStream;
  new (format: "gzip" | "deflate" | "deflate-raw"): DecompressionStream;
};

interface LingerEvent {
  readonly type: string;
  readonly target: EventTarget | null;
  readonly srcElement: EventTarget | null;
  readonly currentTarget: EventTarget | null;
  readonly eventPhase: number;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  readonly defaultPrevented: boolean;
  returnValue: boolean;
  cancelBubble: boolean;
  readonly isTrusted: boolean;
  readonly timeStamp: number;
  composedPath(): EventTarget[];
  stopPropagation(): void;
  stopImmediatePropagation(): void;
  preventDefault(): void;
  /** @deprecated Use the constructor. */
  initEvent(type: string, bubbles?: boolean, cancelable?: boolean): void;
  readonly NONE: 0;
  readonly CAPTURING_PHASE: 1;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
}
interface Event extends LingerPart<LingerEvent> {}
declare var Event: typeof globalThis extends { onmessage: any; Event: infer T } ? T : {
  readonly prototype: Event;
  new (type: string, init?: LingerEventInit): Event;
  readonly NONE: 0;
  readonly CAPTURING_PHASE: 1;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
};

interface LingerCustomEvent<T> extends Event {
  readonly detail: T;
}
interface CustomEvent<T = any> extends LingerPart<LingerCustomEvent<T>> {}
declare var CustomEvent: typeof globalThis extends { onmessage: any; CustomEvent: infer T } ? T : {
  readonly prototype: CustomEvent;
  new <T>(type: string, init?: LingerEventInit & { detail?: T }): CustomEvent<T>;
};

interface LingerMessageEvent<T> extends Event {
  readonly data: T;
  readonly origin: string;
  readonly lastEventId: string;
  readonly source: null;
  readonly ports: readonly MessagePort[];
}
interface MessageEvent<T = any> extends LingerPart<LingerMessageEvent<T>> {}
declare var MessageEvent: typeof globalThis extends { onmessage: any; MessageEvent: infer T } ? T : {
  readonly prototype: MessageEvent;
  new <T>(type: string, init?: LingerEventInit & { data?: T; origin?: string; lastEventId?: string }): MessageEvent<T>;
};

interface LingerCloseEvent extends Event {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}
interface CloseEvent extends LingerPart<LingerCloseEvent> {}
declare var CloseEvent: typeof globalThis extends { onmessage: any; CloseEvent: infer T } ? T : {
  readonly prototype: CloseEvent;
  new (type: string, init?: LingerEventInit & { code?: number; reason?: string; wasClean?: boolean }): CloseEvent;
};

interface LingerErrorEvent extends Event {
  readonly message: string;
  readonly error: any;
  readonly filename: string;
  readonly lineno: number;
  readonly colno: number;
}
interface ErrorEvent extends LingerPart<LingerErrorEvent> {}
declare var ErrorEvent: typeof globalThis extends { onmessage: any; ErrorEvent: infer T } ? T : {
  readonly prototype: ErrorEvent;
  new (type: string, init?: LingerEventInit & { message?: string; error?: any; filename?: string; lineno?: number; colno?: number }): ErrorEvent;
};

interface LingerPromiseRejectionEvent extends Event {
  readonly promise: Promise<any>;
  readonly reason: any;
}
interface PromiseRejectionEvent extends LingerPart<LingerPromiseRejectionEvent> {}
declare var PromiseRejectionEvent: typeof globalThis extends { onmessage: any; PromiseRejectionEvent: infer T } ? T : {
  readonly prototype: PromiseRejectionEvent;
  new (type: string, init: LingerEventInit & { promise: Promise<any>; reason?: any }): PromiseRejectionEvent;
};

/** A handler that returns true prevents the report of the exception. */
declare var onerror: typeof globalThis extends { onmessage: any; onerror: infer T } ? T
  : ((message: any, filename?: string, line?: number, column?: number, error?: any) => any) | null;
/** A handler that returns false prevents the report of the rejection. */
declare var onunhandledrejection: typeof globalThis extends { onmessage: any; onunhandledrejection: infer T } ? T : ((event: PromiseRejectionEvent) => any) | null;
declare var onrejectionhandled: typeof globalThis extends { onmessage: any; onrejectionhandled: infer T } ? T : ((event: PromiseRejectionEvent) => any) | null;

interface LingerEventTarget {
  addEventListener(type: string, listener: LingerListener | null, options?: boolean | LingerListenerOptions): void;
  removeEventListener(type: string, listener: LingerListener | null, options?: boolean | { capture?: boolean }): void;
  dispatchEvent(event: Event): boolean;
}
interface EventTarget extends LingerPart<LingerEventTarget> {}
declare var EventTarget: typeof globalThis extends { onmessage: any; EventTarget: infer T } ? T : { readonly prototype: EventTarget; new (): EventTarget };

interface LingerAbortSignal extends EventTarget {
  readonly aborted: boolean;
  readonly reason: any;
  throwIfAborted(): void;
  onabort: ((this: AbortSignal, event: Event) => any) | null;
}
interface AbortSignal extends LingerPart<LingerAbortSignal> {}
declare var AbortSignal: typeof globalThis extends { onmessage: any; AbortSignal: infer T } ? T : {
  readonly prototype: AbortSignal;
  abort(reason?: any): AbortSignal;
  any(signals: AbortSignal[]): AbortSignal;
  timeout(milliseconds: number): AbortSignal;
};
interface LingerAbortController {
  readonly signal: AbortSignal;
  abort(reason?: any): void;
}
interface AbortController extends LingerPart<LingerAbortController> {}
declare var AbortController: typeof globalThis extends { onmessage: any; AbortController: infer T } ? T : { readonly prototype: AbortController; new (): AbortController };

interface LingerDOMException extends Error {
  readonly name: string;
  readonly message: string;
  readonly code: number;
}
interface DOMException extends LingerPart<LingerDOMException> {}
declare var DOMException: typeof globalThis extends { onmessage: any; DOMException: infer T } ? T : {
  readonly prototype: DOMException;
  new (message?: string, options?: string | { name?: string; cause?: unknown }): DOMException;
};

interface LingerBlob {
  readonly size: number;
  readonly type: string;
  slice(start?: number, end?: number, type?: string): Blob;
  stream(): ReadableStream;
  text(): Promise<string>;
  bytes(): Promise<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
}
interface Blob extends LingerPart<LingerBlob> {}
declare var Blob: typeof globalThis extends { onmessage: any; Blob: infer T } ? T : {
  readonly prototype: Blob;
  new (parts?: Iterable<string | ArrayBuffer | ArrayBufferView | Blob>, options?: { type?: string; endings?: "transparent" | "native" }): Blob;
};

interface LingerFile {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
}
interface File extends Blob, LingerPart<LingerFile> {}
declare var File: typeof globalThis extends { onmessage: any; File: infer T } ? T : {
  readonly prototype: File;
  new (parts: Iterable<string | ArrayBuffer | ArrayBufferView | Blob>, name: string, options?: { type?: string; endings?: "transparent" | "native"; lastModified?: number }): File;
};

interface LingerFormData {
  append(name: string, value: string | Blob, filename?: string): void;
  delete(name: string): void;
  get(name: string): string | File | null;
  getAll(name: string): (string | File)[];
  has(name: string): boolean;
  set(name: string, value: string | Blob, filename?: string): void;
  forEach(callback: (value: string | File, name: string, data: FormData) => void, self?: any): void;
  entries(): IterableIterator<[string, string | File]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string | File>;
  [Symbol.iterator](): IterableIterator<[string, string | File]>;
}
interface FormData extends LingerPart<LingerFormData> {}
declare var FormData: typeof globalThis extends { onmessage: any; FormData: infer T } ? T : { readonly prototype: FormData; new (): FormData };

interface LingerMessagePort extends EventTarget {
  /** Copies the message and sends it to the other port of the channel. */
  postMessage(message: any, options?: any[] | { transfer?: any[] }): void;
  /** Begins the delivery of messages. Setting onmessage does it too. */
  start(): void;
  close(): void;
  onmessage: ((this: MessagePort, event: MessageEvent) => any) | null;
  onmessageerror: ((this: MessagePort, event: MessageEvent) => any) | null;
  onclose: ((this: MessagePort, event: Event) => any) | null;
  addEventListener(type: "message" | "messageerror", listener: (this: MessagePort, event: MessageEvent) => unknown, options?: boolean | LingerListenerOptions): void;
  addEventListener(type: string, listener: LingerListener | null, options?: boolean | LingerListenerOptions): void;
}
interface MessagePort extends LingerPart<LingerMessagePort> {}
declare var MessagePort: typeof globalThis extends { onmessage: any; MessagePort: infer T } ? T : { readonly prototype: MessagePort };
interface LingerMessageChannel {
  readonly port1: MessagePort;
  readonly port2: MessagePort;
}
interface MessageChannel extends LingerPart<LingerMessageChannel> {}
declare var MessageChannel: typeof globalThis extends { onmessage: any; MessageChannel: infer T } ? T : { readonly prototype: MessageChannel; new (): MessageChannel };

interface LingerBroadcastChannel extends EventTarget {
  readonly name: string;
  /** Sends a message to the other channels of this name, and to the connections that are subscribed to it, on all nodes of a cluster. */
  postMessage(message: any): void;
  close(): void;
  onmessage: ((this: BroadcastChannel, event: MessageEvent) => any) | null;
  onmessageerror: ((this: BroadcastChannel, event: MessageEvent) => any) | null;
  addEventListener(type: "message" | "messageerror", listener: (this: BroadcastChannel, event: MessageEvent) => unknown, options?: boolean | LingerListenerOptions): void;
  addEventListener(type: string, listener: LingerListener | null, options?: boolean | LingerListenerOptions): void;
}
interface BroadcastChannel extends LingerPart<LingerBroadcastChannel> {}
declare var BroadcastChannel: typeof globalThis extends { onmessage: any; BroadcastChannel: infer T } ? T : { readonly prototype: BroadcastChannel; new (name: string): BroadcastChannel };

interface LingerHeaders {
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: any): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
interface Headers extends LingerPart<LingerHeaders> {}
declare var Headers: typeof globalThis extends { onmessage: any; Headers: infer T } ? T : { readonly prototype: Headers; new (init?: LingerHeadersInit): Headers };

interface LingerBody {
  readonly body: ReadableStream | null;
  readonly bodyUsed: boolean;
  text(): Promise<string>;
  json(): Promise<any>;
  bytes(): Promise<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  /** Parses a form. The files share the memory of the body. */
  formData(): Promise<FormData>;
}

interface LingerRequest extends LingerBody {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly destination: string;
  readonly redirect: "follow" | "error" | "manual";
  readonly mode: string;
  readonly credentials: string;
  readonly cache: string;
  readonly referrer: string;
  readonly referrerPolicy: string;
  readonly integrity: string;
  readonly keepalive: boolean;
  readonly duplex: "half";
  clone(): Request;
}
interface Request extends LingerPart<LingerRequest> {}
interface LingerRequestInit {
  method?: string;
  headers?: LingerHeadersInit;
  body?: LingerBodyInit | null;
  signal?: AbortSignal | null;
  redirect?: "follow" | "error" | "manual";
  mode?: string;
  credentials?: string;
  cache?: string;
  referrer?: string;
  referrerPolicy?: string;
  integrity?: string;
  keepalive?: boolean;
  duplex?: "half";
}
interface RequestInit extends LingerPart<LingerRequestInit> {}
declare var Request: typeof globalThis extends { onmessage: any; Request: infer T } ? T : { readonly prototype: Request; new (input: string | URL | Request, init?: RequestInit): Request };

interface LingerResponse extends LingerBody {
  readonly type: "default" | "error" | "basic";
  readonly url: string;
  readonly redirected: boolean;
  readonly status: number;
  readonly ok: boolean;
  readonly statusText: string;
  readonly headers: Headers;
  clone(): Response;
}
interface LingerResponseInit {
  status?: number;
  statusText?: string;
  headers?: LingerHeadersInit;
}
declare var Response: typeof globalThis extends { onmessage: any; Response: infer T } ? T : {
  readonly prototype: Response;
  new (body?: LingerBodyInit | null, init?: ResponseInit): Response;
  json(data: any, init?: ResponseInit): Response;
  redirect(url: string | URL, status?: number): Response;
  error(): Response;
};

declare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;

interface LingerTextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}
interface TextEncoder extends LingerPart<LingerTextEncoder> {}
declare var TextEncoder: typeof globalThis extends { onmessage: any; TextEncoder: infer T } ? T : { readonly prototype: TextEncoder; new (): TextEncoder };
interface LingerTextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}
interface TextDecoder extends LingerPart<LingerTextDecoder> {}
declare var TextDecoder: typeof globalThis extends { onmessage: any; TextDecoder: infer T } ? T : {
  readonly prototype: TextDecoder;
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};

interface LingerURL {
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  readonly searchParams: URLSearchParams;
  hash: string;
  toString(): string;
  toJSON(): string;
}
interface URL extends LingerPart<LingerURL> {}
declare var URL: typeof globalThis extends { onmessage: any; URL: infer T } ? T : {
  readonly prototype: URL;
  new (url: string | URL, base?: string | URL): URL;
  canParse(url: string | URL, base?: string | URL): boolean;
  parse(url: string | URL, base?: string | URL): URL | null;
  /** Returns a URL that fetch reads the Blob from, until it is revoked. */
  createObjectURL(blob: Blob): string;
  revokeObjectURL(url: string): void;
};
interface LingerURLSearchParams {
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, self?: any): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  toString(): string;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
interface URLSearchParams extends LingerPart<LingerURLSearchParams> {}
declare var URLSearchParams: typeof globalThis extends { onmessage: any; URLSearchParams: infer T } ? T : {
  readonly prototype: URLSearchParams;
  new (init?: string | URLSearchParams | Record<string, string> | Iterable<readonly [string, string]>): URLSearchParams;
};

interface LingerURLPatternInit {
  protocol?: string;
  username?: string;
  password?: string;
  hostname?: string;
  port?: string;
  pathname?: string;
  search?: string;
  hash?: string;
  baseURL?: string;
}
interface LingerURLPatternComponentResult { input: string; groups: Record<string, string | undefined>; }
type LingerURLPatternResult = { inputs: (string | LingerURLPatternInit)[] } & Record<
  "protocol" | "username" | "password" | "hostname" | "port" | "pathname" | "search" | "hash", LingerURLPatternComponentResult>;
interface LingerURLPattern {
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
  readonly hasRegExpGroups: boolean;
  test(input?: string | LingerURLPatternInit, baseURL?: string): boolean;
  exec(input?: string | LingerURLPatternInit, baseURL?: string): LingerURLPatternResult | null;
}
interface URLPattern extends LingerPart<LingerURLPattern> {}
declare var URLPattern: {
  readonly prototype: URLPattern;
  new (input: string | LingerURLPatternInit, baseURL: string, options?: { ignoreCase?: boolean }): URLPattern;
  new (input?: string | LingerURLPatternInit, options?: { ignoreCase?: boolean }): URLPattern;
};

interface LingerWebSocketEventMap {
  open: Event;
  message: MessageEvent;
  close: CloseEvent;
  error: Event;
}
interface WebSocketEventMap extends LingerPart<LingerWebSocketEventMap> {}
interface LingerWebSocket extends EventTarget {
  readonly readyState: number;
  readonly url: string;
  readonly protocol: string;
  readonly extensions: string;
  readonly bufferedAmount: number;
  binaryType: "blob" | "arraybuffer";
  send(message: WebSocketMessage | Blob): void;
  close(code?: number, reason?: string): void;
  onopen: ((this: WebSocket, event: Event) => any) | null;
  onmessage: ((this: WebSocket, event: MessageEvent) => any) | null;
  onclose: ((this: WebSocket, event: CloseEvent) => any) | null;
  onerror: ((this: WebSocket, event: Event) => any) | null;
  addEventListener<Type extends keyof LingerWebSocketEventMap>(
    type: Type, listener: (this: WebSocket, event: LingerWebSocketEventMap[Type]) => unknown, options?: boolean | LingerListenerOptions): void;
  addEventListener(type: string, listener: LingerListener | null, options?: boolean | LingerListenerOptions): void;
  removeEventListener<Type extends keyof LingerWebSocketEventMap>(
    type: Type, listener: (this: WebSocket, event: LingerWebSocketEventMap[Type]) => unknown, options?: boolean | { capture?: boolean }): void;
  removeEventListener(type: string, listener: LingerListener | null, options?: boolean | { capture?: boolean }): void;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}
declare var WebSocket: typeof globalThis extends { onmessage: any; WebSocket: infer T } ? T : {
  readonly prototype: WebSocket;
  new (url: string | URL, protocols?: string | string[]): WebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  readonly READY_STATE_CONNECTING: 0;
  readonly READY_STATE_OPEN: 1;
  readonly READY_STATE_CLOSING: 2;
  readonly READY_STATE_CLOSED: 3;
};

interface LingerCrypto {
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
  readonly subtle: SubtleCrypto;
}
interface Crypto extends LingerPart<LingerCrypto> {
  /** Compares the bytes of two values in constant time. */
  timingSafeEqual(a: ArrayBuffer | ArrayBufferView, b: ArrayBuffer | ArrayBufferView): boolean;
  /** A stream that computes the digest of what is written to it, as in Workers. */
  readonly DigestStream: { new (algorithm: "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512" | "MD5" | { name: string }): WritableStream<string | ArrayBuffer | ArrayBufferView> & { readonly digest: Promise<ArrayBuffer>; readonly bytesWritten: number | bigint } };
}
declare var Crypto: typeof globalThis extends { onmessage: any; Crypto: infer T } ? T : { readonly prototype: Crypto };
declare var crypto: typeof globalThis extends { onmessage: any; crypto: infer T } ? T : Crypto;

type LingerAlgorithm = string | { name: string; [parameter: string]: any };
interface LingerCryptoKey {
  readonly type: "secret" | "public" | "private";
  readonly extractable: boolean;
  readonly algorithm: { name: string; [parameter: string]: any };
  readonly usages: string[];
}
interface CryptoKey extends LingerPart<LingerCryptoKey> {}
declare var CryptoKey: typeof globalThis extends { onmessage: any; CryptoKey: infer T } ? T : { readonly prototype: CryptoKey };

type LingerKeyPairName = "RSASSA-PKCS1-v1_5" | "RSA-PSS" | "RSA-OAEP" | "ECDSA" | "ECDH" | "Ed25519" | "X25519";
interface LingerSubtleCrypto {
  digest(algorithm: LingerAlgorithm, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  importKey(format: "jwk", data: { [field: string]: any }, algorithm: LingerAlgorithm, extractable: boolean, usages: string[]): Promise<CryptoKey>;
  importKey(format: "raw" | "spki" | "pkcs8", data: ArrayBuffer | ArrayBufferView, algorithm: LingerAlgorithm, extractable: boolean, usages: string[]): Promise<CryptoKey>;
  generateKey(algorithm: LingerKeyPairName | { name: LingerKeyPairName; [parameter: string]: any }, extractable: boolean, usages: string[]): Promise<{ publicKey: CryptoKey; privateKey: CryptoKey }>;
  generateKey(algorithm: LingerAlgorithm, extractable: boolean, usages: string[]): Promise<CryptoKey>;
  exportKey(format: "jwk", key: CryptoKey): Promise<any>;
  exportKey(format: "raw" | "spki" | "pkcs8", key: CryptoKey): Promise<ArrayBuffer>;
  sign(algorithm: LingerAlgorithm, key: CryptoKey, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  verify(algorithm: LingerAlgorithm, key: CryptoKey, signature: ArrayBuffer | ArrayBufferView, data: ArrayBuffer | ArrayBufferView): Promise<boolean>;
  encrypt(algorithm: LingerAlgorithm, key: CryptoKey, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  decrypt(algorithm: LingerAlgorithm, key: CryptoKey, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  deriveKey(algorithm: LingerAlgorithm, key: CryptoKey, derived: LingerAlgorithm, extractable: boolean, usages: string[]): Promise<CryptoKey>;
  deriveBits(algorithm: LingerAlgorithm, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
  wrapKey(format: string, key: CryptoKey, wrapping: CryptoKey, algorithm: LingerAlgorithm): Promise<ArrayBuffer>;
  unwrapKey(format: string, wrapped: ArrayBuffer | ArrayBufferView, wrapping: CryptoKey, algorithm: LingerAlgorithm, unwrapped: LingerAlgorithm, extractable: boolean, usages: string[]): Promise<CryptoKey>;
}
interface SubtleCrypto extends LingerPart<LingerSubtleCrypto> {
  /** The same as crypto.timingSafeEqual. */
  timingSafeEqual(a: ArrayBuffer | ArrayBufferView, b: ArrayBuffer | ArrayBufferView): boolean;
}
declare var SubtleCrypto: typeof globalThis extends { onmessage: any; SubtleCrypto: infer T } ? T : { readonly prototype: SubtleCrypto };

interface LingerPerformance extends EventTarget {
  readonly timeOrigin: number;
  now(): number;
  toJSON(): any;
  mark(markName: string, markOptions?: { detail?: any; startTime?: number }): PerformanceMark;
  measure(measureName: string, startOrMeasureOptions?: string | LingerMeasureOptions, endMark?: string): PerformanceMeasure;
  clearMarks(markName?: string): void;
  clearMeasures(measureName?: string): void;
  getEntries(): PerformanceEntry[];
  getEntriesByType(type: string): PerformanceEntry[];
  getEntriesByName(name: string, type?: string): PerformanceEntry[];
}
interface LingerMeasureOptions { detail?: any; start?: string | number; duration?: number; end?: string | number; }
interface Performance extends LingerPart<LingerPerformance> {}
declare var Performance: typeof globalThis extends { onmessage: any; Performance: infer T } ? T : { readonly prototype: Performance };
declare var performance: typeof globalThis extends { onmessage: any; performance: infer T } ? T : Performance;

interface LingerPerformanceEntry {
  readonly name: string;
  readonly entryType: string;
  readonly startTime: number;
  readonly duration: number;
  toJSON(): any;
}
interface PerformanceEntry extends LingerPart<LingerPerformanceEntry> {}
declare var PerformanceEntry: typeof globalThis extends { onmessage: any; PerformanceEntry: infer T } ? T : { readonly prototype: PerformanceEntry };

interface LingerPerformanceMark extends PerformanceEntry {
  readonly detail: any;
}
interface PerformanceMark extends LingerPart<LingerPerformanceMark> {}
declare var PerformanceMark: typeof globalThis extends { onmessage: any; PerformanceMark: infer T } ? T : {
  readonly prototype: PerformanceMark;
  new (markName: string, markOptions?: { detail?: any; startTime?: number }): PerformanceMark;
};

interface LingerPerformanceMeasure extends PerformanceEntry {
  readonly detail: any;
}
interface PerformanceMeasure extends LingerPart<LingerPerformanceMeasure> {}
declare var PerformanceMeasure: typeof globalThis extends { onmessage: any; PerformanceMeasure: infer T } ? T : { readonly prototype: PerformanceMeasure };

interface LingerPerformanceObserverEntryList {
  getEntries(): PerformanceEntry[];
  getEntriesByType(type: string): PerformanceEntry[];
  getEntriesByName(name: string, type?: string): PerformanceEntry[];
}
interface PerformanceObserverEntryList extends LingerPart<LingerPerformanceObserverEntryList> {}
declare var PerformanceObserverEntryList: typeof globalThis extends { onmessage: any; PerformanceObserverEntryList: infer T } ? T : { readonly prototype: PerformanceObserverEntryList };

interface LingerPerformanceObserver {
  observe(options?: { entryTypes?: string[]; type?: string; buffered?: boolean }): void;
  disconnect(): void;
  takeRecords(): PerformanceEntry[];
}
interface PerformanceObserver extends LingerPart<LingerPerformanceObserver> {}
declare var PerformanceObserver: typeof globalThis extends { onmessage: any; PerformanceObserver: infer T } ? T : {
  readonly prototype: PerformanceObserver;
  readonly supportedEntryTypes: readonly string[];
  new (callback: (entries: PerformanceObserverEntryList, observer: PerformanceObserver, options: { droppedEntriesCount?: number }) => void): PerformanceObserver;
};

interface LingerNavigator {
  readonly userAgent: string;
}
interface Navigator extends LingerPart<LingerNavigator> {}
declare var Navigator: typeof globalThis extends { onmessage: any; document: any; Navigator: infer T } ? T : { readonly prototype: Navigator };
declare var navigator: typeof globalThis extends { onmessage: any; navigator: infer T } ? T : Navigator;

interface LingerConsole {
  log(...values: any[]): void;
  info(...values: any[]): void;
  debug(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
  trace(...values: any[]): void;
  assert(condition?: boolean, ...values: any[]): void;
  dir(value?: any, options?: any): void;
  dirxml(...values: any[]): void;
  table(data?: any, columns?: string[]): void;
  group(...values: any[]): void;
  groupCollapsed(...values: any[]): void;
  groupEnd(): void;
  count(label?: string): void;
  countReset(label?: string): void;
  time(label?: string): void;
  timeLog(label?: string, ...values: any[]): void;
  timeEnd(label?: string): void;
  timeStamp(label?: string): void;
  clear(): void;
  profile(label?: string): void;
  profileEnd(label?: string): void;
  createTask(name: string): { run<T>(task: () => T): T };
}
interface Console extends LingerPart<LingerConsole> {}
declare var console: Console;

declare var self: typeof globalThis extends { onmessage: any; self: infer T } ? T : typeof globalThis;
declare function atob(data: string): string;
declare function btoa(data: string): string;
declare function clearInterval(id?: number): void;
declare function clearTimeout(id?: number): void;
declare function setInterval<Arguments extends any[]>(callback: (...args: Arguments) => unknown, delay?: number, ...args: Arguments): number;
declare function setTimeout<Arguments extends any[]>(callback: (...args: Arguments) => unknown, delay?: number, ...args: Arguments): number;
declare function queueMicrotask(callback: () => void): void;
declare function reportError(error: any): void;
/** The function wait of Cloudflare Workers. */
declare var scheduler: {
  /** Returns a promise that is fulfilled after a delay in milliseconds, and rejected when the signal aborts. */
  wait(delay: number, options?: { signal?: AbortSignal }): Promise<void>;
};

declare function structuredClone<T = any>(value: T, options?: { transfer?: any[] }): T;

declare var global: typeof globalThis;
declare function clearImmediate(id?: number): void;
declare function setImmediate<Arguments extends any[]>(callback: (...args: Arguments) => unknown, ...args: Arguments): number;

/** Bytes, as in Node. */
interface Buffer extends Uint8Array {
  readonly parent: ArrayBufferLike;
  readonly offset: number;
  compare(target: Uint8Array, targetStart?: number, targetEnd?: number, sourceStart?: number, sourceEnd?: number): -1 | 0 | 1;
  copy(target: ArrayBufferView, targetStart?: number, sourceStart?: number, sourceEnd?: number): number;
  equals(other: Uint8Array): boolean;
  fill(value: any, offset?: any, end?: any, encoding?: string): this;
  includes(value: string | number | Uint8Array, offset?: number, encoding?: string): boolean;
  indexOf(value: string | number | Uint8Array, offset?: number | string, encoding?: string): number;
  lastIndexOf(value: string | number | Uint8Array, offset?: number | string, encoding?: string): number;
  slice(start?: number, end?: number): any; // a Buffer
  subarray(start?: number, end?: number): Buffer;
  swap16(): this;
  swap32(): this;
  swap64(): this;
  toJSON(): { type: "Buffer"; data: number[] };
  toString(encoding?: string, start?: number, end?: number): string;
  toLocaleString(encoding?: any, start?: any, end?: number): string;
  write(text: string, encoding?: string): number;
  write(text: string, offset: number, encoding?: string): number;
  write(text: string, offset: number, length: number, encoding?: string): number;
  utf8Slice(start?: number, end?: number): string;
  utf8Write(text: string, offset?: number, length?: number): number;
  latin1Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number, length?: number): number;
  asciiSlice(start?: number, end?: number): string;
  asciiWrite(text: string, offset?: number, length?: number): number;
  hexSlice(start?: number, end?: number): string;
  hexWrite(text: string, offset?: number, length?: number): number;
  base64Slice(start?: number, end?: number): string;
  base64Write(text: string, offset?: number, length?: number): number;
  base64urlSlice(start?: number, end?: number): string;
  base64urlWrite(text: string, offset?: number, length?: number): number;
  ucs2Slice(start?: number, end?: number): string;
  ucs2Write(text: string, offset?: number, length?: number): number;
  utf16leSlice(start?: number, end?: number): string;
  utf16leWrite(text: string, offset?: number, length?: number): number;
  readUInt8(offset?: number): number;
  writeUInt8(value: number, offset?: number): number;
  readUint8(offset?: number): number;
  writeUint8(value: number, offset?: number): number;
  readInt8(offset?: number): number;
  writeInt8(value: number, offset?: number): number;
  readUInt16LE(offset?: number): number;
  writeUInt16LE(value: number, offset?: number): number;
  readUint16LE(offset?: number): number;
  writeUint16LE(value: number, offset?: number): number;
  readInt16LE(offset?: number): number;
  writeInt16LE(value: number, offset?: number): number;
  readUInt16BE(offset?: number): number;
  writeUInt16BE(value: number, offset?: number): number;
  readUint16BE(offset?: number): number;
  writeUint16BE(value: number, offset?: number): number;
  readInt16BE(offset?: number): number;
  writeInt16BE(value: number, offset?: number): number;
  readUInt32LE(offset?: number): number;
  writeUInt32LE(value: number, offset?: number): number;
  readUint32LE(offset?: number): number;
  writeUint32LE(value: number, offset?: number): number;
  readInt32LE(offset?: number): number;
  writeInt32LE(value: number, offset?: number): number;
  readUInt32BE(offset?: number): number;
  writeUInt32BE(value: number, offset?: number): number;
  readUint32BE(offset?: number): number;
  writeUint32BE(value: number, offset?: number): number;
  readInt32BE(offset?: number): number;
  writeInt32BE(value: number, offset?: number): number;
  readUIntLE(offset: number, byteLength: number): number;
  writeUIntLE(value: number, offset: number, byteLength: number): number;
  readUintLE(offset: number, byteLength: number): number;
  writeUintLE(value: number, offset: number, byteLength: number): number;
  readIntLE(offset: number, byteLength: number): number;
  writeIntLE(value: number, offset: number, byteLength: number): number;
  readBigUInt64LE(offset?: number): bigint;
  writeBigUInt64LE(value: bigint, offset?: number): number;
  readBigUint64LE(offset?: number): bigint;
  writeBigUint64LE(value: bigint, offset?: number): number;
  readBigInt64LE(offset?: number): bigint;
  writeBigInt64LE(value: bigint, offset?: number): number;
  readFloatLE(offset?: number): number;
  writeFloatLE(value: number, offset?: number): number;
  readDoubleLE(offset?: number): number;
  writeDoubleLE(value: number, offset?: number): number;
  readUIntBE(offset: number, byteLength: number): number;
  writeUIntBE(value: number, offset: number, byteLength: number): number;
  readUintBE(offset: number, byteLength: number): number;
  writeUintBE(value: number, offset: number, byteLength: number): number;
  readIntBE(offset: number, byteLength: number): number;
  writeIntBE(value: number, offset: number, byteLength: number): number;
  readBigUInt64BE(offset?: number): bigint;
  writeBigUInt64BE(value: bigint, offset?: number): number;
  readBigUint64BE(offset?: number): bigint;
  writeBigUint64BE(value: bigint, offset?: number): number;
  readBigInt64BE(offset?: number): bigint;
  writeBigInt64BE(value: bigint, offset?: number): number;
  readFloatBE(offset?: number): number;
  writeFloatBE(value: number, offset?: number): number;
  readDoubleBE(offset?: number): number;
  writeDoubleBE(value: number, offset?: number): number;
}
declare var Buffer: {
  readonly prototype: Buffer;
  poolSize: number;
  (value: any, encodingOrOffset?: any, length?: number): Buffer;
  new (value: any, encodingOrOffset?: any, length?: number): Buffer;
  alloc(size: number, fill?: string | number | Uint8Array, encoding?: string): Buffer;
  allocUnsafe(size: number): Buffer;
  allocUnsafeSlow(size: number): Buffer;
  byteLength(value: string | ArrayBufferLike | ArrayBufferView, encoding?: string): number;
  compare(a: Uint8Array, b: Uint8Array): -1 | 0 | 1;
  concat(list: readonly Uint8Array[], length?: number): Buffer;
  copyBytesFrom(view: ArrayBufferView, offset?: number, length?: number): Buffer;
  from(text: string, encoding?: string): Buffer;
  from(value: ArrayBufferLike, offset?: number, length?: number): Buffer;
  from(value: any): Buffer;
  isBuffer(value: any): value is Buffer;
  isEncoding(name: string): boolean;
  of(...bytes: number[]): Buffer;
};

/** The WebAssembly JavaScript Interface, without threads and exceptions. */
declare namespace WebAssembly {
  interface CompileError extends Error {}
  var CompileError: typeof globalThis extends { onmessage: any; WebAssembly: { CompileError: infer T } } ? T : {
    readonly prototype: CompileError;
    new (message?: string): CompileError;
    (message?: string): CompileError;
  };
  interface LinkError extends Error {}
  var LinkError: typeof globalThis extends { onmessage: any; WebAssembly: { LinkError: infer T } } ? T : {
    readonly prototype: LinkError;
    new (message?: string): LinkError;
    (message?: string): LinkError;
  };
  interface RuntimeError extends Error {}
  var RuntimeError: typeof globalThis extends { onmessage: any; WebAssembly: { RuntimeError: infer T } } ? T : {
    readonly prototype: RuntimeError;
    new (message?: string): RuntimeError;
    (message?: string): RuntimeError;
  };

  interface Module {}
  var Module: typeof globalThis extends { onmessage: any; WebAssembly: { Module: infer T } } ? T : {
    readonly prototype: Module;
    new (bytes: ArrayBuffer | ArrayBufferView): Module;
    exports(module: Module): { name: string; kind: "function" | "table" | "memory" | "global" }[];
    imports(module: Module): { module: string; name: string; kind: "function" | "table" | "memory" | "global" }[];
    customSections(module: Module, name: string): ArrayBuffer[];
  };

  interface Instance extends LingerPart<{ readonly exports: Record<string, any> }> {}
  var Instance: typeof globalThis extends { onmessage: any; WebAssembly: { Instance: infer T } } ? T : {
    readonly prototype: Instance;
    new (module: Module, imports?: Record<string, Record<string, any>>): Instance;
  };

  interface Memory extends LingerPart<{
    /** A new ArrayBuffer after the memory has grown, which detaches the previous one. */
    readonly buffer: ArrayBuffer;
    /** Grows by pages of 64 KiB, and returns the number of pages before. */
    grow(delta: number): number;
  }> {}
  var Memory: typeof globalThis extends { onmessage: any; WebAssembly: { Memory: infer T } } ? T : {
    readonly prototype: Memory;
    new (descriptor: { initial: number; maximum?: number }): Memory;
  };

  interface Table extends LingerPart<{
    readonly length: number;
    get(index: number): any;
    set(index: number, value?: any): void;
    grow(delta: number, value?: any): number;
  }> {}
  var Table: typeof globalThis extends { onmessage: any; WebAssembly: { Table: infer T } } ? T : {
    readonly prototype: Table;
    new (descriptor: { element: "anyfunc" | "externref"; initial: number; maximum?: number }, value?: any): Table;
  };

  interface ValueTypeMap {
    anyfunc: Function;
    externref: any;
    f32: number;
    f64: number;
    i32: number;
    i64: bigint;
    v128: never;
  }
  interface Global<T extends keyof ValueTypeMap = keyof ValueTypeMap> extends LingerPart<{ value: ValueTypeMap[T]; valueOf(): ValueTypeMap[T] }> {}
  var Global: typeof globalThis extends { onmessage: any; WebAssembly: { Global: infer T } } ? T : {
    readonly prototype: Global;
    new <T extends keyof ValueTypeMap>(descriptor: { value: T; mutable?: boolean }, value?: ValueTypeMap[T]): Global<T>;
  };

  function validate(bytes: ArrayBuffer | ArrayBufferView): boolean;
  function compile(bytes: ArrayBuffer | ArrayBufferView): Promise<Module>;
  function compileStreaming(source: Response | PromiseLike<Response>): Promise<Module>;
  function instantiate(module: Module, imports?: Record<string, Record<string, any>>): Promise<Instance>;
  function instantiate(bytes: ArrayBuffer | ArrayBufferView, imports?: Record<string, Record<string, any>>): Promise<{ module: Module; instance: Instance }>;
  function instantiateStreaming(source: Response | PromiseLike<Response>, imports?: Record<string, Record<string, any>>): Promise<{ module: Module; instance: Instance }>;
}
declare module "*.wasm" { const module: WebAssembly.Module; export default module; }
declare module "*.wasm?module" { const module: WebAssembly.Module; export default module; }

/** What packages read of Node's process. The package @types/node has all of its members. */
interface NodeProcess {
  readonly env: { [name: string]: string | undefined };
  readonly platform: string;
  cwd(): string;
  nextTick<Arguments extends any[]>(callback: (...args: Arguments) => void, ...args: Arguments): void;
}
declare namespace NodeJS {
  interface Process extends NodeProcess {}
}
declare var process: NodeJS.Process;

/** The modules of Node. Their types are those of the package @types/node, if it is installed. */
declare module "node:*";
