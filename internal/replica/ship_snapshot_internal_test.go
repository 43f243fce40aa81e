package replica

import (
	"slices"
	"testing"
	"time"
)

// busyDB is a database in which a transaction commits while a snapshot reads its pages. The transaction is passed to the log by the next Barrier.
type busyDB struct {
	textDB
	whileRead func()
	pending   []func()
}

func (d *busyDB) Barrier(f func(error)) {
	for _, commit := range d.pending {
		commit()
	}
	d.pending = nil
	f(nil)
}

func (d *busyDB) Pages() (Pages, error) { return busyPages{textPages{&d.textDB}, d}, nil }

type busyPages struct {
	textPages
	db *busyDB
}

func (p busyPages) Read(number uint32, data []byte) error {
	p.db.whileRead()
	return p.textPages.Read(number, data)
}

// textChange returns a change of the first pages of a database.
func textChange(texts ...string) *Change {
	c := &Change{Size: 3}
	for i, text := range texts {
		data := make([]byte, PageSize)
		copy(data, text)
		c.Pages = append(c.Pages, Page{uint32(i + 1), data})
	}
	return c
}

// The end of an online snapshot follows every transaction whose pages it may have.
func TestOnlineSnapshotEndsAfterWhatItHasRead(t *testing.T) {
	l, db := &listLog{}, &busyDB{whileRead: func() {}}
	shipper := NewShipper(Options{Log: l, SnapshotRecords: 1})
	ship, err := shipper.Take(t.Context(), "x", 1, db)
	if err != nil {
		t.Fatal(err)
	}
	commit := func(c *Change) {
		_ = db.Apply(c, Position{})
		db.pending = append(db.pending, func() { ship.Commit(c, func(error) {}) })
	}
	db.whileRead = func() {
		db.whileRead = func() {}
		commit(textChange("later one", "later two"))
	}
	commit(textChange("one", "two", "three"))
	db.Barrier(func(error) {})
	for end := time.Now().Add(time.Minute); shipper.Status().Snapshots == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	ship.Close(ErrClosed)
	ship.senders.Wait()

	var kinds []string
	for _, b := range l.records {
		one, err := parseRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case one.kind == transaction:
			kinds = append(kinds, "transaction")
		case one.first:
			kinds = append(kinds, "beginning")
		case one.last:
			kinds = append(kinds, "end")
		}
	}
	if end := slices.Index(kinds, "end"); end < 0 || len(kinds[:end]) < 3 || kinds[end-1] != "transaction" {
		t.Errorf("the log has %q, expected a transaction between the beginning and the end of the snapshot", kinds)
	}
}
