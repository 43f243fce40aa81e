package linger_test

import (
	"testing"

	"github.com/lingerws/linger"
)

func TestEcho(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{})
		c := s.connect()
		c.text("hello")
		c.want("text hello")
		c.leave()
		s.end()
		s.wantEmpty()
	})
}
