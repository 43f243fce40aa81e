package websocket

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

func TestALongBatchIsToldInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		h := batcher{&recorder{}}
		d := NewDriver(&told{streamTransport{nc: a}, a}, protocol.Server, nil, Options{KeepAlive: -1})
		d.Start(h)
		const many = 1000
		_, _ = b.Write(bytes.Repeat(textFrame("x"), many))
		synctest.Wait()
		got := strings.Join(h.take(), " ")
		if n := strings.Count(got, "message"); n != many || !strings.HasSuffix(got, "batch end") || strings.Count(got, "batch end") != 1 {
			t.Errorf("all %d messages come, and the end of the batch once; there were %d", many, n)
		}
		_ = b.Close()
		synctest.Wait()
	})
}
