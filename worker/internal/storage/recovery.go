package storage

import (
	"cmp"
	"maps"
	"path"
	"slices"
)

// recovery applies the log to the files. Most pages are in the log many times, so it writes their last versions only.
type recovery struct {
	store   *Store
	files   map[string]*file    // those that were written
	waiting map[string]*pending // changes that are not written, by the names of their files
	bytes   int64               // the memory of their pages
}

// pending is what several changes of a file amount to.
type pending struct {
	change *change // without pages
	pages  map[int64][]byte
}

// maxRecovered bounds the memory of the pages that wait to be written, in bytes.
const maxRecovered = 64 << 20

// recover applies the log to the files and removes it. It returns the number of the last segment.
func (s *Store) recover() (last uint64, err error) {
	numbers, all, err := segmentNumbers(s.disk)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	last = all[len(all)-1]
	r := &recovery{store: s, files: map[string]*file{}, waiting: map[string]*pending{}}
	for _, number := range numbers {
		if err := replaySegment(s.disk, number, number == last, r.add); err != nil {
			return 0, err
		}
	}
	if err := r.write(); err != nil {
		return 0, err
	}
	if err := r.sync(); err != nil {
		return 0, err
	}
	for _, number := range all {
		if err := s.disk.remove(segmentName(number)); err != nil {
			return 0, err
		}
		if err := s.disk.syncFolder(logFolder); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// add adds a change to those that wait.
func (r *recovery) add(c *change) error {
	p := r.waiting[c.name]
	if p == nil {
		p = &pending{change: &change{name: c.name}, pages: map[int64][]byte{}}
		r.waiting[c.name] = p
	}
	before := len(p.pages)
	if c.replaced || c.size == 0 {
		p.change.replaced = true
		clear(p.pages)
	}
	if c.size < p.change.size {
		maps.DeleteFunc(p.pages, func(number int64, _ []byte) bool { return number*pageSize >= c.size })
	}
	p.change.size = c.size
	for _, page := range c.pages {
		p.pages[page.number] = page.data
	}
	r.bytes += int64(len(p.pages)-before) * pageSize
	if r.bytes > maxRecovered {
		return r.write()
	}
	return nil
}

// write writes all that waits to the files.
func (r *recovery) write() error {
	for name, p := range r.waiting {
		f := r.files[name]
		if f == nil {
			f = r.store.newFile(name)
			r.files[name] = f
		}
		for number, data := range p.pages {
			p.change.pages = append(p.change.pages, page{number, data})
		}
		slices.SortFunc(p.change.pages, func(a, b page) int { return cmp.Compare(a.number, b.number) })
		f.mu.Lock()
		err := f.apply(p.change)
		f.mu.Unlock()
		if err != nil {
			return err
		}
	}
	clear(r.waiting)
	r.bytes = 0
	return nil
}

// sync makes the files durable and closes them.
func (r *recovery) sync() error {
	folders := map[string]struct{}{}
	for _, f := range r.files {
		unlisted, err := f.sync(0)
		if err != nil {
			return err
		}
		if unlisted {
			folders[path.Dir(f.name)] = struct{}{}
		}
		f.mu.Lock()
		err = f.closeDisk()
		f.mu.Unlock()
		if err != nil {
			return err
		}
	}
	for folder := range folders {
		if err := r.store.disk.syncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}
