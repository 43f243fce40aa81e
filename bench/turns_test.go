//go:build linux

package main

import (
	"path/filepath"
	"testing"
)

func TestTakeTurn(t *testing.T) {
	folder := t.TempDir()
	first, err := takeTurn(folder)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan string, 2)
	go func() {
		second, err := takeTurn(folder)
		if err != nil {
			t.Error(err)
			return
		}
		events <- "the second measures"
		second()
	}()
	events <- "the first is done"
	first()
	if got := <-events; got != "the first is done" {
		t.Errorf("two runs have their turn at the same time: %q came first", got)
	}
	<-events
	if _, err := takeTurn(filepath.Join(folder, "nowhere")); err == nil {
		t.Error("takeTurn in a folder that does not exist returned no error")
	}
}
