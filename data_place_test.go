package linger_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger"
)

func TestAnotherTypeInOneHandlerTakesNothingFromTheFirst(t *testing.T) {
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
			t.Errorf("what the handler changed is saved, though somebody read it as text; got %s, %v", v, err)
		}
	})
}

func TestAMapWithinAStructIsSavedToo(t *testing.T) {
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

func TestWhatTheUpgradeHandlerChangesAfterAcceptIsSaved(t *testing.T) {
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

func TestAfterAReloadDataIsOfTheNewType(t *testing.T) {
	for name, between := range map[string]func(*linger.Socket){
		"nobody has it":            func(*linger.Socket) {},
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

// busybody uses its socket while it is saved.
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

func TestAMarshalerMayUseTheSocketBehindAHandler(t *testing.T) {
	app := linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		v, _ := linger.Data[*busybody](m.Socket)
		v.Count, v.socket = 3, m.Socket
	}}
	withSocket(t, linger.AcceptOptions{Data: &busybody{}}, app, func(_ *service, c *client, socket *linger.Socket, _ *strings.Builder) {
		c.text("go")
		c.want("text saved")
		synctest.Wait()
		if v, err := linger.Data[string](socket); v != "xxx" || err != nil {
			t.Errorf("what it says is saved; got %q, %v", v, err)
		}
		_ = socket.SetData(nil)
	})
}

// It says something under the race detector, too.
func TestDataMayBeSetByManyAtOnce(t *testing.T) {
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

// A second type, asked for by somebody else at the same time, must not take away what
// the handler changes.
func TestSomebodyElseWhoReadsTakesNothingFromTheHandler(t *testing.T) {
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
