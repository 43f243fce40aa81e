package storage

import (
	"bytes"
	"testing"
)

// FuzzReadBatch reads arbitrary bytes as a batch, and as the pages of one.
func FuzzReadBatch(f *testing.F) {
	salt := []byte("12345678")
	data := bytes.Repeat([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 3}, pageSize)[:pageSize]
	sample := []*change{
		{name: "objects/Room/1.sqlite", size: 2 * pageSize, pages: []page{{0, data}, {1, make([]byte, pageSize)}}},
		{name: "objects/Room/2.sqlite", replaced: true},
	}
	f.Add(appendBatch(nil, salt, sample), true)
	f.Add(appendBatch(nil, salt, sample)[batchHeader:], false)
	f.Fuzz(func(t *testing.T, b []byte, framed bool) {
		if !framed { // with a valid checksum
			batch := append(make([]byte, batchHeader), b...)
			seal := appendBatch(nil, salt, nil)
			copy(batch, seal)
			batch[0], batch[1], batch[2], batch[3] = byte(len(b)), byte(len(b)>>8), byte(len(b)>>16), byte(len(b)>>24)
			sum := batchSum(salt, batch[:8], b)
			batch[8], batch[9], batch[10], batch[11] = byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)
			b = batch
		}
		changes, n, ok, err := readBatch(b, salt)
		if err != nil || !ok {
			return
		}
		if n > len(b) {
			t.Fatalf("a batch of %d bytes in %d bytes", n, len(b))
		}
		again, _, ok, err := readBatch(appendBatch(nil, salt, changes), salt)
		if err != nil || !ok || len(again) != len(changes) {
			t.Fatalf("a batch that was read and written again cannot be read: %v %v", ok, err)
		}
		for i, c := range changes {
			if c.name != again[i].name || c.size != again[i].size || c.replaced != again[i].replaced || len(c.pages) != len(again[i].pages) {
				t.Fatalf("change %d differs: %+v, %+v", i, c, again[i])
			}
			for k, p := range c.pages {
				if p.number != again[i].pages[k].number || !bytes.Equal(p.data, again[i].pages[k].data) {
					t.Fatalf("page %d of change %d differs", k, i)
				}
			}
		}
	})
}
