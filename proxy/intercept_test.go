package proxy_test

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/proxy"
)

func TestOptionsIntercept(t *testing.T) {
	t.Parallel()
	s := connect(t, proxy.Options{Intercept: func(m *proxy.Message) bool {
		switch text := string(m.Data); {
		case text == "drop":
			return false
		case text == "ask":
			if err := m.Answer(false, []byte("answered by the proxy")); err != nil {
				t.Error(err)
			}
			return false
		case m.FromClient:
			m.Data = []byte(strings.ToUpper(text))
		default:
			m.Data = append([]byte("> "), m.Data...)
		}
		return true
	}})
	s.client.text("hello")
	s.client.text("drop")
	s.client.text("ask")
	s.client.text("bye")
	s.backend.want("HELLO", "BYE")
	s.client.want("answered by the proxy")
	s.backend.text("reply")
	s.client.want("> reply")
}
