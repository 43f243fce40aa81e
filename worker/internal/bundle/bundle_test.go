package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBundleChangedSince(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "app.js")
	for name, text := range map[string]string{"app.js": `import page from "./page.html"; console.log(page);`, "page.html": "<p>"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := readBundle(path, false, Embedded)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app.js", "page.html"} {
		for age, want := range map[time.Duration]bool{time.Hour: false, time.Minute: true, -time.Hour: false} { // a clock may be ahead
			for _, other := range []string{"app.js", "page.html"} {
				touch(t, filepath.Join(folder, other), 2*time.Hour)
			}
			touch(t, filepath.Join(folder, name), age)
			if got := b.changedSince(time.Now().Add(-30 * time.Minute)); got != want {
				t.Errorf("whether %s, which is %v old, has changed in the last half hour is %t; got %t", name, age, want, got)
			}
		}
	}
}

func TestNewReadsAgainWhenFilesChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.js")
	for writes, readings := range map[int]int{0: 1, 3: 4, 1000: maxReadings} {
		if err := os.WriteFile(path, []byte("1"), 0o600); err != nil {
			t.Fatal(err)
		}
		touch(t, path, time.Hour)
		read := 0
		_, err := readUnchanged(path, func() (*Bundle, error) {
			b, err := readBundle(path, false, Embedded)
			age := time.Hour
			if read++; read <= writes {
				age = 0
			}
			touch(t, path, age)
			return b, err
		})
		if read != readings {
			t.Errorf("a file that is written during %d readings is read %d times; got %d", writes, readings, read)
		}
		failure, failed := errors.AsType[*Error](err)
		if never := writes > readings; failed != never || never && !strings.Contains(failure.Error(), "keep changing") {
			t.Errorf("a file is an error only if it changes during every reading; got %v", err)
		}
	}
}

func touch(t *testing.T, path string, age time.Duration) {
	t.Helper()
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Error(err)
	}
}

func TestNewRemovesWhatIsNotUsed(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"app.js":                        `import { used } from "lib"; import { one } from "./own.js"; import { once } from "node:events"; import { isUtf8 } from "node:buffer"; console.log(used, one, once);`,
		"own.js":                        `export const one = 1; export const two = "removed: an export"; class Unused { text = "removed: a class"; }`,
		"node_modules/lib/package.json": `{"main": "i.js", "type": "module", "sideEffects": ["./effect.js"]}`,
		"node_modules/lib/i.js":         `import "./effect.js"; export { used } from "./used.js"; export { other } from "./other.js";`,
		"node_modules/lib/used.js":      `const make = (text) => { console.log(text); return text; }; export const used = make("kept: a call"); export const pure = /* @__PURE__ */ make("removed: a pure call");`,
		"node_modules/lib/other.js":     `console.log("removed: a file without side effects"); export const other = "removed: its export";`,
		"node_modules/lib/effect.js":    `console.log("kept: a file with side effects");`,
		"node_modules/lib/never.js":     `console.log("removed: a file that is not imported");`,
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := New(filepath.Join(folder, "app.js"), false, Embedded)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.Code, "kept: "); n != 2 {
		t.Errorf("what is used is in the bundle: 2 texts; got %d in\n%s", n, b.Code)
	}
	for _, text := range []string{"removed: ", "node:buffer", `"buffer"`, "isUtf8", "getEventListeners"} {
		if strings.Contains(b.Code, text) {
			t.Errorf("what is not used is not in the bundle; %q is in\n%s", text, b.Code)
		}
	}
	const limit = 2500 // the size of the bundle with everything is more than twice as much
	if len(b.Code) > limit {
		t.Errorf("the bundle has at most %d bytes; got %d", limit, len(b.Code))
	}
}

func TestNewBoundsTheWarningsAboutModulesOfNode(t *testing.T) {
	folder := t.TempDir()
	pkg := filepath.Join(folder, "node_modules", "lib")
	if err := os.MkdirAll(pkg, 0o700); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{filepath.Join(pkg, "package.json"): `{}`}
	var app strings.Builder
	for i := range maxWarnings + 5 {
		files[filepath.Join(pkg, fmt.Sprintf("%d.mjs", i))] = `import fs from "fs"; export const read = () => fs.readFileSync("x");`
		fmt.Fprintf(&app, "import { read as read%d } from \"lib/%d.mjs\"; console.log(read%d);\n", i, i, i)
	}
	path := filepath.Join(folder, "app.js")
	files[path] = app.String()
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := New(path, false, Embedded)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Warnings) != maxWarnings {
		t.Errorf("a bundle has at most %d warnings; got %d", maxWarnings, len(b.Warnings))
	}
}
