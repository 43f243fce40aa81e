//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLineOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpuinfo")
	if err := os.WriteFile(file, []byte("processor\t: 0\nmodel name\t: Abacus: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := lineOf(file, "model name"); got != "Abacus: 2" {
		t.Errorf("lineOf = %q, expected all after the first colon", got)
	}
	if lineOf(file, "speed") != "" || lineOf(file+"x", "speed") != "" {
		t.Error("lineOf of a missing line or file is not empty")
	}
	if got := machine(); !strings.Contains(got, "cores of") || !strings.Contains(got, "Linux") {
		t.Errorf("machine = %q, expected its cores and kernel", got)
	}
}

func TestModuleVersion(t *testing.T) {
	w, err := openWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	for name, module := range peerModules {
		if got := w.moduleVersion(name); !strings.HasPrefix(got, "1.") {
			t.Errorf("moduleVersion of %s = %q, expected 1.something", module, got)
		}
	}
	if got := firstLine(".", "false"); !strings.Contains(got, "unknown") {
		t.Errorf("firstLine of a failing command = %q, expected unknown", got)
	}
}
