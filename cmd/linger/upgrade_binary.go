package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// binary returns the path of the binary that a request names: by default the one that this process was started from. Another one must be
// a Linger that only root and the user of this process can replace. Otherwise every user of the machine who can connect to the
// administration, which needs no token on the loopback interface, could run programs as the user of this process.
func (u *upgrades) binary(path string) (string, error) {
	named := path != ""
	if !named {
		path = u.program
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("the binary cannot be read: %w", err)
	case !filepath.IsAbs(path):
		return "", fmt.Errorf("%q is not an absolute path of a binary", path)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return "", fmt.Errorf("%q is not an executable file", path)
	case !named:
		return path, nil
	}
	if err := checkWriters(path); err != nil {
		return "", err
	}
	return path, checkProgram(path)
}

// checkProgram returns an error unless a file is a build of the module of this program.
func checkProgram(path string) error {
	own, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	other, err := buildinfo.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%q is not a binary of Linger: %w", path, err)
	}
	if other.Main.Path != own.Main.Path {
		return fmt.Errorf("%q is a program of the module %q: expected a binary of %s", path, other.Main.Path, own.Main.Path)
	}
	return nil
}

// maxLinks bounds the number of symbolic links in a path, as Linux does.
const maxLinks = 40

// checkWriters returns an error unless only root and the user of this process can change what an absolute path leads to: they own the file, and
// all folders and symbolic links on the way, and the modes let no one else write. A folder with the sticky bit, such as /tmp,
// may be writable, because others cannot replace what is in it.
func checkWriters(path string) error {
	at, rest, links := "/", split(path), 0
	for {
		info, err := os.Lstat(at)
		if err != nil {
			return err
		}
		isLink := info.Mode()&os.ModeSymlink != 0
		switch sticky := info.IsDir() && info.Mode()&os.ModeSticky != 0; {
		case !isOwn(info):
			return fmt.Errorf("%q belongs to another user: a binary and the folders of its path must belong to root or to the user of the server", at)
		case !isLink && !sticky && info.Mode()&0o022 != 0:
			return fmt.Errorf("other users can write %q: a binary and the folders of its path must be writable by their owner only (chmod go-w)", at)
		}
		if isLink {
			target, err := os.Readlink(at)
			if err != nil {
				return err
			}
			if links++; links > maxLinks {
				return fmt.Errorf("%q leads through more than %d symbolic links", path, maxLinks)
			}
			at, rest = filepath.Dir(at), append(split(target), rest...)
			if filepath.IsAbs(target) {
				at = "/"
			}
		}
		if len(rest) == 0 {
			return nil
		}
		at, rest = filepath.Join(at, rest[0]), rest[1:]
	}
}

// split returns the names in a path.
func split(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(name string) bool { return name == "" || name == "." })
}
