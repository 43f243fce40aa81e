package apptest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// fileName matches the names of files of tests.
var fileName = regexp.MustCompile(`\.test\.[cm]?[jt]sx?$`)

// Find returns the files of tests that paths name: files, and the files NAME.test.js or NAME.test.ts in folders and below, except in node_modules and hidden
// folders. Without paths the working directory is searched.
func Find(paths []string) ([]string, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, readError(path, err)
		case !info.IsDir():
			files = append(files, path)
			continue
		}
		err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			base := entry.Name()
			switch {
			case err != nil:
				return readError(name, err)
			case entry.IsDir() && name != path && (base == "node_modules" || strings.HasPrefix(base, ".")):
				return filepath.SkipDir
			case !entry.IsDir() && fileName.MatchString(base):
				files = append(files, name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no tests in %s: their files are named NAME.test.js or NAME.test.ts", strings.Join(paths, ", "))
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// readError returns the error for a file or folder that cannot be read.
func readError(path string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return fmt.Errorf("%s: cannot be read: %w", path, err)
}
