package websocket

import (
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestAResponseThatIsWholeArrivesWhateverBecomesOfItsHandler(t *testing.T) {
	addr, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "sorry")
		_ = http.NewResponseController(w).Flush()
		runtime.Goexit()
	}, true)
	for range 20 {
		if answer, body, err := ask(t, addr, to("/")); err != nil || answer.StatusCode != 500 || body != "sorry" {
			t.Fatalf("the answer arrives; got %v, %q, %v", answer, body, err)
		}
	}
}

func TestHalfAResponseDoesNotPassForTheWhole(t *testing.T) {
	for name, fail := range map[string]func(){
		"a panic":             func() { panic(http.ErrAbortHandler) },
		"a goroutine's end":   runtime.Goexit,
		"a length not kept":   func() {},
		"a deadline that was": nil,
	} {
		addr, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "50")
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			if fail == nil {
				_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
				_, _ = io.WriteString(w, strings.Repeat("x", 46))
				return
			}
			fail()
		}, true)
		if answer, body, err := ask(t, addr, to("/")); err == nil {
			t.Errorf("%s: the client must see that something is missing; got %v, %q", name, answer, body)
		}
	}
}

// What a client still sends behind its request destroys no answer (RFC 9112, section 9.6).
func TestARefusalArrivesBeforeWhatNobodyReads(t *testing.T) {
	addr, _ := served(t, fails, true)
	for range 20 {
		answer, body, err := ask(t, addr, to("/refused")+strings.Repeat("early", 1000))
		if err != nil || answer.StatusCode != 403 || body != "not you\n" {
			t.Fatalf("the refusal arrives; got %v, %q, %v", answer, body, err)
		}
	}
}

func TestAClientThatTakesNoResponseIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	server := &http.Server{WriteTimeout: 100 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				failed <- err
				return
			}
		}
	})}
	go func() { _ = Serve(server, l) }()
	defer func() { _ = server.Close() }()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_, _ = io.WriteString(nc, to("/"))
	var late net.Error
	if err := <-failed; !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("writing fails after the server's WriteTimeout; got %v", err)
	}
}
