// The rows begin with this text.
import { DurableObject, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

// lines calls functions one after the other. The response has a line for the result or the error of each.
async function lines(...functions) {
	const text = [];
	for (const f of functions) {
		text.push(await outcome(f));
	}
	return new Response(text.join("\n"));
}

// outcome calls a function and describes its result or its error.
async function outcome(f) {
	let result;
	try {
		result = f();
	} catch (error) {
		return "throws " + show(error);
	}
	try {
		return show(await result);
	} catch (error) {
		return "rejects with " + show(error);
	}
}

// show returns a text for a value.
function show(value) {
	if (typeof value === "string") {
		return value.length > 200 ? `a text of ${value.length} characters` : JSON.stringify(value);
	}
	if (typeof value === "bigint") {
		return value + "n";
	}
	if (typeof value === "function") {
		return "a function";
	}
	if (typeof value !== "object" || value === null) {
		return Object.is(value, -0) ? "-0" : String(value);
	}
	if (value instanceof Error) {
		return value.name + textOf(value) + (value.remote ? " (remote)" : "") +
			(value.retryable ? " (retryable)" : "") + (value.overloaded ? " (overloaded)" : "") + (value.durableObjectReset ? " (durableObjectReset)" : "");
	}
	if (value instanceof Date) {
		return `Date ${value.toJSON()}`;
	}
	if (value instanceof RegExp) {
		return String(value);
	}
	if (value instanceof ArrayBuffer) {
		return `ArrayBuffer [${new Uint8Array(value).join(", ")}]`;
	}
	if (ArrayBuffer.isView(value)) {
		return value.length > 64 ? `${value.constructor.name} of ${value.length}` : `${value.constructor.name} [${Array.from(value).join(", ")}]`;
	}
	if (value instanceof Map) {
		return `Map {${Array.from(value, ([k, v]) => `${show(k)} => ${show(v)}`).join(", ")}}`;
	}
	if (value instanceof Set) {
		return `Set {${Array.from(value, show).join(", ")}}`;
	}
	if (Array.isArray(value)) {
		return `[${Array.from(value, show).join(", ")}]`;
	}
	const name = value.constructor?.name;
	return (name && name !== "Object" ? name + " " : "") + `{${Object.entries(value).map(([k, v]) => `${k}: ${show(v)}`).join(", ")}}`;
}

// textOf returns the text of an error after its name. Two kinds are not compared: those about the type of an argument, and those
// about values that cannot be cloned.
function textOf(error) {
	if (error.name === "DataCloneError") {
		return "";
	}
	return isAboutArgument(error) ? ": a wrong argument" : `: ${error.message}`;
}

function isAboutArgument(error) {
	return error instanceof TypeError && /^Failed to (execute|construct) '|^The value cannot be converted because|^Value out of range|expects? |^Callback returned incorrect type|^Cannot convert a |^cannot convert |^[Ii]nvalid URL/.test(error.message);
}

// sleep waits for a time in milliseconds.
const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));
