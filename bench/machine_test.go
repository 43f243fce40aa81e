//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLinesOfProcAreFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpuinfo")
	if err := os.WriteFile(file, []byte("processor\t: 0\nmodel name\t: Abacus: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := lineOf(file, "model name"); got != "Abacus: 2" {
		t.Errorf("expected the name behind the first colon, got %q", got)
	}
	if lineOf(file, "speed") != "" || lineOf(file+"x", "speed") != "" {
		t.Error("what is not there is empty")
	}
	if got := machine(); !strings.Contains(got, "cores of") || !strings.Contains(got, "Linux") {
		t.Errorf("a machine has cores and a kernel, got %q", got)
	}
}

func TestVersionsAreThoseOfTheModules(t *testing.T) {
	w, err := openWorkshop()
	if err != nil {
		t.Fatal(err)
	}
	for name, module := range peerModules {
		if got := w.moduleVersion(name); !strings.HasPrefix(got, "1.") {
			t.Errorf("the version of %s is said to be %q", module, got)
		}
	}
	if got := said(".", "false"); !strings.Contains(got, "unknown") {
		t.Errorf("a version that cannot be had is unknown, got %q", got)
	}
}
