package process

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	const limit = time.Second
	for _, c := range []struct {
		name string
		run  func(p *progress)
		hung bool
	}{
		{"a child that has nothing to do does not hang", func(*progress) { time.Sleep(time.Hour) }, false},
		{"a child that handles what it gets does not hang", func(p *progress) {
			for range 100 {
				batch(p, 10)
				time.Sleep(limit * 9 / 10)
				p.handled(10, time.Now())
			}
			time.Sleep(time.Hour)
		}, false},
		{"a child that makes progress does not hang, although it is late with the rest", func(p *progress) {
			for range 10 {
				batch(p, 10)
			}
			for range 10 {
				time.Sleep(limit * 9 / 10)
				p.handled(10, time.Now())
			}
		}, false},
		{"a child that does not handle a batch hangs after the limit", func(p *progress) {
			batch(p, 10)
			time.Sleep(limit - 1)
			p.handled(9, time.Now())
			time.Sleep(limit + 1)
		}, true},
		{"time before the batch was sent does not count", func(p *progress) {
			p.sent(10)
			time.Sleep(time.Hour)
			p.begin(time.Now())
			time.Sleep(limit - 1)
		}, false},
		{"nothing happens after stop", func(p *progress) {
			batch(p, 10)
			p.stop()
			time.Sleep(time.Hour)
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hung := false
				p := newProgress(limit, func() *script.Interruption { return nil }, func() { hung = true })
				c.run(&p)
				synctest.Wait()
				if hung != c.hung || (p.hung() != nil) != c.hung {
					t.Errorf("hung is %t; got %t, %v", c.hung, hung, p.hung())
				}
				p.stop()
			})
		})
	}
	t.Run("outstanding is what was sent and not handled", func(t *testing.T) {
		t.Parallel()
		p := newProgress(time.Hour, nil, nil)
		defer p.stop()
		p.sentEvent()
		batch(&p, 10)
		p.sentEvent()
		batch(&p, 5)
		p.sentEvent()
		p.handled(12, time.Now())
		if bytes, events := p.outstanding(); bytes != 3 || events != 2 {
			t.Errorf("3 bytes and 2 events are outstanding; got %d and %d", bytes, events)
		}
		batch(&p, 1)
		p.handled(100, time.Now()) // a child cannot get more room than there is
		if bytes, events := p.outstanding(); bytes != 0 || events != 0 {
			t.Errorf("nothing is outstanding; got %d and %d", bytes, events)
		}
	})
}

// batch sends a batch of n bytes.
func batch(p *progress, n int) {
	p.sent(n)
	p.begin(time.Now())
}

func TestRoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		bytes, events int
		room          bool
	}{
		{"nothing is outstanding", 0, 0, true},
		{"fewer bytes and events than the limits", window - 1, maxEvents - 1, true},
		{"as many bytes as the limit", window, 1, false},
		{"as many events as the limit", 1, maxEvents, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &remote{progress: newProgress(time.Hour, nil, nil)}
			defer r.progress.stop()
			for range c.events {
				r.progress.sentEvent()
			}
			batch(&r.progress, c.bytes)
			if got := r.Room(); got != c.room {
				t.Errorf("a child has room: %t; got %t", c.room, got)
			}
			r.progress.handled(c.bytes, time.Now())
			if !r.Room() {
				t.Error("a child that has handled everything has room")
			}
		})
	}
}
