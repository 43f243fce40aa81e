//go:build unix

package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// executable writes a script of the shell that serves as a runtime, and returns its path.
func executable(t *testing.T, name, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindReadsVersion(t *testing.T) {
	for _, c := range []struct{ name, prints, want string }{
		{"node", "v20.0.0", "20.0.0"},
		{"node", "v25.1.0-nightly20260101", "25.1.0-nightly20260101"},
		{"bun", "1.1.0", "1.1.0"},
		{"deno", "deno 2.1.4 (stable, release, x86_64-unknown-linux-gnu)\nv8 13.0.245.12-rusty\ntypescript 5.6.2", "2.1.4"},
	} {
		t.Run(c.name+" "+c.want, func(t *testing.T) {
			path := executable(t, c.name, "cat <<'X'\n"+c.prints+"\nX")
			got, err := Find(c.name, path)
			if err != nil || got.Version != c.want || got.Path != path {
				t.Errorf("the result is %+v, %v", got, err)
			}
		})
	}
}

func TestFindRefuses(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	for _, c := range []struct{ what, name, path, want string }{
		{"an unknown runtime", "nodejs", "", `there is no runtime "nodejs"`},
		{"a missing file", "node", absent, absent + " of the runtime node cannot be used"},
		{"a version that is too old", "node", executable(t, "node", "echo v18.20.4"), "is Node.js 18.20.4, which is too old: Linger needs Node.js 20"},
		{"a minor version that is too old", "bun", executable(t, "bun", "echo 1.0.36"), "is Bun 1.0.36, which is too old: Linger needs Bun 1.1"},
		{"another program", "deno", executable(t, "deno", "echo hello"), `has printed "hello", which is not a version of Deno`},
		{"a program that fails", "node", executable(t, "node", "exit 3"), "has failed: exit status 3"},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := Find(c.name, c.path)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("the error is %v, expected one with %q", err, c.want)
			}
			if c.name != "nodejs" && !strings.Contains(err.Error(), "or set --runtime-path to its executable") {
				t.Errorf("the error does not say what to do: %v", err)
			}
		})
	}
}

func TestFindLooksInPath(t *testing.T) {
	path := executable(t, "node", "echo v22.1.0")
	t.Setenv("PATH", filepath.Dir(path))
	if got, err := Find("node", ""); err != nil || got.Path != path {
		t.Errorf("the result is %+v, %v", got, err)
	}
	if _, err := Find("bun", ""); err == nil || !strings.Contains(err.Error(), "the runtime bun is not installed: no folder in PATH has its executable; install Bun 1.1 or newer") {
		t.Errorf("the error is %v", err)
	}
}

func TestFindReadsVersionOfAnUpdate(t *testing.T) {
	path := executable(t, "node", "echo v22.1.0")
	for _, c := range []struct{ version, want string }{{"22.1.0", "22.1.0"}, {"24.10.0", "24.10.0"}} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho v"+c.version+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := Find("node", path); err != nil || got.Version != c.want {
				t.Errorf("the result is %+v, %v, expected version %s", got, err, c.want)
			}
		}
	}
}
