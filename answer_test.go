package linger_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

func TestAutoResponse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			if m.String() == "work" {
				time.Sleep(time.Minute)
			}
			echo(m)
		}}, quiet)
		if err := s.SetAutoResponse("ping", "pong"); err != nil {
			t.Fatal(err)
		}
		c := s.connect()
		c.text("ping")
		c.want("text pong")
		for _, other := range []string{"ping!", "Ping", "pin"} {
			c.text(other)
			c.want("text " + other)
		}
		c.binary([]byte("ping"))
		c.want("binary ping")
		c.text("work")
		c.text("next")
		began := time.Now()
		c.text("ping")
		c.want("text pong") // before those that wait for the handler
		if took := time.Since(began); took > 0 {
			t.Errorf("an automatic answer waits for nobody; it took %v", took)
		}
		c.want("text work", "text next")
		_ = s.SetAutoResponse("", "")
		c.text("ping")
		c.want("text ping")
	})
}

func TestAutoResponseIsBounded(t *testing.T) {
	s := linger.NewServer(linger.HandlerFuncs{}, linger.Options{})
	wantError(t, "a long request is refused", s.SetAutoResponse(text(2049), "x"), linger.ErrAutoResponse)
	wantError(t, "a long response is refused", s.SetAutoResponse("x", text(2049)), linger.ErrAutoResponse)
	wantError(t, "a response that is no text is refused", s.SetAutoResponse("x", "\xff"), protocol.ErrText)
	wantError(t, "2,048 bytes are taken", s.SetAutoResponse(text(2048), text(2048)), nil)
}

// A client that asks and does not read the answers is one that reads too slowly.
func TestAutoResponsesAreBoundedLikeOtherMessages(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, _ := stuck(t, linger.PolicyBlock)
		_ = s.SetAutoResponse("ping", text(1<<10))
		for range 100 {
			c.text("ping")
		}
		synctest.Wait()
		if end := s.end(); end.Sent.Code != protocol.CloseTryAgainLater {
			t.Errorf("it is closed with 1013; got %+v", end.Outcome)
		}
	})
}

// quiet is for tests that take longer than a ping comes.
var quiet = linger.Options{Options: websocket.Options{KeepAlive: -1}}

func TestAutomaticAnswersKeepTheirPlaceAmongWhatIsSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, socket := stuck(t, linger.PolicyDrop)
		if err := s.SetAutoResponse("ping", "pong"); err != nil {
			t.Fatal(err)
		}
		_ = socket.Send(linger.Text("before"))
		c.text("ping")
		synctest.Wait()
		_ = socket.Send(linger.Text("after"))
		c.want("text before", "text pong", "text after")
		if err := s.Reload(context.Background(), linger.HandlerFuncs{}); err != nil {
			t.Error(err)
		}
		c.text("ping")
		c.want("text pong") // another handler changes nothing about it
	})
}

func TestAnAutomaticAnswerThatFindsAFullQueueIsDropped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, socket := stuck(t, linger.PolicyDrop)
		_ = s.SetAutoResponse("ping", "pong")
		taken, _ := fill(socket)
		c.text("ping")
		synctest.Wait()
		for range taken {
			c.want("text " + text(1<<10))
		}
		c.text("ping")
		c.want("text pong") // the first of the two is gone
		if n := c.r.Buffered(); n > 0 {
			t.Errorf("nothing else comes; got %d bytes", n)
		}
	})
}

func TestAnAutomaticAnswerThatIsRefusedChangesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, quiet)
		_ = s.SetAutoResponse("ping", "pong")
		_ = s.SetAutoResponse("other", "\xff")
		_ = s.SetAutoResponse(text(2049), "x")
		c := s.connect()
		c.text("ping")
		c.want("text pong")
		_ = s.SetAutoResponse("ping", "")
		c.text("ping")
		c.want("text") // an empty response is one
	})
}
