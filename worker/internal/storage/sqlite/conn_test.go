package sqlite_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// memoryFile is a File in memory, which fails with the error failing.
type memoryFile struct {
	content []byte
	failing error
}

func (f *memoryFile) ReadAt(p []byte, offset int64) (int, error) {
	if offset >= int64(len(f.content)) {
		return 0, io.EOF
	}
	n := copy(p, f.content[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memoryFile) WriteAt(p []byte, offset int64) (int, error) {
	if f.failing != nil {
		return 0, f.failing
	}
	if missing := offset + int64(len(p)) - int64(len(f.content)); missing > 0 {
		f.content = append(f.content, make([]byte, missing)...)
	}
	return copy(f.content[offset:], p), nil
}

func (f *memoryFile) Truncate(size int64) error {
	f.content = f.content[:size]
	return nil
}

func (f *memoryFile) Size() (int64, error) { return int64(len(f.content)), nil }

func open(t *testing.T, f sqlite.File) *sqlite.Conn {
	t.Helper()
	c, err := sqlite.Open(f, 64)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConn(t *testing.T) {
	f := &memoryFile{}
	c := open(t, f)
	if err := c.Exec("CREATE TABLE t (v)"); err != nil {
		t.Fatal(err)
	}
	values := []any{nil, int64(-1 << 63), 1.5, "", "täxt\x00with zero", []byte{}, []byte{0, 255}}
	insert, rest, err := c.Prepare("INSERT INTO t VALUES (?); SELECT 1", true)
	if err != nil || rest != " SELECT 1" || insert.Parameters() != 1 || insert.ReadOnly() {
		t.Fatalf("prepare: rest %q, %v", rest, err)
	}
	for _, v := range values {
		if err := insert.Run(v); err != nil {
			t.Fatalf("insert %v: %v", v, err)
		}
	}
	insert.Finalize()
	if n := c.TotalChanges(); n != int64(len(values)) {
		t.Errorf("%d changes, expected %d", n, len(values))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	c = open(t, f) // what was committed is in the File
	query, _, err := c.Prepare("SELECT v FROM t ORDER BY rowid", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if more, err := query.Step(); err != nil || !more {
			t.Fatalf("step: %v %v", more, err)
		}
		row, err := query.Row()
		if err != nil || fmt.Sprintf("%T %q", row[0], row[0]) != fmt.Sprintf("%T %q", v, v) {
			t.Errorf("got %T %q %v, expected %T %q", row[0], row[0], err, v, v)
		}
	}
	query.Finalize()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestConnFileFails(t *testing.T) {
	for _, c := range []struct {
		failing error
		code    string
	}{
		{sqlite.ErrFull, "SQLITE_FULL"},
		{errors.New("the disk is broken"), "SQLITE_IOERR"},
	} {
		f := &memoryFile{}
		conn := open(t, f)
		f.failing = c.failing
		err := conn.Exec("CREATE TABLE t (v)")
		if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code.Primary().Name() != c.code {
			t.Errorf("a File that fails with %q: got %v, expected %s", c.failing, err, c.code)
		}
		f.failing = nil
		if err := conn.Exec("CREATE TABLE t (v)"); err != nil {
			t.Errorf("after the failure: %v", err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestConnAuthorize(t *testing.T) {
	c := open(t, &memoryFile{})
	defer func() { _ = c.Close() }()
	var seen []sqlite.Access
	c.Authorize(func(a sqlite.Access) bool {
		seen = append(seen, a)
		return a.Action != sqlite.DropTable
	})
	if err := c.Exec("CREATE TABLE t (v)"); err != nil {
		t.Fatal(err)
	}
	err := c.Exec("DROP TABLE t")
	if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code != sqlite.AUTH {
		t.Errorf("a statement that is not allowed: got %v, expected AUTH", err)
	}
	want := sqlite.Access{Action: sqlite.CreateTable, First: "t", Schema: "main"}
	if len(seen) < 2 || seen[1] != want {
		t.Errorf("the authorizer was called with %+v, expected %+v second", seen, want)
	}
	c.Authorize(nil)
	if err := c.Exec("DROP TABLE t"); err != nil {
		t.Errorf("without the authorizer: %v", err)
	}
}

func TestPrepareErrors(t *testing.T) {
	c := open(t, &memoryFile{})
	defer func() { _ = c.Close() }()
	for _, s := range []struct {
		sql    string
		offset int
	}{{"SELECT x FROM", 13}, {"SELECT nope", 7}, {"SELECT \x00", 7}} {
		_, _, err := c.Prepare(s.sql, false)
		if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Offset != s.offset && e.Offset != -1 {
			t.Errorf("%q: got %+v, expected an error at %d", s.sql, err, s.offset)
		}
	}
	if s, rest, err := c.Prepare("  -- nothing", false); s != nil || rest != "" || err != nil {
		t.Errorf("a comment: got %v %q %v, expected no statement", s, rest, err)
	}
}
