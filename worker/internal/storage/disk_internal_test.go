package storage

import (
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// testDisk is a disk in memory that records what is durable. crash returns what a loss of power may leave.
type testDisk struct {
	before func(operation string) error // called before each change; an error makes the operation fail; may be nil

	mu      sync.Mutex
	durable map[string]*inode // the entries of folders that are durable
	entries map[string]*inode // the entries of folders
	waiting []entryChange     // changes of entries that are not durable, in order
}

type entryChange struct {
	name string
	file *inode // nil if it was removed
}

// inode is a file.
type inode struct {
	content []byte
	durable []byte
	waiting []write // what was written since the last sync, in order
}

// write is a write at an offset, or, if data is nil, a truncation.
type write struct {
	offset int64
	data   []byte
}

func (w write) apply(content []byte) []byte {
	if w.data == nil {
		return resized(content, w.offset)
	}
	if end := w.offset + int64(len(w.data)); end > int64(len(content)) {
		content = resized(content, end)
	}
	copy(content[w.offset:], w.data)
	return content
}

func resized(content []byte, size int64) []byte {
	if size <= int64(len(content)) {
		return content[:size:size]
	}
	return append(content, make([]byte, size-int64(len(content)))...)
}

func newTestDisk() *testDisk {
	return &testDisk{durable: map[string]*inode{}, entries: map[string]*inode{}}
}

// crash returns a disk with what a loss of power may leave: of what is not durable, changes of entries are lost from some moment on,
// and each write is kept, lost, or kept in part.
func (d *testDisk) crash(random *rand.Rand) *testDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	left := newTestDisk()
	entries := maps.Clone(d.durable)
	for _, c := range d.waiting[:random.IntN(len(d.waiting)+1)] {
		if c.file == nil {
			delete(entries, c.name)
		} else {
			entries[c.name] = c.file
		}
	}
	for name, f := range entries {
		content := slices.Clone(f.durable)
		for _, w := range f.waiting {
			switch random.IntN(4) {
			case 0: // lost
			case 1:
				if len(w.data) > 0 {
					content = write{w.offset, w.data[:random.IntN(len(w.data))+1]}.apply(content)
					break
				}
				fallthrough
			default:
				content = w.apply(content)
			}
		}
		kept := &inode{content: content, durable: slices.Clone(content)}
		left.durable[name], left.entries[name] = kept, kept
	}
	return left
}

// change calls before, and then f with the disk locked.
func (d *testDisk) change(operation string, f func()) error {
	if d.before != nil {
		if err := d.before(operation); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
	return nil
}

func (d *testDisk) open(name string, create bool) (diskFile, error) {
	d.mu.Lock()
	f := d.entries[name]
	d.mu.Unlock()
	if f != nil {
		return &testFile{d, f, name}, nil
	}
	if !create {
		return nil, fs.ErrNotExist
	}
	f = &inode{}
	err := d.change("create "+name, func() {
		d.entries[name] = f
		d.waiting = append(d.waiting, entryChange{name, f})
	})
	if err != nil {
		return nil, err
	}
	return &testFile{d, f, name}, nil
}

func (d *testDisk) remove(name string) error {
	return d.change("remove "+name, func() {
		for entry := range d.entries {
			if entry == name || strings.HasPrefix(entry, name+"/") {
				delete(d.entries, entry)
				d.waiting = append(d.waiting, entryChange{entry, nil})
			}
		}
	})
}

func (d *testDisk) rename(from, to string) error {
	return d.change("rename "+from, func() {
		for entry, f := range d.entries {
			if rest, ok := strings.CutPrefix(entry, from+"/"); ok {
				delete(d.entries, entry)
				d.entries[to+"/"+rest] = f
				d.waiting = append(d.waiting, entryChange{entry, nil}, entryChange{to + "/" + rest, f})
			}
		}
	})
}

func (d *testDisk) syncFolder(name string) error {
	return d.change("sync folder "+name, func() {
		d.waiting = slices.DeleteFunc(d.waiting, func(c entryChange) bool {
			if path.Dir(c.name) != name {
				return false
			}
			if c.file == nil {
				delete(d.durable, c.name)
			} else {
				d.durable[c.name] = c.file
			}
			return true
		})
	})
}

func (d *testDisk) list(folder string) (names []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for entry := range d.entries {
		if path.Dir(entry) == folder {
			names = append(names, path.Base(entry))
		}
	}
	return names, nil
}

type testFile struct {
	disk *testDisk
	file *inode
	name string
}

func (f *testFile) ReadAt(p []byte, offset int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if offset >= int64(len(f.file.content)) {
		return 0, io.EOF
	}
	n := copy(p, f.file.content[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *testFile) WriteAt(p []byte, offset int64) (int, error) {
	return len(p), f.change("write", write{offset, slices.Clone(p)})
}

func (f *testFile) Truncate(size int64) error { return f.change("truncate", write{size, nil}) }

func (f *testFile) change(operation string, w write) error {
	return f.disk.change(operation+" "+f.name, func() {
		f.file.waiting = append(f.file.waiting, w)
		f.file.content = w.apply(f.file.content)
	})
}

func (f *testFile) Sync() error {
	return f.disk.change("sync "+f.name, func() {
		f.file.durable, f.file.waiting = slices.Clone(f.file.content), nil
	})
}

func (f *testFile) Close() error { return nil }

func (f *testFile) size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return int64(len(f.file.content)), nil
}

// openTestDisk opens a disk in memory.
func openTestDisk(t *testing.T, d *testDisk, options Options) *Store {
	t.Helper()
	s, err := openDisk(d, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
