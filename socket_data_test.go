package linger_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger"
)

// withSocket gives a test a connection, and what its server logs.
func withSocket(t *testing.T, opts linger.AcceptOptions, app linger.HandlerFuncs, test func(s *service, c *client, socket *linger.Socket, log *strings.Builder)) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		app.OnUpgrade = accept(opts, sockets)
		var log strings.Builder
		s := serve(t, app, linger.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		c := s.connect()
		synctest.Wait()
		test(s, c, <-sockets, &log)
		c.leave()
		s.end()
		synctest.Wait()
	})
}

type member struct {
	Name  string
	Score int
}

// stamp is a TextMarshaler.
type stamp struct{ text string }

func (s stamp) MarshalText() ([]byte, error) { return []byte("stamp " + s.text), nil }

func (s *stamp) UnmarshalText(b []byte) error {
	text, ok := strings.CutPrefix(string(b), "stamp ")
	if !ok {
		return errors.New("no stamp")
	}
	s.text = text
	return nil
}

// stubborn cannot be encoded while refuse is set.
type stubborn struct {
	Count  int
	refuse bool
}

func (s *stubborn) MarshalText() ([]byte, error) {
	if s.refuse {
		panic("I will not")
	}
	return []byte(strings.Repeat("x", s.Count)), nil
}

func (s *stubborn) UnmarshalText(b []byte) error {
	s.Count, s.refuse = len(b), false
	return nil
}

func TestData(t *testing.T) {
	withSocket(t, linger.AcceptOptions{}, linger.HandlerFuncs{}, func(_ *service, _ *client, socket *linger.Socket, _ *strings.Builder) {
		if v, err := linger.Data[member](socket); v != (member{}) || err != nil {
			t.Errorf("without data there is a zero value; got %v, %v", v, err)
		}
		set := func(v any) {
			t.Helper()
			if err := socket.SetData(v); err != nil {
				t.Errorf("%v can be saved; got %v", v, err)
			}
		}
		set(member{"ann", 3})
		if v, err := linger.Data[member](socket); v != (member{"ann", 3}) || err != nil {
			t.Errorf("data is what was set; got %v, %v", v, err)
		}
		if v, err := linger.Data[map[string]any](socket); v["Name"] != "ann" || err != nil {
			t.Errorf("another type gets what JSON carries over; got %v, %v", v, err)
		}
		if v, err := linger.Data[*member](socket); v == nil || *v != (member{"ann", 3}) || err != nil {
			t.Errorf("so does a pointer; got %v, %v", v, err)
		}
		if v, err := linger.Data[int](socket); v != 0 || err == nil || !strings.Contains(err.Error(), "as int") {
			t.Errorf("data of another type is an error; got %v, %v", v, err)
		}
		set("text")
		if v, err := linger.Data[[]byte](socket); string(v) != "text" || err != nil {
			t.Errorf("text is bytes; got %q, %v", v, err)
		}
		set([]byte("bytes"))
		if v, err := linger.Data[string](socket); v != "bytes" || err != nil {
			t.Errorf("and bytes are text; got %q, %v", v, err)
		}
		set(stamp{"now"})
		if v, err := linger.Data[string](socket); v != "stamp now" || err != nil {
			t.Errorf("a value that encodes itself does; got %q, %v", v, err)
		}
		for range 2 {
			if v, err := linger.Data[*stamp](socket); v == nil || v.text != "now" || err != nil {
				t.Errorf("and decodes itself; got %v, %v", v, err)
			}
		}
		set(nil)
		if v, err := linger.Data[string](socket); v != "" || err != nil {
			t.Errorf("nil removes it; got %q, %v", v, err)
		}
	})
}

func TestSocketSetDataError(t *testing.T) {
	withSocket(t, linger.AcceptOptions{Data: "good"}, linger.HandlerFuncs{}, func(_ *service, _ *client, socket *linger.Socket, _ *strings.Builder) {
		for name, value := range map[string]any{
			"a channel":                      make(chan int),
			"more than 64 KiB":               strings.Repeat("x", 64<<10+1),
			"a struct that hides everything": struct{ secret int }{1},
			"one that panics":                &stubborn{refuse: true},
		} {
			if err := socket.SetData(value); err == nil {
				t.Errorf("%s cannot be saved; got no error", name)
			}
		}
		wantError(t, "the bound has a name", socket.SetData(strings.Repeat("x", 64<<10+1)), linger.ErrDataSize)
		if err := socket.SetData(strings.Repeat("x", 64<<10)); err != nil {
			t.Errorf("64 KiB can be saved; got %v", err)
		}
		_ = socket.SetData("good")
		_ = socket.SetData(make(chan int))
		if v, _ := linger.Data[string](socket); v != "good" {
			t.Errorf("the last value stays; got %q", v)
		}
	})
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			if _, err := u.Accept(linger.AcceptOptions{Data: make(chan int)}); err == nil {
				t.Error("Accept refuses data that cannot be saved")
			}
			_, _ = u.Accept(linger.AcceptOptions{})
		}}, linger.Options{})
		s.connect()
	})
}

