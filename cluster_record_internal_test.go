package linger

import (
	"errors"
	"reflect"
	"strings"
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

// A record has a bounded number of exceptions, and their ids are as long as those of connections.
func TestPublicationRecordExcept(t *testing.T) {
	many := make([]string, maxExcept+1)
	for i := range many {
		many[i] = "a.1"
	}
	for name, c := range map[string]struct {
		except []string
		ok     bool
	}{
		"as many as there may be": {many[1:], true},
		"one more":                {many, false},
		"a long id":               {[]string{strings.Repeat("a", maxID)}, true},
		"an id that is too long":  {[]string{strings.Repeat("a", maxID+1)}, false},
	} {
		p := publication{Payload: Text("x"), except: c.except, publicationID: publicationID{1, 1}}
		got, err := parsePublicationRecord(p.record())
		if c.ok && (err != nil || len(got.except) != len(c.except)) || !c.ok && !errors.Is(err, errRecordExcept) {
			t.Errorf("%s: the record is read: %t; got %d exceptions, %v", name, c.ok, len(got.except), err)
		}
	}
}

// What is kept while the members of a node are on their way is bounded, in number and in size.
func TestPresenceRecordsKept(t *testing.T) {
	keep := func(size int) (kept, bytes int) {
		l := &loading{}
		for range 2 * maxPendingRecords {
			l.keep(presenceRecord{size: size})
		}
		return len(l.records), len(l.records) * size
	}
	if kept, _ := keep(100); kept != maxPendingRecords {
		t.Errorf("%d small records are kept; got %d", maxPendingRecords, kept)
	}
	if kept, bytes := keep(maxPresenceRecord); kept == 0 || bytes > maxPendingBytes {
		t.Errorf("%d bytes of large records are kept at most; got %d records with %d bytes", maxPendingBytes, kept, bytes)
	}
	member := memberRecord{"a.1", &data{saved: make([]byte, maxMemberData)}}
	r := presenceRecord{kind: presenceChange, incarnation: 1, sequence: 1}
	for size := 0; size < maxPresenceRecord; size += member.size() {
		r.members = append(r.members, member)
	}
	if got, err := parsePresence(r.record()); err != nil || got.size < maxPresenceRecord {
		t.Errorf("the largest record that a node sends is read, with its size; got %d, %v", got.size, err)
	}
	r.members = append(r.members, r.members...)
	if _, err := parsePresence(r.record()); !errors.Is(err, errRecord) {
		t.Errorf("a record that is larger is refused; got %v", err)
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
