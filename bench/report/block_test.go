package report

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestReplaceIn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	page := "before\n" + BlockBegin + "\nold\n" + BlockEnd + "\nafter\n"
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second call must not change the page
		if err := ReplaceIn(file, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	want := "before\n" + BlockBegin + "\n\nnew\n\n" + BlockEnd + "\nafter\n"
	if err != nil || string(got) != want {
		t.Errorf("expected %q, got %q, %v", want, got, err)
	}
}

func TestReplaceBlockWithoutBlock(t *testing.T) {
	for _, page := range []string{"", BlockBegin, BlockEnd + BlockBegin} {
		if _, err := ReplaceBlock(page, "new"); !errors.Is(err, ErrNoBlock) {
			t.Errorf("ReplaceBlock of %q returns %v, expected %v", page, err, ErrNoBlock)
		}
	}
}
