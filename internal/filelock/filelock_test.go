package filelock_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/lingerws/linger/internal/filelock"
)

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	first, err := filelock.Lock(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.Lock(name); !errors.Is(err, filelock.ErrLocked) {
		t.Errorf("a locked file cannot be locked again; got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := filelock.Lock(name)
	if err != nil {
		t.Fatalf("a file is not locked when it has been closed; got %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if _, err := filelock.Lock(filepath.Join(name, "none")); err == nil || errors.Is(err, filelock.ErrLocked) {
		t.Errorf("a file that cannot be created is not locked; got %v", err)
	}
}