func TestDataChangedInPlace(t *testing.T) {
	data := &member{"ann", 0}
	app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		v, err := linger.Data[*member](m.Socket)
		if err != nil {
			t.Error(err)
		}
		v.Score++
	}}
	withSocket(t, linger.AcceptOptions{Data: data}, app, func(_ *service, c *client, socket *linger.Socket, _ *strings.Builder) {
		c.text("1")
		c.text("2")
		synctest.Wait()
		data.Score = 100 // outside an event, so it is not saved
		if v, err := linger.Data[member](socket); v.Score != 2 || err != nil {
			t.Errorf("what is saved is what the handlers made of it; got %v, %v", v, err)
		}
	})
}

func TestDataChangedInPlaceUnencodable(t *testing.T) {
	for name, spoil := range map[string]func(*stubborn){
		"a panic":          func(v *stubborn) { v.refuse = true },
		"more than 64 KiB": func(v *stubborn) { v.Count = 1 << 20 },
	} {
		app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			v, err := linger.Data[*stubborn](m.Socket)
			if err != nil {
				t.Error(err)
			}
			if v.Count++; m.String() == "spoil" {
				spoil(v)
			}
		}}
		withSocket(t, linger.AcceptOptions{Data: &stubborn{Count: 5}}, app, func(_ *service, c *client, socket *linger.Socket, log *strings.Builder) {
			c.text("spoil")
			c.text("good")
			synctest.Wait()
			if v, err := linger.Data[*stubborn](socket); err != nil || v.Count != 6 {
				t.Errorf("%s: the last good value was 5, and one more event has come; got %v, %v", name, v, err)
			}
			if !strings.Contains(log.String(), "data not saved") {
				t.Errorf("%s: it is logged; got %q", name, log)
			}
		})
	}
}

// A marshaler is the application's code: it may do what a handler may.
func TestSocketSetDataMarshalerUsesSocket(t *testing.T) {
	var socket *linger.Socket
	app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		_ = m.Socket.SetData(caller(func() { _ = m.Socket.Send(linger.Text("saved")); m.Socket.State() }))
	}}
	withSocket(t, linger.AcceptOptions{}, app, func(_ *service, c *client, s *linger.Socket, _ *strings.Builder) {
		socket = s
		c.text("go")
		c.want("text saved")
		_ = socket.SetData(nil)
	})
}

type caller func()

func (c caller) MarshalText() ([]byte, error) { c(); return nil, nil }

func TestDataAsTwoTypesInOneHandler(t *testing.T) {
	app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		v, _ := linger.Data[*member](m.Socket)
		v.Score++
		if _, err := linger.Data[string](m.Socket); err != nil {
			t.Error(err)
		}
		v.Score++
	}}
	withSocket(t, linger.AcceptOptions{Data: &member{}}, app, func(_ *service, c *client, socket *linger.Socket, _ *strings.Builder) {
		c.text("1")
		synctest.Wait()
		if v, err := linger.Data[string](socket); v != `{"Name":"","Score":2}` || err != nil {
			t.Errorf("what the handler changed is saved, although it was read as text meanwhile; got %s, %v", v, err)
		}
	})
}

func TestDataSharedWithinStruct(t *testing.T) {
	type profile struct{ Tags map[string]bool }
	app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		v, _ := linger.Data[profile](m.Socket)
		v.Tags[m.String()] = true
	}}
	withSocket(t, linger.AcceptOptions{Data: profile{map[string]bool{}}}, app, func(_ *service, c *client, socket *linger.Socket, _ *strings.Builder) {
		c.text("blue")
		synctest.Wait()
		if v, err := linger.Data[string](socket); v != `{"Tags":{"blue":true}}` || err != nil {
			t.Errorf("a change that all see is saved; got %s, %v", v, err)
		}
	})
}

func TestDataChangedAfterAccept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			data := &member{Name: "ann"}
			socket, _ := u.Accept(linger.AcceptOptions{Data: data})
			data.Score = 7
			sockets <- socket
		}}, linger.Options{})
		s.connect()
		synctest.Wait()
		if v, err := linger.Data[string](<-sockets); v != `{"Name":"ann","Score":7}` || err != nil {
			t.Errorf("the data is what the handler has made of it; got %s, %v", v, err)
		}
	})
}

