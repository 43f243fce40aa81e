package process

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestScript runs the modules of a child with a host of the test, on each runtime that is installed.
func TestScript(t *testing.T) {
	t.Parallel()
	own := platform{replacements: os.DirFS("testdata/host"), modules: os.DirFS("js")}
	code, err := scriptOf(`import "process/main.js";`, own, os.DirFS("../../js"))
	if err != nil {
		t.Fatal(err)
	}
	scenario, err := filepath.Abs("testdata/scenario.mjs")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "worker.mjs")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string][]string{"node": {"node"}, "bun": {"bun", "run"}, "deno": {"deno", "run", "--allow-all"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(command[0]); err != nil && name != "node" && os.Getenv("TESTS_REQUIRE_RUNTIMES") == "" {
				t.Skipf("%s is not installed", name)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, command[0], append(command[1:], file, scenario)...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "passed") {
				t.Errorf("the scenario must pass: %v\n%s", err, out)
			}
		})
	}
}
