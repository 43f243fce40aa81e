package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web"
)

var (
	importFromShared = regexp.MustCompile(`import\s*\{([^}]*)\}\s*from "shared"`)
	listOfShared     = regexp.MustCompile(`(?s)share\(\(\) => \(\{(.*)\}\)\)`)
)

// The bundler does not check these names, because the list is an object of the running script.
func TestLazyImportsExistInShared(t *testing.T) {
	list, err := os.ReadFile("js/shared.js")
	if err != nil {
		t.Fatal(err)
	}
	shared := map[string]bool{"lazy": true}
	for _, name := range names(listOfShared.FindStringSubmatch(string(list))[1]) {
		shared[name] = true
	}
	files, err := filepath.Glob("lazy/*/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("there must be modules, got %v", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, clause := range importFromShared.FindAllStringSubmatch(string(source), -1) {
			for _, name := range names(clause[1]) {
				if !shared[name] {
					t.Errorf("%s imports %s, which js/shared.js does not list", file, name)
				}
			}
		}
	}
}

var importFromLazy = regexp.MustCompile(`import\s*\{([^}]*)\}\s*from "lazy/(\w+)"`)

func TestLazyImportsExistInBundles(t *testing.T) {
	files, err := filepath.Glob("lazy/*/*.js")
	if err != nil {
		t.Fatal(err)
	}
	p := newPage(t)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range importFromLazy.FindAllStringSubmatch(string(source), -1) {
			for _, name := range names(match[1]) {
				if !p.eval(t, fmt.Sprintf("%q in internal.lazy(%q)", name, match[2])).Bool() {
					t.Errorf("%s imports %s, which the bundle %s does not export", file, name, match[2])
				}
			}
		}
	}
}

// names returns the names in a list that is separated by commas. Of "a as b" it returns a.
func names(list string) (names []string) {
	for item := range strings.SplitSeq(list, ",") {
		if fields := strings.Fields(item); len(fields) > 0 {
			names = append(names, fields[0])
		}
	}
	return names
}

func TestLazyBundlesLoad(t *testing.T) {
	folders, err := filepath.Glob("lazy/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("there must be bundles, got %v", err)
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			rt := newRuntime(t, engine.Options{})
			prelude, err := withInternals()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := prelude.Install(rt, web.Options{}); err != nil {
				t.Fatal(err)
			}
			before := rt.Memory().Used
			v, err := rt.EvalScript("test.js", `const { lazy } = internal, exports = lazy("`+name+`");
				if (exports !== lazy("`+name+`")) throw new Error("a bundle must be loaded once");
				Object.keys(exports).length`)
			if err != nil || v.Int() == 0 {
				t.Fatalf("the bundle must have exports, got %v, %v", v, err)
			}
			t.Logf("the bundle uses %d bytes of a runtime", rt.Memory().Used-before)
		})
	}
	t.Run("none", func(t *testing.T) {
		p := newPage(t)
		if _, err := p.rt.EvalScript("test.js", `internal.lazy("none")`); err == nil {
			t.Error("an unknown bundle must fail")
		}
	})
}

func TestBodyNeedsNoStreams(t *testing.T) {
	p := newPage(t)
	p.eval(t, `(async () => {
		const forms = [await new Response("abc").text(), await new Response("{}").json(), await new Request("http://h/", { method: "POST", body: "abc" }).clone().bytes(),
			await new Response(new Uint8Array(3)).arrayBuffer(), await new Response("abc").blob(), new Response(null).body, new Response("abc").bodyUsed, new Request(new Request("http://h/"))];
		globalThis.read = forms.length;
		internal.takeParts(new Response("abc"));
	})()`)
	if read, loaded := p.eval(t, "read").Int(), p.eval(t, `internal.isLoaded("streams")`).Bool(); read != 8 || loaded {
		t.Errorf("bodies that are read as a whole do not load the streams; %d of 8 were read, and loaded is %v", read, loaded)
	}
	p.eval(t, `new Response("abc").body`)
	if !p.eval(t, `internal.isLoaded("streams")`).Bool() {
		t.Error("body loads the streams")
	}
}
