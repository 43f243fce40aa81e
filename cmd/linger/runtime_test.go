package main

import (
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// hasChildren is whether the embedded engine runs in child processes by default.
const hasChildren = runtime.GOOS != "windows"

func TestRuntimeFlagsSetOptions(t *testing.T) {
	for _, test := range []struct {
		args []string
		want worker.Runtime
	}{
		{nil, worker.Runtime{Process: hasChildren}},
		{[]string{"--runtime=embedded", "--isolation=none"}, worker.Runtime{}},
		{[]string{"--isolation=process"}, worker.Runtime{Process: true}},
		{[]string{"--runtime=node"}, worker.Runtime{Name: "node"}},
		{[]string{"--runtime=bun", "--runtime-path=/opt/bun", "--runtime-arg=--smol", "--runtime-arg=-x"}, worker.Runtime{Name: "bun", Path: "/opt/bun", Args: []string{"--smol", "-x"}}},
		{[]string{"--runtime=node", "--inspect"}, worker.Runtime{Name: "node", Inspect: "127.0.0.1:9229"}},
		{[]string{"--inspect=9300", "--runtime=deno"}, worker.Runtime{Name: "deno", Inspect: "127.0.0.1:9300"}},
		{[]string{"--inspect=[::1]:9300", "--runtime=node"}, worker.Runtime{Name: "node", Inspect: "[::1]:9300"}},
	} {
		c, err := parse(t, test.args...)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := c.options(nil); err != nil || !reflect.DeepEqual(o.Runtime, test.want) {
			t.Errorf("the flags %q are the option %+v; got %+v, %v", test.args, test.want, o.Runtime, err)
		}
	}
}

func TestRuntimeFlagsRejectInvalidValues(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"--runtime=python", `"python" is not a runtime: expected embedded, node, bun or deno`},
		{"--isolation=thread", `"thread" is not a kind of isolation: expected none or process`},
		{"--runtime=node --isolation=process", "--isolation is for the embedded engine"},
		{"--inspect", "add --runtime=node, bun or deno"},
		{"--runtime-arg=-x", "add --runtime=node, bun or deno"},
		{"--runtime-path=/opt/node --runtime=embedded", "add --runtime=node, bun or deno"},
		{"--runtime=node --inspect=localhost", `"localhost" is not an address: expected a port such as 9229, or HOST:PORT`},
		{"--runtime=node --inspect=:9229", `":9229" is not an address`},
		{"--runtime=node --inspect=127.0.0.1:70000", `"127.0.0.1:70000" is not an address`},
	} {
		c, err := parse(t, strings.Fields(test.args)...)
		if err == nil {
			_, err = c.options(nil)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s is refused with %q; got %v", test.args, test.want, err)
		}
	}
}

func TestConfigureReadsTheRuntime(t *testing.T) {
	for _, test := range []struct {
		file string
		args []string
		want worker.Runtime
	}{
		{`runtime = "node"`, nil, worker.Runtime{Name: "node"}},
		{`runtime = "node"`, []string{"--runtime=bun"}, worker.Runtime{Name: "bun"}},
		{`runtime = "node"`, []string{"--runtime=embedded"}, worker.Runtime{Process: hasChildren}},
		{`isolation = "process"`, nil, worker.Runtime{Process: true}},
		{`isolation = "process"`, []string{"--isolation=none"}, worker.Runtime{}},
		{`isolation = "process"`, []string{"--runtime=node"}, worker.Runtime{Name: "node"}},
		{"runtime = \"node\"\nruntime_path = \"node22\"\nruntime_args = [\"-a\", \"-b\"]", []string{"--runtime-arg=-c"}, worker.Runtime{Name: "node", Path: "node22", Args: []string{"-a", "-b", "-c"}}},
		{`isolation = "none"`, []string{"--runtime=embedded"}, worker.Runtime{}},
		{"runtime = \"node\"\nruntime_path = \"bin/node\"", nil, worker.Runtime{Name: "node", Path: "FOLDER/bin/node"}},
		{"runtime = \"node\"\nruntime_path = \"bin/node\"", []string{"--runtime=bun"}, worker.Runtime{Name: "bun"}},
	} {
		dir := folder(t, map[string]string{"linger.toml": "main = \"app.js\"\n" + test.file})
		c, err := configured(t, append(test.args, "--config="+filepath.Join(dir, "linger.toml"))...)
		if err != nil {
			t.Fatal(err)
		}
		test.want.Path = strings.ReplaceAll(test.want.Path, "FOLDER", dir)
		if o, err := c.options(nil); err != nil || !reflect.DeepEqual(o.Runtime, test.want) {
			t.Errorf("%s with the flags %q is the option %+v; got %+v, %v", test.file, test.args, test.want, o.Runtime, err)
		}
	}
}
