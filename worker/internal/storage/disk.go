package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lingerws/linger/internal/filelock"
)

// disk is the part of a file system that a Store needs. Names are relative to the data directory, with slashes.
type disk interface {
	open(name string, create bool) (diskFile, error) // the error is fs.ErrNotExist if there is no file and create is false
	remove(name string) error                        // removes a file, or a folder with all its contents; no error if there is none
	rename(from, to string) error
	syncFolder(name string) error         // makes the creation and removal of the files in a folder durable
	list(folder string) ([]string, error) // returns the names in a folder, none if it does not exist
}

// diskFile is an open file. What it has written is durable after sync.
type diskFile interface {
	ReadAt(p []byte, offset int64) (int, error)
	WriteAt(p []byte, offset int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
	size() (int64, error)
}

// osDisk is a folder of the operating system.
type osDisk string

type osFile struct{ *os.File }

func (f osFile) size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (d osDisk) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

func (d osDisk) open(name string, create bool) (diskFile, error) {
	path, flags := d.path(name), os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if create && errors.Is(err, fs.ErrNotExist) {
		if err = d.makeFolder(filepath.ToSlash(filepath.Dir(filepath.FromSlash(name)))); err == nil {
			f, err = os.OpenFile(path, flags, 0o600)
		}
	}
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// makeFolder makes a folder and those above it, all of them durable.
func (d osDisk) makeFolder(name string) error {
	if err := os.MkdirAll(d.path(name), 0o700); err != nil {
		return err
	}
	for name != "." {
		name = filepath.ToSlash(filepath.Dir(filepath.FromSlash(name)))
		if err := d.syncFolder(name); err != nil {
			return err
		}
	}
	return nil
}

// lock locks the data directory until the file is closed.
func (d osDisk) lock() (*os.File, error) {
	f, err := filelock.Lock(d.path(lockName))
	if errors.Is(err, filelock.ErrLocked) {
		err = fmt.Errorf("%w: %s", ErrInUse, d)
	}
	return f, err
}

func (d osDisk) remove(name string) error { return os.RemoveAll(d.path(name)) }

func (d osDisk) rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d osDisk) list(folder string) ([]string, error) {
	entries, err := os.ReadDir(d.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}
