package storage

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// logFolder is the folder of the segments of the log.
const logFolder = "log"

// segment is a file of the log.
type segment struct {
	number uint64
	disk   diskFile
	salt   []byte
	size   int64
	files  map[*file]uint64 // those with changes in the segment, and the number of the last change
}

func segmentName(number uint64) string { return path.Join(logFolder, fmt.Sprintf("%016x.log", number)) }

// createSegment creates an empty segment, durably.
func createSegment(d disk, number uint64) (*segment, error) {
	f, err := d.open(segmentName(number), true)
	if err != nil {
		return nil, err
	}
	s := &segment{number: number, disk: f, salt: make([]byte, 8), size: int64(segmentHeader), files: map[*file]uint64{}}
	_, _ = rand.Read(s.salt) // never fails
	_, err = f.WriteAt(append([]byte(segmentMagic), s.salt...), 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = d.syncFolder(logFolder)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), d.remove(segmentName(number)))
	}
	return s, nil
}

// append writes a batch, without syncing it. After a failure, the segment has what it had before; if even that fails, the
// error is an errLogLost.
func (s *segment) append(batch []byte) error {
	if _, err := s.disk.WriteAt(batch, s.size); err != nil {
		if lost := s.disk.Truncate(s.size); lost != nil {
			return &errLogLost{errors.Join(err, lost)}
		}
		return err
	}
	s.size += int64(len(batch))
	return nil
}

// errLogLost means that the content of the log is not known: no more transactions can be written.
type errLogLost struct{ cause error }

func (e *errLogLost) Error() string {
	return fmt.Sprintf("the log of transactions cannot be written: %v; restart the process when the disk works", e.cause)
}

func (e *errLogLost) Unwrap() error { return e.cause }

// segmentNumbers returns the numbers of the segments that have to be applied, in order. Those before a gap were being removed,
// so the files have all that they contain. all has the numbers of all segments.
func segmentNumbers(d disk) (numbers, all []uint64, err error) {
	names, err := d.list(logFolder)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		digits, ok := strings.CutSuffix(name, ".log")
		if n, err := strconv.ParseUint(digits, 16, 64); ok && err == nil && len(digits) == 16 {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	first := len(all)
	for first > 0 && (first == len(all) || all[first-1]+1 == all[first]) {
		first--
	}
	return all[first:], all, nil
}

// replaySegment calls apply for each change in a segment. last is whether it is the last segment, which may end with a batch that
// was not written completely.
func replaySegment(d disk, number uint64, last bool, apply func(*change) error) error {
	content, err := readAll(d, segmentName(number))
	if err != nil {
		return err
	}
	if len(content) < segmentHeader || string(content[:len(segmentMagic)]) != segmentMagic {
		if last && len(content) <= segmentHeader {
			return nil // it was being created
		}
		return &DamageError{segmentName(number), 0}
	}
	salt, offset := content[len(segmentMagic):segmentHeader], segmentHeader
	for offset < len(content) {
		changes, length, ok, err := readBatch(content[offset:], salt)
		if err != nil || !ok && !last {
			return &DamageError{segmentName(number), int64(offset)}
		}
		if !ok {
			return nil
		}
		for _, c := range changes {
			if err := apply(c); err != nil {
				return err
			}
		}
		offset += length
	}
	return nil
}

func readAll(d disk, name string) (content []byte, err error) {
	f, err := d.open(name, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.size()
	if err != nil {
		return nil, err
	}
	content = make([]byte, size)
	_, err = io.ReadFull(io.NewSectionReader(f, 0, size), content)
	return content, err
}

// DamageError means that a part of the log, which was durable, is not what was written.
type DamageError struct {
	Segment string // the name of the file in the data directory
	Offset  int64  // where the part begins, in bytes
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d: transactions after it cannot be recovered; restore the data directory from a backup, or move the file away to continue without them", e.Segment, e.Offset)
}
