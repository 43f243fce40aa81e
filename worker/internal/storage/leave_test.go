package storage_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/lingerws/linger/worker/internal/storage"
)

// openStore opens a data directory.
func openStore(t *testing.T, dir string) *storage.Store {
	t.Helper()
	s, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// writeValue writes a value of an object, durably.
func writeValue(t *testing.T, s *storage.Store, class, id, value string) {
	t.Helper()
	o, err := s.Object(class, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Put(storage.Pair{Key: "key", Value: []byte(value)}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	if begun, err := o.Commit(func(err error) { done <- err }); !begun || err != nil {
		t.Fatalf("the commit begins; got %v, %v", begun, err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
}

// wantValue checks a value of an object.
func wantValue(t *testing.T, s *storage.Store, class, id, want string) {
	t.Helper()
	o, err := s.Object(class, id)
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.Get("key")
	if err != nil || string(got) != want {
		t.Errorf("the value of %s %s is %q; got %q, %v", class, id, want, got, err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}

// kill returns a copy of a data directory: what the end of the process by a signal would leave.
func kill(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestStoreLeave(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("Leave is Close where the time since the start of the machine cannot be identified")
	}
	note := func(dir string) string { return filepath.Join(dir, "log", "left") }
	t.Run("the next process continues with the log, and no other one trusts the note", func(t *testing.T) {
		dir := t.TempDir()
		s := openStore(t, dir)
		for version, value := range []string{"a", "b", "c"} {
			writeValue(t, s, "Room", "one", value)
			writeValue(t, s, "Room", "two", value)
			if err := s.Leave(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(note(dir)); err != nil {
				t.Errorf("Leave writes a note; got %v", err)
			}
			s = openStore(t, dir)
			if _, err := os.Stat(note(dir)); err == nil {
				t.Error("Open removes the note")
			}
			wantValue(t, s, "Room", "one", value)
			segments, _ := filepath.Glob(filepath.Join(dir, "log", "*.log"))
			if len(segments) != version+2 {
				t.Errorf("the log that was left remains, before a segment of its own; got %v", segments)
			}
		}
		writeValue(t, s, "Room", "one", "d")
		killed := openStore(t, kill(t, dir))
		wantValue(t, killed, "Room", "one", "d")
		wantValue(t, killed, "Room", "two", "c")
		if err := killed.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if segments, _ := filepath.Glob(filepath.Join(dir, "log", "*.log")); len(segments) != 0 {
			t.Errorf("after Close there is no log; got %v", segments)
		}
	})
	t.Run("after a restart of the machine the log is applied", func(t *testing.T) {
		dir := t.TempDir()
		s := openStore(t, dir)
		writeValue(t, s, "Room", "one", "a")
		if err := s.Leave(); err != nil {
			t.Fatal(err)
		}
		var content map[string]any
		text, err := os.ReadFile(note(dir))
		if err == nil {
			err = json.Unmarshal(text, &content)
		}
		if err != nil {
			t.Fatal(err)
		}
		content["Boot"] = "another"
		text, _ = json.Marshal(content)
		if err := os.WriteFile(note(dir), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, "objects", "Room", "one.sqlite"), 0); err != nil { // was not on disk
			t.Fatal(err)
		}
		s = openStore(t, dir)
		wantValue(t, s, "Room", "one", "a")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("a class that is deleted after it does not come back with the log", func(t *testing.T) {
		dir := t.TempDir()
		s := openStore(t, dir)
		writeValue(t, s, "Room", "one", "a")
		if err := s.Leave(); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, dir)
		if err := s.DeleteClass("Room"); err != nil {
			t.Fatal(err)
		}
		killed := openStore(t, kill(t, dir))
		wantValue(t, killed, "Room", "one", "")
		if err := killed.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
