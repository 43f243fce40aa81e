package worker_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// module is a WebAssembly module with a memory and four functions:
//
//	(import "env" "report" (func $report (param i32)))
//	(memory (export "memory") 1)
//	(func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
//	(func (export "loop") loop br 0 end)
//	(func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
//	(func (export "callReport") (param i32) local.get 0 call $report)
const module = "AGFzbQEAAAABEwRgAn9/AX9gAABgAX8Bf2ABfwACDgEDZW52BnJlcG9ydAADAwUEAAECAwUDAQABBysFBm1lbW9yeQIAA2FkZAABBGxvb3AAAgRncm93AAMKY2FsbFJlcG9ydAAECh8EBwAgACABagsHAANADAALCwYAIABAAAsGACAAEAAL"

// serveModule serves a script that can import module from "./m.wasm".
func serveModule(t *testing.T, script string, opts worker.Options) *testApp {
	t.Helper()
	folder := t.TempDir()
	content, err := base64.StdEncoding.DecodeString(module)
	if err != nil {
		t.Fatal(err)
	}
	writeIn(t, folder, "m.wasm", string(content))
	return serveFile(t, writeIn(t, folder, "app.js", script), opts)
}

func TestWebAssemblyImport(t *testing.T) {
	t.Parallel()
	a := serveModule(t, `
		import module from "./m.wasm";
		import same from "./m.wasm?module";
		const reported = [];
		const imports = { env: { report(n) { if (n === 13) throw new RangeError("unlucky"); reported.push(n); } } };
		const { exports } = new WebAssembly.Instance(module, imports);
		const bytes = new Uint8Array(exports.memory.buffer);
		async function check() {
			bytes[5] = 9;
			const before = exports.grow(1);
			exports.callReport(7);
			let thrown;
			try { exports.callReport(13); } catch (error) { thrown = error; }
			const { instance } = await WebAssembly.instantiate(Uint8Array.from(atob("`+module+`"), (c) => c.charCodeAt(0)), imports);
			return [
				same instanceof WebAssembly.Module, WebAssembly.Module.exports(module).map(({ name }) => name).join(" "),
				exports.add(20, 22), exports.add(2147483647, 1), before, bytes.length, new Uint8Array(exports.memory.buffer)[5],
				exports.memory.buffer.byteLength / 65536, reported, thrown instanceof RangeError && thrown.message, instance.exports.add("3", 4n === 4n),
			];
		}
		export default { async fetch() { return Response.json(await check()); } };`, worker.Options{})
	a.get("/", 200, `[true,"memory add loop grow callReport",42,-2147483648,1,0,9,2,[7],"unlucky",4]`)
}

func TestWebAssemblyEndlessLoopEndsWithTheEventTimeout(t *testing.T) {
	t.Parallel()
	a := serveModule(t, `
		import module from "./m.wasm";
		const { exports } = new WebAssembly.Instance(module, { env: { report() {} } });
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			if (event.data === "loop") exports.loop();
			event.source.send(event.data + " " + exports.add(1, 1));
		});`, worker.Options{EventTimeout: loopTimeout})
	looping, other := a.connect(), a.connect()
	looping.send("loop")
	other.send("still here?")
	other.want("still here? 2")
	looping.send("me too?")
	looping.want("me too? 2")
	a.log.line(t, "worker replaced")
}

func TestWebAssemblyMemoryCountsTowardsTheLimit(t *testing.T) {
	engineOnly(t, ownGlobals)
	t.Parallel()
	a := serveModule(t, `
		import module from "./m.wasm";
		const { exports } = new WebAssembly.Instance(module, { env: { report() {} } });
		export default { fetch() {
			const half = exports.grow(16 << 4), all = exports.grow(16 << 4);
			let thrown;
			try { exports.memory.grow(16 << 4) } catch (error) { thrown = error; }
			try { new WebAssembly.Memory({ initial: 16 << 4 }) } catch (error) { thrown = [thrown, error]; }
			return Response.json([half, all, exports.memory.buffer.byteLength >> 16, ...thrown.map(String)]);
		} };`, worker.Options{Memory: 24 << 20})
	a.get("/", 200, `[1,-1,257,"RangeError: The memory cannot grow: its maximum or the memory limit of the script is reached",`+
		`"RangeError: the memory limit of the script is reached"]`)
}

// A module above 4 KiB is compiled outside of the event loop.
func TestWebAssemblyCompileLargeModule(t *testing.T) {
	engineOnly(t, ownGlobals)
	t.Parallel()
	a := serve(t, `
		const note = new Uint8Array(8192); // a custom section with an empty name
		note.set([0, 0xFC, 0x3F]);
		const small = Uint8Array.fromBase64("`+module+`");
		const large = new Uint8Array([...small, ...note.slice(0, 8191)]);
		const imports = { env: { report() {} } };
		export default { async fetch() {
			const [module, { instance }] = await Promise.all([WebAssembly.compile(large), WebAssembly.instantiate(large, imports)]);
			large[0] = 1;
			let failure;
			try { await WebAssembly.compile(large); } catch (error) { failure = error; }
			return Response.json([
				instance.exports.add(1, 2), new WebAssembly.Instance(module, imports).exports.add(3, 4), WebAssembly.Module.customSections(module, "")[0].byteLength,
				failure instanceof WebAssembly.CompileError,
			]);
		} };`, worker.Options{})
	a.get("/", 200, `[3,7,8187,true]`)
}

func TestWebAssemblyInvalidModuleFailsToLoad(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	folder := t.TempDir()
	writeIn(t, folder, "m.wasm", "no module")
	_, err := load(t, writeIn(t, folder, "app.js", `import module from "./m.wasm";`), worker.Options{Logger: discard, Stdout: newSink(), Stderr: newSink()})
	if err == nil || !strings.Contains(err.Error(), "CompileError") || !strings.Contains(err.Error(), "not a WebAssembly module") {
		t.Errorf("the script must fail with a CompileError, got %v", err)
	}
}
