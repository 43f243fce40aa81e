package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Only a file that other users of the machine cannot replace is started, also if its path contains symbolic links.
func TestUpgradeBinaryWriters(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		name string
		mode os.FileMode
	}{
		{"own", 0o755}, {"open", 0o777}, {"group", 0o775}, {"shared", 0o777 | os.ModeSticky},
	} {
		path := filepath.Join(folder, f.name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "linger"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, f.mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "own", "writable"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(folder, "own", "writable"), 0o606); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"own/good": "../shared/linger", "own/far": filepath.Join(folder, "own/good"), "own/bad": "../open/linger", "own/through": "../open/back",
		"open/back": "../own/linger", "own/round": "round",
	} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"own/linger": "", "shared/linger": "", "own/good": "", "own/far": "", "own/../own/linger": "",
		"open/linger": "open", "group/linger": "group", "own/writable": "writable", "own/bad": "open", "own/through": "open", "open/../own/linger": "open",
		"own/round": "40 symbolic links", "own/nothing": "no such file",
	} {
		err := checkWriters(folder + "/" + path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: want an error with %q; got %v", path, want, err)
		}
	}
}

func TestUpgradeBinaryOfOtherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
	path := filepath.Join(t.TempDir(), "linger")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if err := checkWriters(path); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("a file of another user is refused; got %v", err)
	}
}