// points is a later version of member.
type points struct{ Score, Rounds int }

func TestDataAfterReload(t *testing.T) {
	for name, between := range map[string]func(*linger.Socket){
		"no handler holds it":      func(*linger.Socket) {},
		"it was set from outside":  func(s *linger.Socket) { _ = s.SetData(&member{Score: 1}) },
		"it was read from outside": func(s *linger.Socket) { _, _ = linger.Data[*member](s) },
	} {
		t.Run(name, func(t *testing.T) {
			old := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
				v, _ := linger.Data[*member](m.Socket)
				v.Score++
			}}
			withSocket(t, linger.AcceptOptions{Data: &member{}}, old, func(s *service, c *client, socket *linger.Socket, _ *strings.Builder) {
				c.text("1")
				synctest.Wait()
				between(socket)
				changed := linger.HandlerFuncs{
					OnMessage: func(m *linger.Message) {
						v, err := linger.Data[*points](m.Socket)
						if err != nil {
							t.Error(err)
						}
						v.Rounds++
					},
					OnClose: func(c *linger.Close) { s.ends <- c },
				}
				if err := s.Reload(context.Background(), changed); err != nil {
					t.Error(err)
				}
				c.text("2")
				c.text("3")
				synctest.Wait()
				if v, err := linger.Data[points](socket); v != (points{1, 2}) || err != nil {
					t.Errorf("the new handler goes on with what the old one has saved; got %v, %v", v, err)
				}
			})
		})
	}
}

// busybody is a marshaler that uses its socket.
type busybody struct {
	Count  int
	socket *linger.Socket
}

func (b *busybody) MarshalText() ([]byte, error) {
	if b.socket != nil {
		_ = b.socket.Send(linger.Text("saved"))
		_, _ = linger.Data[string](b.socket) // does not take the place of what is being saved
		_ = b.socket.Subscribe("saved")
	}
	return []byte(strings.Repeat("x", b.Count)), nil
}

func TestDataMarshalerUsesSocketAfterHandler(t *testing.T) {
	app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		v, _ := linger.Data[*busybody](m.Socket)
		v.Count, v.socket = 3, m.Socket
	}}
	withSocket(t, linger.AcceptOptions{Data: &busybody{}}, app, func(_ *service, c *client, socket *linger.Socket, _ *strings.Builder) {
		c.text("go")
		c.want("text saved")
		synctest.Wait()
		if v, err := linger.Data[string](socket); v != "xxx" || err != nil {
			t.Errorf("the value that was set is saved; got %q, %v", v, err)
		}
		_ = socket.SetData(nil)
	})
}

// The race detector checks it too.
func TestSocketSetDataConcurrently(t *testing.T) {
	withSocket(t, linger.AcceptOptions{}, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		_, _ = linger.Data[map[string]string](m.Socket)
	}}, func(_ *service, c *client, socket *linger.Socket, _ *strings.Builder) {
		var all sync.WaitGroup
		for _, name := range []string{"ann", "ben"} {
			all.Go(func() {
				for range 200 {
					if err := socket.SetData(map[string]string{"name": name}); err != nil {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				for range 200 {
					v, err := linger.Data[map[string]string](socket)
					if name := v["name"]; err != nil || name != "" && name != "ann" && name != "ben" {
						t.Errorf("the value is one of those that were set, whole; got %v, %v", v, err)
					}
					if _, err := linger.Data[string](socket); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Go(func() {
			for range 50 {
				c.text("look")
			}
		})
		all.Wait()
		synctest.Wait()
	})
}

// A second type, asked for by another goroutine at the same time, must not take away what
// the handler changes.
func TestDataReadOutsideHandler(t *testing.T) {
	const many = 300
	app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		v, _ := linger.Data[*member](m.Socket)
		v.Score++
	}}
	withSocket(t, linger.AcceptOptions{Data: &member{}}, app, func(_ *service, c *client, socket *linger.Socket, _ *strings.Builder) {
		var over atomic.Bool
		go func() {
			for !over.Load() {
				_, _ = linger.Data[string](socket)
				runtime.Gosched()
			}
		}()
		for range many {
			c.text("more")
		}
		over.Store(true)
		synctest.Wait()
		if v, err := linger.Data[member](socket); v.Score != many || err != nil {
			t.Errorf("each of %d changes is saved; got %d, %v", many, v.Score, err)
		}
	})
}
