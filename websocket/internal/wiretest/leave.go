package wiretest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
)

// leaving is the number of connections of each kind. The end of TCP comes before the Close has been handled for some, and after
// that for others.
const leaving = 100

// EachLeaving runs clients that end TCP directly after a Close, with and without a message before it, against a server whose
// handlers reply at once, and one whose handlers wait until every client has left.
func EachLeaving(t *testing.T, face func(<-chan struct{}, chan<- protocol.Outcome) http.HandlerFunc) {
	t.Helper()
	open := make(chan struct{})
	close(open)
	for name, texts := range map[string][]string{"a bare Close": nil, "a Close after a text": {"question"}} {
		want := []string{}
		for _, text := range texts {
			want = append(want, "text "+text)
		}
		want = append(want, "close 3000")
		t.Run(name, func(t *testing.T) { leaveAll(t, face, open, texts, want, nil) })
		t.Run(name+", slow handlers", func(t *testing.T) {
			gate := make(chan struct{})
			leaveAll(t, face, gate, texts, want, func() { close(gate) })
		})
	}
}

func leaveAll(t *testing.T, face func(<-chan struct{}, chan<- protocol.Outcome) http.HandlerFunc,
	gate <-chan struct{}, texts, want []string, left func(),
) {
	t.Helper()
	ended := make(chan protocol.Outcome, leaving)
	server := httptest.NewServer(face(gate, ended))
	defer server.Close()
	if err := testclient.RunCloseFIN(leaving, server.URL, texts, want, left); err != nil {
		t.Fatal(err)
	}
	for range leaving {
		if end := <-ended; !end.Clean || end.Received.Code != 3000 || end.Sent.Code != 3000 {
			t.Fatalf("the end is clean, with 3000 in both directions; got %+v", end)
		}
	}
}
