package replica

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// listLog is a log of one name in memory.
type listLog struct {
	records [][]byte // the number of a record is its index plus 1
	trimmed int
}

func (l *listLog) Append(_ context.Context, _ string, record []byte, last uint64, done func(uint64, error)) {
	if last != uint64(len(l.records)) {
		done(0, ErrFenced)
		return
	}
	l.records = append(l.records, record)
	done(uint64(len(l.records)), nil)
}

func (l *listLog) Last(context.Context, string) (uint64, error) { return uint64(len(l.records)), nil }

func (l *listLog) Read(_ context.Context, _ string, from uint64, record func(uint64, []byte) error) error {
	for i, b := range l.records {
		if number := uint64(i + 1); number >= from && i >= l.trimmed {
			if err := record(number, b); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *listLog) Trim(_ context.Context, _ string, before uint64) error {
	l.trimmed = max(l.trimmed, int(before)-1)
	return nil
}

// add appends a record after the last one.
func (l *listLog) add(one record) {
	one.previous = uint64(len(l.records))
	l.records = append(l.records, one.bytes())
}

// textDB is a database whose pages are texts. All that is applied is durable.
type textDB struct {
	pages    map[uint32]string
	size     uint32
	position Position
}

func (d *textDB) Position() (Position, error) { return d.position, nil }
func (d *textDB) Sync() error                 { return nil }
func (d *textDB) Barrier(f func(error))       { f(nil) }
func (d *textDB) Pages() (Pages, error)       { return textPages{d}, nil }

func (d *textDB) Apply(c *Change, position Position) error {
	d.position = position
	if c == nil {
		return nil
	}
	if c.Replaced || d.pages == nil {
		d.pages = map[uint32]string{}
	}
	for _, p := range c.Pages {
		d.pages[p.Number] = strings.TrimRight(string(p.Data), "\x00")
	}
	d.size = c.Size
	maps.DeleteFunc(d.pages, func(number uint32, _ string) bool { return number > c.Size })
	return nil
}

type textPages struct{ *textDB }

func (p textPages) Size() uint32 { return p.size }
func (p textPages) Close() error { return nil }
func (p textPages) Read(number uint32, data []byte) error {
	copy(data, p.pages[number])
	return nil
}

// textFile returns an LTX file with texts as pages, from a page on.
func textFile(t *testing.T, tx uint64, size, from uint32, texts ...string) []byte {
	t.Helper()
	var pages []Page
	for i, text := range texts {
		data := make([]byte, PageSize)
		copy(data, text)
		pages = append(pages, Page{from + uint32(i), data})
	}
	file, rest, err := encodeFile(pages, size, tx)
	if err != nil || len(rest) > 0 {
		t.Fatal(err)
	}
	return file
}

// onlineLog is a log that begins with a snapshot that was made while transactions were appended.
func onlineLog(t *testing.T) *listLog {
	l := &listLog{}
	for range 3 {
		l.add(record{kind: take, token: 1, tx: 1})
	}
	l.add(record{kind: online, token: 2, tx: 5, first: true})
	l.add(record{kind: transaction, token: 2, tx: 6, first: true, file: textFile(t, 6, 4, 1, "one of 6")})
	l.add(record{kind: transaction, token: 2, tx: 6, last: true, file: textFile(t, 6, 4, 3, "three of 6")})
	l.add(record{kind: online, token: 2, tx: 5, file: textFile(t, 5, 4, 1, "one of 5", "two of 5", "three of 5", "four of 5")})
	l.add(record{kind: transaction, token: 2, tx: 7, first: true, last: true, file: textFile(t, 7, 5, 4, "four of 7", "five of 7")})
	l.add(record{kind: online, token: 2, tx: 5, last: true})
	l.add(record{kind: transaction, token: 2, tx: 8, first: true, last: true, file: textFile(t, 8, 3, 2, "two of 8")})
	l.trimmed = 3
	return l
}

func TestRestoreOnlineSnapshot(t *testing.T) {
	l, db := onlineLog(t), &textDB{}
	ship, err := NewShipper(Options{Log: l}).Take(t.Context(), "x", 3, db)
	if err != nil {
		t.Fatal(err)
	}
	defer ship.Close(ErrClosed)
	want := map[uint32]string{1: "one of 6", 2: "two of 8", 3: "three of 6"}
	if db.size != 3 || !maps.Equal(db.pages, want) {
		t.Errorf("the database has %d pages, %v, expected %v", db.size, db.pages, want)
	}
}

// Whatever happens to a byte of a record, the database is either not restored, or is the right one.
func TestRestoreDamage(t *testing.T) {
	whole := onlineLog(t)
	for i := whole.trimmed; i < len(whole.records); i++ {
		for _, damage := range []struct {
			name string
			do   func([]byte) []byte
		}{
			{"changed", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }},
			{"cut", func(b []byte) []byte { return b[:len(b)-1] }},
			{"empty", func([]byte) []byte { return nil }},
		} {
			l := &listLog{records: slices.Clone(whole.records), trimmed: whole.trimmed}
			l.records[i] = damage.do(slices.Clone(l.records[i]))
			_, err := NewShipper(Options{Log: l}).Take(t.Context(), "x", 3, &textDB{})
			if damaged, ok := errors.AsType[*DamageError](err); !ok || damaged.Number != uint64(i+1) {
				t.Errorf("with record %d %s the error is %v, expected a DamageError of it", i+1, damage.name, err)
			}
		}
		l := &listLog{records: slices.Delete(slices.Clone(whole.records), i, i+1), trimmed: whole.trimmed}
		if _, err := NewShipper(Options{Log: l}).Take(t.Context(), "x", 3, &textDB{}); i < len(whole.records)-1 && err == nil {
			t.Errorf("without record %d there is no error", i+1)
		}
	}
}

func TestRestoreOfHalfASnapshot(t *testing.T) {
	whole := onlineLog(t)
	for end := whole.trimmed + 1; end < 9; end++ { // record 9 is the end of the snapshot
		_, err := NewShipper(Options{Log: &listLog{records: whole.records[:end], trimmed: whole.trimmed}}).Take(t.Context(), "x", 3, &textDB{})
		if _, ok := errors.AsType[*DamageError](err); !ok {
			t.Errorf("if the log ends with record %d, within its first snapshot, the error is %v, expected a DamageError", end, err)
		}
	}
}

func TestTakeRefusesALogThatWasLost(t *testing.T) {
	for _, position := range []Position{{Number: 7, TX: 3}, {Partial: true}} {
		_, err := NewShipper(Options{Log: &listLog{}}).Take(t.Context(), "x", 3, &textDB{position: position})
		if _, ok := errors.AsType[*LostError](err); !ok {
			t.Errorf("with the position %q and an empty log the error is %v, expected a LostError", position, err)
		}
	}
}

func TestTakeRefusesALowerToken(t *testing.T) {
	if _, err := NewShipper(Options{Log: onlineLog(t)}).Take(t.Context(), "x", 1, &textDB{}); !errors.Is(err, ErrFenced) {
		t.Errorf("with a lower token the error is %v, expected %v", err, ErrFenced)
	}
}

func TestShipLongTransaction(t *testing.T) {
	l, db := &listLog{}, &textDB{}
	ship, err := NewShipper(Options{Log: l, Sync: true}).Take(t.Context(), "x", 1, db)
	if err != nil {
		t.Fatal(err)
	}
	numbers := make([]uint32, 400)
	for i := range numbers {
		numbers[i] = uint32(i + 1)
	}
	done := make(chan error, 1)
	ship.Commit(&Change{Pages: randomPages(numbers...), Size: 400}, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ship.Close(ErrClosed)
	if len(l.records) < 3 {
		t.Errorf("a transaction of %d pages has %d records, expected several", len(numbers), len(l.records))
	}
	restored := &textDB{}
	ship, err = NewShipper(Options{Log: l}).Take(t.Context(), "x", 2, restored)
	if err != nil {
		t.Fatal(err)
	}
	ship.Close(ErrClosed)
	if restored.size != 400 || len(restored.pages) != 400 {
		t.Errorf("the next owner has %d pages, expected 400", restored.size)
	}
	l.records = slices.Delete(l.records, 2, len(l.records)) // the node has died while it appended
	l.records = append(l.records, (&record{kind: take, token: 3, previous: 2, tx: 1}).bytes())
	restored = &textDB{}
	if ship, err = NewShipper(Options{Log: l}).Take(t.Context(), "x", 4, restored); err != nil {
		t.Fatal(err)
	}
	ship.Close(ErrClosed)
	if restored.size != 0 {
		t.Errorf("a part of a transaction is restored as %d pages, expected none", restored.size)
	}
}
