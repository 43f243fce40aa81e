// The module "linger:test", which the tests of an application import. `linger test` runs each file of tests as an application of its own, in
// the embedded engine. Its requests list the tests and run one of them; a test that fails makes the request fail.
import assert from "node:assert/strict";

export { assert };

const { LINGER_TEST_URL: base, LINGER_TEST_CONTROL: control, LINGER_TEST_TIMEOUT: limit } = globalThis.env;
if (!base) throw new Error("linger:test is for tests: run this file with `linger test`");

const tests = [];
const hooks = { before: [], after: [] };
const opened = new Set(); // the connections of the current test

/** Declares a test. It fails if body throws, or if the promise that it returns rejects or takes too long. */
export function test(name, body) { add(test, name, body, ""); }
test.skip = (name, body) => add(test.skip, name, body, "skip");
test.only = (name, body) => add(test.only, name, body, "only");

export const beforeEach = (hook) => { hooks.before.push(hook); };
export const afterEach = (hook) => { hooks.after.push(hook); };

function add(caller, name, body, mode) {
	if (typeof name !== "string" || typeof body !== "function") throw errorAt(caller, `a test has a name and a function: test("name", async () => { ... })`, TypeError);
	tests.push({ name, body, mode, overdue: errorAt(caller, `the test is not complete after ${limit} ms`) });
}

/** Returns an error whose stack begins with the call of caller. */
function errorAt(caller, text, Type = Error) {
	const error = new Type(text);
	Error.captureStackTrace(error, caller);
	return error;
}

/** Waits for a promise, and rejects with error if that takes longer than ms. */
function within(promise, ms, error) {
	let timer;
	const overdue = new Promise((_, reject) => { timer = setTimeout(reject, ms, error); });
	return Promise.race([promise, overdue]).finally(() => clearTimeout(timer));
}

const closeTimeout = 1000; // the time for closing the connections of a test

async function run({ body, overdue }) {
	try {
		await within((async () => {
			for (const hook of hooks.before) await hook();
			await body();
		})(), limit, overdue);
	} finally {
		await within((async () => {
			for (const hook of hooks.after) await hook();
		})(), limit, overdue);
		const ends = [...opened].map((client) => client.close());
		opened.clear();
		await Promise.race([Promise.all(ends), new Promise((resolve) => { setTimeout(resolve, closeTimeout); })]);
	}
}

addEventListener("fetch", (event) => {
	const number = new URL(event.request.url).searchParams.get("run");
	event.stopImmediatePropagation();
	event.respondWith(number === null
		? Response.json(tests.map(({ name, mode }) => ({ name, mode })))
		: run(tests[number]).then(() => new Response(null, { status: 204 })));
});

/** Sends a request to the application. */
const appFetch = (input, init) => globalThis.fetch(typeof input === "string" || input instanceof URL ? new URL(input, base) : input, init);
export { appFetch as fetch };

/** Asks the command for an action on the application. */
async function act(caller, action) {
	const overdue = errorAt(caller, "");
	const response = await globalThis.fetch(control + action, { method: "POST" });
	const text = await response.text();
	if (response.ok) return;
	overdue.message = text;
	throw overdue;
}

/** Loads the application again, while its connections stay open. */
export const reload = () => act(reload, "reload");

/** Dispatches the scheduled event, with the time in milliseconds. */
export const scheduled = (cron, time = Date.now()) => act(scheduled, "scheduled?" + new URLSearchParams({ cron, time: String(Number(time)) }));

/** The application has refused a connection: status, headers and body are those of its answer. */
export class RefusedError extends Error {
	name = "RefusedError";
	constructor(response, body) {
		super(`the application has refused the connection with the status ${response.status}${body && ": " + body}`);
		this.status = response.status;
		this.headers = response.headers;
		this.body = body;
	}
}

/** Opens a connection to the application. It is closed at the end of the test. */
export async function connect(path = "/", { headers, protocols = [] } = {}) {
	const at = errorAt(connect, "");
	const all = new Headers(headers);
	all.set("Upgrade", "websocket");
	const name = crypto.randomUUID();
	all.set("Linger-Test-Connection", name);
	if (protocols.length > 0) all.set("Sec-WebSocket-Protocol", [protocols].flat().join(", "));
	const response = await globalThis.fetch(new URL(path, base), { headers: all });
	if (!response.webSocket) {
		const refused = new RefusedError(response, await response.text());
		refused.stack = at.stack;
		throw refused;
	}
	const client = new Client(response, name);
	opened.add(client);
	return client;
}

const messageTimeout = 5000;

/** A client's end of a connection. */
class Client {
	#socket;
	#messages = [];
	#waiting = []; // the calls of message that wait
	#end;
	#resolveClosed;
	#name;

	constructor(response, name) {
		this.#name = name;
		this.#socket = response.webSocket;
		this.#socket.binaryType = "arraybuffer";
		this.protocol = response.headers.get("Sec-WebSocket-Protocol") ?? "";
		this.headers = response.headers;
		this.closed = new Promise((resolve) => { this.#resolveClosed = resolve; });
		this.#socket.addEventListener("message", ({ data }) => {
			const next = this.#waiting.shift();
			if (next) next.resolve(data); else this.#messages.push(data);
		});
		this.#socket.addEventListener("close", ({ code, reason, wasClean }) => {
			this.#end = { code, reason, wasClean };
			for (const { reject, error } of this.#waiting.splice(0)) reject(this.#ended(error));
			this.#resolveClosed(this.#end);
		});
		this.#socket.accept();
	}

	#ended(error) {
		error.message = `there is no further message: the connection has ended with ${this.#end.code}${this.#end.reason && " " + this.#end.reason}`;
		return error;
	}

	send(message) { this.#socket.send(message); }

	sendJSON(value) { this.#socket.send(JSON.stringify(value)); }

	/** Returns the next message. */
	message({ timeout = messageTimeout } = {}) { return this.#next(this.message, timeout); }

	/** Returns the next message, parsed as JSON. */
	async json({ timeout = messageTimeout } = {}) {
		const error = errorAt(this.json, "");
		const text = await this.#next(this.json, timeout);
		try {
			return JSON.parse(text);
		} catch (cause) {
			error.message = `the message is not JSON: ${typeof text === "string" ? JSON.stringify(text) : "it is binary"}`;
			throw error;
		}
	}

	#next(caller, timeout) {
		const error = errorAt(caller, `there is no message within ${timeout} ms`);
		if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift());
		if (this.#end) return Promise.reject(this.#ended(error));
		const waiting = { error };
		const message = new Promise((resolve, reject) => { Object.assign(waiting, { resolve, reject }); });
		this.#waiting.push(waiting);
		return within(message, timeout, error).finally(() => {
			const at = this.#waiting.indexOf(waiting);
			if (at >= 0) this.#waiting.splice(at, 1);
		});
	}

	/** Ends the connection without a Close, as the loss of a client does. */
	async abort() {
		await act(this.abort, "abort?connection=" + this.#name);
		return this.closed;
	}

	/** Starts the closing handshake, and waits until the connection has ended. */
	close(code, reason) {
		this.#socket.close(code, reason);
		return this.closed;
	}
}
