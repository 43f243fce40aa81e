package storage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// openKV opens a namespace in a new data directory.
func openKV(t *testing.T) (*Store, *KV) {
	t.Helper()
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	k, err := s.KV("a namespace")
	if err != nil {
		t.Fatal(err)
	}
	return s, k
}

// putKV sets an entry and waits until it is durable.
func putKV(t *testing.T, k *KV, e Entry, now time.Time) {
	t.Helper()
	done := make(chan error, 1)
	if err := k.Put(e, now, func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// keysOf returns the keys of a list, and whether it is complete.
func keysOf(t *testing.T, k *KV, prefix, after string, limit int, now time.Time) string {
	t.Helper()
	entries, complete, err := k.List(prefix, after, limit, now)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	return fmt.Sprint(keys, complete)
}

func TestKV(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	t.Run("an empty namespace has no keys", func(t *testing.T) {
		t.Parallel()
		_, k := openKV(t)
		if e, err := k.Get("a", now); e != nil || err != nil {
			t.Errorf("there must be no entry; got %v %v", e, err)
		}
		if got := keysOf(t, k, "", "", 10, now); got != "[] true" {
			t.Errorf("the list must be empty; got %s", got)
		}
	})
	t.Run("values of any size are stored with their metadata", func(t *testing.T) {
		t.Parallel()
		_, k := openKV(t)
		for _, size := range []int{0, 1, kvPiece, kvPiece + 1, 25 << 20, 3} {
			want := Entry{Key: "a", Value: bytes.Repeat([]byte{byte(size)}, size), Metadata: fmt.Sprint(size)}
			putKV(t, k, want, now)
			if got, err := k.Get("a", now); err != nil || got == nil || !bytes.Equal(got.Value, want.Value) || got.Metadata != want.Metadata || !got.Expiration.IsZero() {
				t.Errorf("a value of %d bytes must be found; got %v %v", size, got != nil, err)
			}
		}
	})
	t.Run("an entry ends at its expiration, and is removed by a later write", func(t *testing.T) {
		t.Parallel()
		_, k := openKV(t)
		putKV(t, k, Entry{Key: "a", Value: []byte("x"), Expiration: now.Add(time.Minute)}, now)
		if e, err := k.Get("a", now.Add(59*time.Second)); err != nil || e == nil || !e.Expiration.Equal(now.Add(time.Minute)) {
			t.Errorf("the entry must be there before its expiration; got %v %v", e, err)
		}
		later := now.Add(time.Minute)
		if e, err := k.Get("a", later); err != nil || e != nil {
			t.Errorf("the entry must have ended; got %v %v", e, err)
		}
		if got := keysOf(t, k, "", "", 10, later); got != "[] true" {
			t.Errorf("the list must not have the entry; got %s", got)
		}
		putKV(t, k, Entry{Key: "b"}, later)
		if got := keysOf(t, k, "", "", 10, now); got != "[b] true" {
			t.Errorf("the entry must have been removed; got %s", got)
		}
	})
	t.Run("an entry without expiration replaces one with it", func(t *testing.T) {
		t.Parallel()
		_, k := openKV(t)
		putKV(t, k, Entry{Key: "a", Metadata: "1", Expiration: now.Add(time.Minute)}, now)
		putKV(t, k, Entry{Key: "a"}, now)
		if e, err := k.Get("a", now.Add(time.Hour)); err != nil || e == nil || e.Metadata != "" {
			t.Errorf("the entry must have neither expiration nor metadata; got %v %v", e, err)
		}
	})
	t.Run("List has a prefix, a start and a limit", func(t *testing.T) {
		t.Parallel()
		_, k := openKV(t)
		for _, key := range []string{"b", "a1", "é", "a2", "a", "a\xff"} {
			putKV(t, k, Entry{Key: key, Value: []byte(key)}, now)
		}
		for _, c := range []struct {
			prefix, after string
			limit         int
			want          string
		}{
			{"", "", 10, "[a a1 a2 a\xff b é] true"},
			{"", "", 6, "[a a1 a2 a\xff b é] true"},
			{"", "", 5, "[a a1 a2 a\xff b] false"},
			{"a", "", 10, "[a a1 a2 a\xff] true"},
			{"a", "a1", 1, "[a2] false"},
			{"", "b", 10, "[é] true"},
			{"x", "", 10, "[] true"},
		} {
			if got := keysOf(t, k, c.prefix, c.after, c.limit, now); got != c.want {
				t.Errorf("List(%q, %q, %d) must be %s; got %s", c.prefix, c.after, c.limit, c.want, got)
			}
		}
	})
	t.Run("entries survive that the store is closed", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		for range 2 {
			s, err := Open(dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			k, err := s.KV("n")
			if err != nil {
				t.Fatal(err)
			}
			e, err := k.Get("a", now)
			if err != nil {
				t.Fatal(err)
			}
			if e != nil {
				if string(e.Value) != "x" {
					t.Errorf("the value must be x; got %q", e.Value)
				}
				_ = s.Close()
				return
			}
			putKV(t, k, Entry{Key: "a", Value: []byte("x")}, now)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		t.Error("the entry must be there after the store was opened again")
	})
	t.Run("several goroutines may write", func(t *testing.T) {
		t.Parallel()
		_, k := openKV(t)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for n := range 20 {
					putKV(t, k, Entry{Key: fmt.Sprintf("%d-%02d", i, n)}, now)
				}
			})
		}
		all.Wait()
		if got := keysOf(t, k, "", "", 1000, now); strings.Count(got, "-") != 160 {
			t.Errorf("all writes must be stored; got %s", got)
		}
	})
	t.Run("the name of a namespace must be that of a file", func(t *testing.T) {
		t.Parallel()
		s, _ := openKV(t)
		for _, name := range []string{"", strings.Repeat("a", 241)} {
			if _, err := s.KV(name); err == nil {
				t.Errorf("%q must be refused", name)
			}
		}
	})
}

// A namespace behaves like a map with expirations.
func TestKVModel(t *testing.T) {
	t.Parallel()
	_, k := openKV(t)
	model := map[string]Entry{}
	random := rand.New(rand.NewPCG(1, 2))
	now := time.Unix(1_800_000_000, 0)
	for range 500 {
		now = now.Add(time.Duration(random.IntN(3)) * time.Second)
		key := fmt.Sprint(random.IntN(20))
		switch random.IntN(4) {
		case 0:
			done := make(chan error, 1)
			if err := k.Delete(key, func(err error) { done <- err }); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			delete(model, key)
		default:
			e := Entry{Key: key, Value: []byte(fmt.Sprint(random.IntN(1000)))}
			if random.IntN(2) == 0 {
				e.Expiration = now.Add(time.Duration(1+random.IntN(10)) * time.Second)
			}
			putKV(t, k, e, now)
			model[key] = e
		}
		var want []string
		for key, e := range model {
			if e.Expiration.IsZero() || e.Expiration.After(now) {
				want = append(want, key)
			}
		}
		slices.Sort(want)
		if got := keysOf(t, k, "", "", 100, now); got != fmt.Sprint(want, true) {
			t.Fatalf("the keys must be %v; got %s", want, got)
		}
		got, err := k.Get(key, now)
		if err != nil || (got != nil) != slices.Contains(want, key) || got != nil && string(got.Value) != string(model[key].Value) {
			t.Fatalf("the entry of %s must be %v; got %v %v", key, model[key], got, err)
		}
	}
}
