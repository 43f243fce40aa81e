package worker_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// surface is a script that prints the globals that are not part of the language, each with the members of its instances and its own
// members.
const surface = `
const language = new Set(("AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error " +
	"EvalError Intl FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array InternalError " +
	"Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol " +
	"SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet decodeURI " +
	"decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape __date_clock").split(" "));
const own = (object) => Object.getOwnPropertyNames(object).filter((key) => !["constructor", "prototype"].includes(key));
function chain(object) {
	const keys = [];
	for (; object && object !== Object.prototype && object !== Error.prototype && object !== Uint8Array.prototype; object = Object.getPrototypeOf(object)) keys.push(...own(object));
	return keys;
}
const result = {};
for (const name of Object.getOwnPropertyNames(globalThis)) {
	const value = globalThis[name];
	if (language.has(name)) continue;
	const isClass = typeof value === "function" && /^[A-Z]/.test(name);
	result[name] = { class: isClass, members: isClass ? chain(value.prototype) : [], statics: isClass ? own(value).filter((key) => !["length", "name"].includes(key)) : [] };
	if (name === "console") result.Console = { class: false, members: own(value), statics: [] };
}
console.log(JSON.stringify(result));`

// global is a global of scripts, as surface prints it.
type global struct {
	Class            bool
	Members, Statics []string
}

var (
	interfaceOf = regexp.MustCompile(`(?m)^interface (\w+)(?:<[^>{]*>)?(?: extends ([^{]*))? \{((?:.*\}$)|(?:(?s:.*?)^\}))`)
	memberOf    = regexp.MustCompile(`(?m)^  (?:readonly )?(\w+)\??[(:<]`)
	names       = regexp.MustCompile(`\w+`)
)

// membersOf returns the members that the types declare for an interface, including those of the interfaces that it extends.
func membersOf(types, name string, seen map[string]bool) []string {
	if seen[name] {
		return nil
	}
	seen[name] = true
	var members []string
	for _, found := range interfaceOf.FindAllStringSubmatch(types, -1) {
		if found[1] != name {
			continue
		}
		for _, member := range memberOf.FindAllStringSubmatch(found[3], -1) {
			members = append(members, member[1])
		}
		for _, base := range names.FindAllString(found[2], -1) {
			members = append(members, membersOf(types, base, seen)...)
		}
	}
	return members
}

func TestTypesMatchTheGlobals(t *testing.T) {
	engineOnly(t, ownGlobals)
	t.Parallel()
	a := serve(t, surface, worker.Options{})
	var globals map[string]global
	if err := json.Unmarshal([]byte(a.stdout.String()), &globals); err != nil {
		t.Fatal(err)
	}
	if len(globals) < 50 {
		t.Fatalf("a script has at least 50 globals; got %d", len(globals))
	}
	types := worker.Types()
	for name, is := range globals {
		if name != "Console" && !regexp.MustCompile(`(?m)^declare (var|function|namespace) `+name+`\b`).MatchString(types) {
			t.Errorf("worker/linger.d.ts declares the global %s; it does not", name)
			continue
		}
		if !is.Class && name != "Console" {
			continue
		}
		declared := membersOf(types, name, map[string]bool{})
		for _, member := range is.Members {
			if !slices.Contains(declared, member) && !isConstant(member) {
				t.Errorf("worker/linger.d.ts declares the member %s of %s; it does not", member, name)
			}
		}
		for _, member := range declared {
			if !slices.Contains(is.Members, member) && !undetectable(name, member) {
				t.Errorf("worker/linger.d.ts declares only members that exist; %s has no member %s", name, member)
			}
		}
		variable := regexp.MustCompile(`(?ms)^declare var ` + name + `: .*?^?\}>?;$`).FindString(types)
		for _, member := range is.Statics {
			if !regexp.MustCompile(`\b`+member+`\b`).MatchString(variable) && !isConstant(member) {
				t.Errorf("worker/linger.d.ts declares %s.%s; it does not", name, member)
			}
		}
	}
}

// isConstant reports whether a member is a constant. The types need not declare all constants.
func isConstant(member string) bool { return strings.ToUpper(member) == member }

// undetectable reports whether a declared member is not a property of the prototype.
func undetectable(class, member string) bool {
	return class == "WebSocketPair" || class == "Buffer" && member == "subarray" || class == "ReadableStream" || isConstant(member) && !strings.HasPrefix(class, "WebSocket")
}
