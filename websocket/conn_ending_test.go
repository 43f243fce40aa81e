package websocket

import (
	"testing"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestConnCloseOnSockets(t *testing.T) {
	wiretest.Each(t, func(t *testing.T, secure bool) {
		for name, clientCloses := range map[string]bool{"the client closes": true, "the server closes": false} {
			t.Run(name, func(t *testing.T) {
				s := serve(t, secure, &AcceptOptions{Options: unbounded(Options{Pieces: true})}, newEcho)
				opts := direct(DialOptions{Options: unbounded(Options{}), TLSConfig: wiretest.ClientConfig()})
				c, err := Dial(t.Context(), schemes(secure)[0]+s.Addr, opts)
				if err != nil {
					t.Fatal(err)
				}
				server := s.Accepted(t)
				if clientCloses {
					err = c.Close(1000, "bye")
				} else {
					_ = server.Close(1000, "bye")
					_, _, err = c.Read(t.Context())
				}
				end, _ := c.Outcome()
				if clientCloses != (err == nil) || err != nil && !IsNormal(err) || !end.Clean {
					t.Errorf("the end must be clean and normal; got %v, %q", err, wiretest.Describe(end.Outcome))
				}
				wantDone(t, c.driver)
				wantDone(t, server)
			})
		}
	})
}
