//go:build linux

package main

import (
	"path/filepath"
	"testing"
)

func TestRunsTakeTurns(t *testing.T) {
	folder := t.TempDir()
	first, err := takeTurn(folder)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 2)
	go func() {
		second, err := takeTurn(folder)
		if err != nil {
			t.Error(err)
			return
		}
		told <- "the second measures"
		second()
	}()
	told <- "the first is done"
	first()
	if got := <-told; got != "the first is done" {
		t.Errorf("two measure at the same time: %s", got)
	}
	<-told
	if _, err := takeTurn(filepath.Join(folder, "nowhere")); err == nil {
		t.Error("a folder that is not there must be an error")
	}
}
