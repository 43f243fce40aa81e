package proxy_test

import (
	"errors"
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

func TestMessageAnswerQueueFull(t *testing.T) {
	t.Parallel()
	const size, most = 256 << 10, 200 // more than fits into the buffers of the kernel
	type result struct {
		queued int
		err    error
	}
	results := make(chan result, 1)
	s := connect(t, proxy.Options{Intercept: func(m *proxy.Message) bool {
		if !m.FromClient {
			return true
		}
		var r result
		for r.queued < most {
			if r.err = m.Answer(true, make([]byte, size)); r.err != nil {
				break
			}
			r.queued++
		}
		results <- r
		return false
	}})
	s.client.text("ask")
	r := <-results
	if !errors.Is(r.err, proxy.ErrAnswers) || r.queued < 4 {
		t.Errorf("Answer returns %v after %d answers, expected ErrAnswers when 1 MiB is queued", r.err, r.queued)
	}
	for range r.queued {
		s.client.want(strings.Repeat("\x00", size))
	}
	s.backend.text("bye")
	s.client.want("bye")
}
