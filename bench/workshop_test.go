//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestThingsAreBuiltOnceAndWhatFailsIsLeftOut(t *testing.T) {
	root := t.TempDir()
	build := func(script string) step {
		return func(workshop) (string, []string) { return ".", []string{"sh", "-c", script} }
	}
	once := build("echo x >> built")
	ready, notes := workshop{root: root}.prepare([]library{
		{name: "one", build: once}, {name: "two", build: once},
		{name: "three", label: "the third", build: build("echo no compiler; exit 1")},
	})
	if got := strings.Join(names(ready), " "); got != "one two" {
		t.Errorf("one and two can be built, got %q", got)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "the third") || !strings.Contains(notes[0], "no compiler") {
		t.Errorf("the third and why it failed must be told, got %q", notes)
	}
	if built, err := os.ReadFile(filepath.Join(root, "built")); err != nil || string(built) != "x\n" {
		t.Errorf("what two need is built once: got %q, %v", built, err)
	}
}

func TestTheRepositoryIsFound(t *testing.T) {
	w, err := openWorkshop()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"floor/floor.c", "server/main.go", "peers/go.mod", "testdata/echo.js"} {
		if _, err := os.Stat(w.file(name)); err != nil {
			t.Error(err)
		}
	}
}
