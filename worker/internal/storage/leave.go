package storage

import (
	"encoding/json"
	"errors"
	"slices"
)

// noteName is the name of the note that Leave writes for the next Open. It says that the files of the databases have everything that is in the log, as
// the operating system shows them. It holds until the machine starts again: after a loss of power they may not have it.
const noteName = logFolder + "/left"

// note is its content, as JSON.
type note struct {
	Boot     string        // identifies the time since the machine was started
	Segments []noteSegment // all segments of the log, the oldest first
}

// noteSegment is a segment of the log.
type noteSegment struct {
	Number uint64
	Files  []string // the names of the files with changes in it
}

// Leave closes the data directory so that another process on this machine can open it at once: it does not wait until the files of the databases are
// on disk, as Close does, but leaves the log, in which all transactions are durable. Otherwise it is Close.
func (s *Store) Leave() error { return s.close((*committer).leave) }

// leave writes what is queued to the files, and closes the log with a note about it. Without a note the next Open applies the log.
func (c *committer) leave() error {
	boot := bootID()
	if boot == "" {
		return c.finish()
	}
	c.writeBack()
	all := append(slices.Clip(c.segments.full), c.active)
	n := note{Boot: boot}
	var errs []error
	for _, s := range all {
		left := noteSegment{Number: s.number}
		for f := range s.files {
			left.Files = append(left.Files, f.name)
		}
		n.Segments = append(n.Segments, left)
		errs = append(errs, s.disk.Close())
	}
	if c.failure == nil && c.fatal == nil {
		errs = append(errs, c.store.writeNote(&n))
	}
	return errors.Join(append(errs, c.failure)...)
}

func (s *Store) writeNote(n *note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	f, err := s.disk.open(noteName, true)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(text, 0)
	return errors.Join(err, f.Close())
}

// adopt continues the log that Leave has left, and returns the number of its last segment. ok is false if the log has to be applied instead.
func (s *Store) adopt() (last uint64, ok bool, err error) {
	n, err := s.takeNote()
	if err != nil || n == nil || len(n.Segments) == 0 || n.Boot != bootID() {
		return 0, false, err
	}
	_, all, err := segmentNumbers(s.disk)
	if err != nil {
		return 0, false, err
	}
	for i, left := range n.Segments {
		if i >= len(all) || left.Number != all[i] {
			return 0, false, nil
		}
	}
	if len(all) != len(n.Segments) {
		return 0, false, nil
	}
	for _, left := range n.Segments {
		disk, err := s.disk.open(segmentName(left.Number), false)
		if err != nil {
			return 0, false, err
		}
		old := &segment{number: left.Number, disk: disk, files: map[*file]uint64{}}
		for _, name := range left.Files {
			old.files[s.leftFile(name)] = 0
		}
		s.committer.segments.full = append(s.committer.segments.full, old)
	}
	return n.Segments[len(n.Segments)-1].Number, true, nil
}

// leftFile returns a file with changes that are not known to be on disk.
func (s *Store) leftFile(name string) *file {
	f := s.files[name]
	if f == nil {
		f = s.newFile(name)
		f.unsynced, f.unlisted = true, true
		s.files[name] = f
	}
	return f
}

// takeNote reads the note and removes it, because it no longer holds after the next transaction. It returns nil if there is none.
func (s *Store) takeNote() (*note, error) {
	names, err := s.disk.list(logFolder)
	if err != nil || !slices.Contains(names, "left") {
		return nil, err
	}
	text, err := readAll(s.disk, noteName)
	if err != nil {
		return nil, err
	}
	if err := s.disk.remove(noteName); err != nil {
		return nil, err
	}
	n := &note{}
	if json.Unmarshal(text, n) != nil {
		return nil, nil //nolint:nilnil,nilerr // it was not written completely
	}
	return n, nil
}
