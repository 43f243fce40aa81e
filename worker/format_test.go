package worker_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestLoadImportsTextAndBytes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const content = "a { color: `red`; } \\ é"
	names := []string{"p.html", "p.htm", "q.sql", "r.md", "s.svg", "t.css", "u.txt", "v.CSV", "w.xml", "x.graphql"}
	imports, all := "", []string{}
	for i, name := range names {
		writeIn(t, folder, name, content)
		all = append(all, "n"+string(rune('a'+i)))
		imports += "import " + all[i] + " from \"./" + name + "\";\n"
	}
	for _, name := range []string{"d.bin", "d.png", "d.WASM", "d.unknown"} {
		writeIn(t, folder, name, "\x00\xff\r\n")
	}
	writeIn(t, folder, "module.js", "export default 1;")
	writeIn(t, folder, "u.json", `{"a":1}`)
	a := serveFile(t, writeIn(t, folder, "app.js", imports+`
		import bytes from "./d.bin";
		import png from "./d.png";
		import wasm from "./d.WASM" with { type: "bytes" };
		import unknown from "./d.unknown" with { type: "bytes" };
		import source from "./module.js?raw";
		import page from "./p.html?raw";
		import typed from "./module.js" with { type: "text" };
		import json from "./u.json";
		import jsonText from "./u.json?raw";
		const later = (await import("./q.sql")).default;
		const texts = [`+strings.Join(all, ", ")+`, page, later];
		export default { fetch: () => Response.json([
			texts.every((text) => text === `+"`"+strings.ReplaceAll(strings.ReplaceAll(content, "\\", "\\\\"), "`", "\\`")+"`"+`), texts.length,
			[bytes, png].map((buffer) => [buffer instanceof ArrayBuffer, ...new Uint8Array(buffer)]),
			[wasm, unknown].map((array) => [array instanceof Uint8Array, ...array]),
			source, typed, json.a, jsonText,
		]) };`), worker.Options{})
	a.get("/", 200, `[true,12,[[true,0,255,13,10],[true,0,255,13,10]],[[true,0,255,13,10],[true,0,255,13,10]],"export default 1;","export default 1;",1,"{\"a\":1}"]`)
	for _, name := range append(names, "d.bin", "d.png", "module.js", "u.json") {
		if !slices.ContainsFunc(a.Files(), func(file string) bool { return strings.HasSuffix(file, "/"+name) }) {
			t.Errorf("Files contains %s; got %q", name, a.Files())
		}
	}
}

func TestLoadRefusesUnknownImports(t *testing.T) {
	t.Parallel()
	for imported, parts := range map[string][]string{
		`"./styles.module.css"`:            {`"styles.module.css" is a CSS module`},
		`"./p.html?url"`:                   {`"p.html" is imported with ?url`, "?raw"},
		`"./data.yaml"`:                    {`"data.yaml" has an unknown type`, `{ type: "text" }`},
		`"./latin.txt"`:                    {`"latin.txt" is not text in UTF-8`, `{ type: "bytes" }`},
		`"./m.wasm" with { type: "text" }`: {`"m.wasm" is not text in UTF-8`},
		`"./p.html" with { type: "css" }`:  {`"css"`},
		`"./m.wasm?raw"`:                   {`"m.wasm" is not text in UTF-8`},
	} {
		t.Run(imported, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			writeIn(t, folder, "m.wasm", "\x00asm\xff")
			writeIn(t, folder, "styles.module.css", ".a {}")
			writeIn(t, folder, "p.html", "<p>")
			writeIn(t, folder, "data.yaml", "a: 1")
			writeIn(t, folder, "latin.txt", "caf\xe9")
			wantProblem(t, writeIn(t, folder, "app.js", "\nimport x from "+imported+"; console.log(x);"), worker.Options{}, "app.js:2:", parts...)
		})
	}
}

func TestLoadImportsStyleSheets(t *testing.T) {
	engineOnly(t, ownModules)
	t.Parallel()
	for _, css := range []string{"", "/* nothing */", "a { color: red }", "@import 'other.css'; @font-face { src: url(x.woff) }"} {
		folder := t.TempDir()
		packages(t, folder, map[string]string{"styled/package.json": `{"main": "i.js"}`, "styled/i.js": `require("./s.css"); exports.name = "styled";`, "styled/s.css": css})
		writeIn(t, folder, "x.css", css)
		a := serveFile(t, writeIn(t, folder, "app.js", `import "./x.css"; import { name } from "styled"; export default { fetch: () => new Response("here " + name) };`), worker.Options{})
		a.get("/", 200, "here styled")
		a.reload(`import x from "./x.css"; export default { fetch: () => new Response("again " + x) };`)
		a.get("/", 200, strings.TrimSpace("again "+css))
		err := a.rewrite(`import "./x.module.css"; export default { fetch: () => new Response("wrong") };`)
		if _, ok := errors.AsType[*worker.LoadError](err); !ok {
			t.Errorf("a missing style sheet is a *LoadError; got %v", err)
		}
		a.get("/", 200, strings.TrimSpace("again "+css))
	}
}
