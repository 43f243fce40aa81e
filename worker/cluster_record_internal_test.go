package worker

import (
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/loglimit"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/worker/internal/script"
)

// exampleRecords returns a record of each kind.
func exampleRecords() []*objectRecord {
	value := recordValue{
		text: "[1]", plain: true, bodies: []recordBody{{content: []byte{}}, {content: []byte("x")}, {stream: 3, length: -1}},
		references: []recordReference{{5, false}, {6, true}},
	}
	ref := script.ObjectRef{Class: "Room", ID: strings.Repeat("ab", 32), Name: "name"}
	records := []*objectRecord{
		{kind: recordCall, number: 1, object: ref, path: []string{"a", ""}, get: true, value: value},
		{kind: recordFetch, number: 2, object: ref, method: "POST", url: "http://a/", header: http.Header{"A": {"1", "2"}}, body: recordBody{stream: 4, length: 10}},
		{kind: recordReferenceCall, number: 3, reference: 7, value: value},
		{kind: recordResult, number: 1, value: value, thrown: true, failure: "why"},
		{kind: recordResponse, number: 2, status: 101, header: http.Header{"B": {""}}, offer: []byte("o"), body: recordBody{content: []byte("body")}},
		{kind: recordChunk, number: 4, offset: 8, data: []byte("data"), end: true, failure: "why"},
		{kind: recordCredit, number: 4, offset: 100},
		{kind: recordRelease, reference: 7, count: 2},
		{kind: recordCheck, calls: []uint64{1, 2}, streams: []uint64{4}},
		{kind: recordUnknown, calls: []uint64{1}, streams: []uint64{4}},
	}
	for _, kind := range []recordKind{recordMoved, recordCancel, recordLong, recordStreamEnded, recordLeft} {
		records = append(records, &objectRecord{kind: kind, number: 9})
	}
	for _, r := range records {
		r.sender, r.receiver = sessionID{11, 12}, 13
		if r.header == nil {
			r.header = http.Header{}
		}
	}
	return records
}

func TestObjectRecord(t *testing.T) {
	for _, r := range exampleRecords() {
		got, err := parseObjectRecord(r.encode())
		if err != nil {
			t.Errorf("a record of kind %d can be read; got %v", r.kind, err)
			continue
		}
		if !reflect.DeepEqual(got, r) {
			t.Errorf("a record of kind %d is read as it was written; got\n%+v\nfor\n%+v", r.kind, got, r)
		}
	}
}

func TestObjectRecordMalformed(t *testing.T) {
	list := exampleRecords()[8].encode()
	for range maxRecordList {
		list = wire.AppendUint(list, recordFieldCalls, 1)
	}
	for name, record := range map[string][]byte{
		"without a kind":                 wire.AppendUint(nil, recordFieldNumber, 1),
		"cut":                            exampleRecords()[0].encode()[:20],
		"with a list that is too long":   list,
		"with a status of four digits":   wire.AppendUint(exampleRecords()[4].encode(), recordFieldStatus, 1000),
		"of a response without a status": (&objectRecord{kind: recordResponse, number: 2}).encode(),
		"with a large reference":         wire.AppendUint(exampleRecords()[2].encode(), recordFieldReference, 1<<60),
		"with a negative length":         wire.AppendBytes(exampleRecords()[1].encode(), recordFieldBody, wire.AppendInt(nil, bodyFieldLength, -2)),
	} {
		if r, err := parseObjectRecord(record); err == nil {
			t.Errorf("a record %s is refused; got %+v", name, r)
		}
	}
}

// fuzzCluster returns the cluster objects of an application without workers.
func fuzzCluster(t testing.TB, cluster *memcluster.Cluster, name string) *clusterObjects {
	t.Helper()
	node := cluster.Join(name)
	t.Cleanup(node.Leave)
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	a := &App{opts: Options{Logger: logger}}
	a.objects = newObjects(a)
	a.current.Store(&configuration{opts: Options{MaxBody: 1 << 20, EventTimeout: time.Second}})
	all := &clusterObjects{
		app: a, node: name, cluster: node, process: uint64(len(name)), ctx: t.Context(), started: make(chan struct{}),
		limit: loglimit.Limiter[string]{Period: time.Second, Lines: 1}, routes: map[objectKey]*route{}, sessions: map[string]*session{},
	}
	a.cluster = all
	return all
}

// FuzzObjectRecord checks that a record which can be read is the same after it was written again, and that no record of another node does
// more than end the session with that node.
func FuzzObjectRecord(f *testing.F) {
	for _, r := range exampleRecords() {
		r.receiver = 0
		f.Add(r.encode())
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		if r, err := parseObjectRecord(record); err == nil {
			again, err := parseObjectRecord(r.encode())
			if err != nil || !reflect.DeepEqual(r, again) {
				t.Errorf("%+v is read again as %+v, with the error %v", r, again, err)
			}
		}
		all := fuzzCluster(t, memcluster.New(), "a")
		p := all.session("b")
		s, err := p.addSent(&contentReader{content: []byte("content")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.addReceived(4); err != nil {
			t.Fatal(err)
		}
		all.serve("b", record, nil)
		all.serve("b", record, nil)
		s.cancel(errBodyConsumed)
		all.session("b").end()
		if n := len(all.app.references.byNumber); n > 0 {
			t.Errorf("nothing refers to the other node after the end of the session; got %d references", n)
		}
	})
}

// TestSession checks which records belong to a session.
func TestSession(t *testing.T) {
	own := sessionID{1, 5}
	for _, row := range []struct {
		name     string
		theirs   sessionID
		sender   sessionID
		receiver uint64
		want     reception
	}{
		{"the first one", sessionID{}, sessionID{9, 3}, 0, current},
		{"of the same session", sessionID{9, 3}, sessionID{9, 3}, 1, current},
		{"for another process", sessionID{9, 3}, sessionID{9, 3}, 2, outdated},
		{"of an earlier session", sessionID{9, 3}, sessionID{9, 2}, 1, outdated},
		{"of a later session", sessionID{9, 3}, sessionID{9, 4}, 1, renewed},
		{"of a new process", sessionID{9, 3}, sessionID{8, 1}, 0, renewed},
		{"of a former process", sessionID{9, 3}, sessionID{7, 9}, 0, outdated},
	} {
		p := newSession(nil, "b", own, []uint64{7})
		p.theirs = row.theirs
		if got := p.receive(&objectRecord{sender: row.sender, receiver: row.receiver}); got != row.want {
			t.Errorf("a record %s is received as %d; got %d", row.name, row.want, got)
		}
		if row.want == renewed {
			next := p.successor(&objectRecord{sender: row.sender})
			if known := slices.Contains(next.former, row.theirs.process); next.own != own || known != (row.sender.process != row.theirs.process) {
				t.Errorf("the session after a record %s is %+v, with the former processes %v", row.name, next.own, next.former)
			}
		}
	}
}
