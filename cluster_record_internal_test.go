package linger

import (
	"errors"
	"reflect"
	"testing"

	"github.com/lingerws/linger/internal/wire"
)

func TestPublicationRecord(t *testing.T) {
	want := publication{Payload: Binary([]byte{0, 1}), except: []string{"a.1", "b.2"}, publicationID: publicationID{1 << 63, 7}}
	got, err := parsePublicationRecord(want.record())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("a publication is the same after it was written and read; got %+v, %v", got, err)
	}
	_, err = parsePublicationRecord(wire.AppendUint(nil, recordKind, 99))
	if !errors.Is(err, errRecordKind) {
		t.Errorf("a record of a later version is refused with errRecordKind; got %v", err)
	}
}

// FuzzPublicationRecord checks that a record which can be read is the same publication after it has been written again.
func FuzzPublicationRecord(f *testing.F) {
	p := publication{Payload: Text("hello"), except: []string{"a.1"}, publicationID: publicationID{3, 4}}
	f.Add(p.record())
	f.Add([]byte{0x08, 0x01, 0x1a, 0x05})
	f.Fuzz(func(t *testing.T, record []byte) {
		p, err := parsePublicationRecord(record)
		if err != nil {
			return
		}
		again, err := parsePublicationRecord(p.record())
		if p.Data == nil {
			p.Data = []byte{}
		}
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("the publication %+v is %+v after it was written and read, with error %v", p, again, err)
		}
	})
}
