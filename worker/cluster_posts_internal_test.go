package worker

import (
	"reflect"
	"testing"

	"github.com/lingerws/linger/worker/internal/script"
)

// FuzzPostRecord checks that a record which can be read is the same post after it has been written again.
func FuzzPostRecord(f *testing.F) {
	for _, p := range []script.Post{
		{Kind: script.TextPost, Text: "hello"}, {Kind: script.BytesPost, Bytes: []byte{0}}, {Kind: script.ClonePost, Text: `J{"a":1}`},
	} {
		f.Add(appendPost(nil, &p))
	}
	f.Add([]byte{0x08, 0x02})
	f.Add([]byte{0x08, 0x01, 0x10, 0x03})
	f.Add([]byte{0x08, 0x01, 0x1a, 0x01, 0xff})
	f.Fuzz(func(t *testing.T, record []byte) {
		p, err := parsePost(record)
		if err != nil {
			return
		}
		want := script.Post{Kind: p.Kind, Text: p.Text}
		if p.Kind == script.BytesPost {
			want = script.Post{Kind: p.Kind, Bytes: append([]byte{}, p.Bytes...)}
		}
		again, err := parsePost(appendPost(nil, p))
		if err != nil || !reflect.DeepEqual(*again, want) {
			t.Errorf("the post %+v is %+v after it was written and read, with error %v", want, again, err)
		}
	})
}
