package storage

import (
	"testing"
	"time"
)

func openTest(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestX(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	o, err := s.Object("Room", "abc")
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Put(Pair{"a", []byte("1")}, Pair{"b", []byte("2")}); err != nil {
		t.Fatal(err)
	}
	if err := o.SetAlarm(time.UnixMilli(5000)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ok, err := o.Commit(func(err error) { done <- err })
	t.Log(ok, err, <-done)
	v, err := o.Get("a")
	t.Log(string(v), err)
	c, err := o.Exec("CREATE TABLE t(a); INSERT INTO t VALUES(1),(2.5),('x'); SELECT * FROM t")
	t.Log(c, err)
	for {
		row, err := c.Next()
		t.Log(row, err)
		if row == nil {
			break
		}
	}
	t.Log(s.NextAlarms(10))
	_, err = o.Exec("SELECT * FROM _cf_KV")
	t.Log(err)
	_, err = o.Exec("SELEC")
	t.Log(err)
	o.Commit(func(err error) { done <- err })
	t.Log(<-done)
	t.Log(o.Size())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, dir)
	o, _ = s.Object("Room", "abc")
	t.Log(o.Get("b"))
	t.Log(o.Alarm())
	t.Log(s.NextAlarms(10))
	s.Close()
}
