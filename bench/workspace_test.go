//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPrepare(t *testing.T) {
	root := t.TempDir()
	build := func(script string) step {
		return func(workspace) (string, []string) { return ".", []string{"sh", "-c", script} }
	}
	once := build("echo x >> built")
	ready, notes := workspace{root: root}.prepare([]library{
		{name: "one", build: once}, {name: "two", build: once},
		{name: "three", label: "the third", build: build("echo no compiler; exit 1")},
	})
	if got := strings.Join(names(ready), " "); got != "one two" {
		t.Errorf("prepare returns %q, expected one and two", got)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "the third") || !strings.Contains(notes[0], "no compiler") {
		t.Errorf("notes are %q, expected one with the third library and its error", notes)
	}
	if built, err := os.ReadFile(filepath.Join(root, "built")); err != nil || string(built) != "x\n" {
		t.Errorf("the step shared by two libraries must run once: got %q, %v", built, err)
	}
}

func TestOpenWorkspace(t *testing.T) {
	w, err := openWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"floor/floor.c", "server/main.go", "peers/go.mod", "testdata/echo.js"} {
		if _, err := os.Stat(w.file(name)); err != nil {
			t.Error(err)
		}
	}
}
