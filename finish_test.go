package linger_test

import (
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestCloseEmptyHasNoStatus(t *testing.T) {
	for name, when := range map[string]func(app *linger.HandlerFuncs){
		"before the 101": func(app *linger.HandlerFuncs) {
			app.OnUpgrade = func(u *linger.Upgrade) {
				socket, err := u.Accept(linger.AcceptOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				_ = socket.Send(linger.Text("first"))
				socket.CloseEmpty()
			}
		},
		"later": func(app *linger.HandlerFuncs) {
			app.OnMessage = func(m *linger.Message) {
				_ = m.Socket.Send(linger.Text("first"))
				m.Socket.CloseEmpty()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var app linger.HandlerFuncs
				when(&app)
				s := serve(t, app, linger.Options{})
				c := s.connect()
				c.text("go")
				c.want("text first", "close")
				c.write(frame(protocol.CloseFrame, nil))
				c.want("EOF")
				if end := s.end(); !end.Clean || end.First != protocol.Local || end.Sent.Code != protocol.CloseNoStatus {
					t.Errorf("a Close without a status is a clean one; got %+v", end.Outcome)
				}
			})
		})
	}
}

func TestAnswerCloseRepeatsThePeersStatus(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: accept(linger.AcceptOptions{HalfOpen: true}, nil),
			OnMessage: func(m *linger.Message) {
				m.Socket.AnswerClose() // there is nothing to answer yet
				echo(m)
			},
			OnPeerClose: func(p *linger.PeerClose) {
				_ = p.Socket.Send(linger.Text("tail"))
				p.Socket.AnswerClose()
			},
		}, linger.Options{})
		c := s.connect()
		c.text("one")
		c.text("two")
		c.want("text one", "text two")
		c.close(4001, "asked")
		c.want("text tail", "close 4001 asked", "EOF")
		if end := s.end(); !end.Clean || end.Sent.Code != 4001 {
			t.Errorf("the answer has the peer's code; got %+v", end.Outcome)
		}
	})
}
