package bundle

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lingerws/linger/worker/internal/engine"
)

func TestFunctionReturnsExports(t *testing.T) {
	roots := map[string]fs.FS{"web": fstest.MapFS{
		"index.js": {Data: []byte(`import { a, b as c } from "given"; import { d } from "other/x"; import { e } from "./part.js"; export const all = a + c + d + e;`)},
		"part.js":  {Data: []byte("import {\n  a,\n} from \"given\"; export const e = a;")},
	}}
	given := map[string]string{`^given$`: `given`, `^other/(.+)$`: `given.$1`}
	source, err := Function("web/index.js", "given", roots, given)
	if err != nil {
		t.Fatal(err)
	}
	rt, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rt.Close() }()
	v, err := rt.EvalScript("test.js", source+`({ a: "a", b: "b", x: { d: "d" } }).all`)
	if err != nil || v.String() != "abda" {
		t.Errorf(`the export must be "abda", got %v, %v`, v, err)
	}
	if _, err := Function("web/index.js", "given", roots, nil); err == nil || !strings.Contains(err.Error(), "given") {
		t.Errorf("an import that neither roots nor given contain must fail with its name, got %v", err)
	}
}

func TestModuleLeavesNodeToTheRuntime(t *testing.T) {
	t.Parallel()
	roots := map[string]fs.FS{"web": fstest.MapFS{"a.js": {Data: []byte(`import fs from "node:fs"; export const a = fs;`)}}}
	source, err := Module(`import { a } from "web/a.js"; globalThis.a = a;`, roots)
	if err != nil || !strings.Contains(source, `from"node:fs"`) {
		t.Errorf("the import of node:fs stays; got %v\n%s", err, source)
	}
	if _, err := Script(`import "web/a.js"`, roots); err == nil {
		t.Error("a script has no modules of Node")
	}
}
