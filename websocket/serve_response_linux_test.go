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

	"github.com/lingerws/linger/protocol"
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
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	began := time.Now()
	_, _ = io.WriteString(nc, to("/refused")+strings.Repeat("early", 1000))
	answer, err := io.ReadAll(nc)
	if err != nil || !strings.HasSuffix(string(answer), "\r\n\r\nnot you\n") {
		t.Fatalf("the refusal arrives, and then an end that is no reset; got %q, %v", answer, err)
	}
	for time.Since(began) < leaveTime/2 {
		if _, err := nc.Write([]byte("late")); err != nil && time.Since(began) < leaveTime {
			t.Fatalf("the server takes what comes for %v; got %v", leaveTime, err)
		}
		time.Sleep(leaveTime / 50)
	}
}

func TestAHandlerCannotWriteMoreThanItDeclares(t *testing.T) {
	for _, own := range []bool{true, false} {
		for _, flushed := range []bool{true, false} {
			failed := make(chan error, 1)
			addr, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "6")
				_, _ = io.WriteString(w, "piece ")
				if flushed {
					w.(http.Flusher).Flush()
				}
				_, err := io.WriteString(w, "more")
				failed <- err
			}, own)
			if _, body, err := ask(t, addr, to("/")); err != nil || body != "piece " {
				t.Errorf("what was declared arrives; got %q, %v", body, err)
			}
			if err := <-failed; !errors.Is(err, http.ErrContentLength) {
				t.Errorf("writing more must fail as with net/http (ours %v, flushed %v); got %v", own, flushed, err)
			}
		}
	}
}

func TestNobodyLooksAtAClientWhoseConnectionIsTaken(t *testing.T) {
	const conns = 10
	addr, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(4 * lookLong)
		if d, err := AcceptDriver(w, r, nil); err == nil {
			d.Start(echo{})
		}
	}, true)
	fds, goroutines := descriptors(), runtime.NumGoroutine()
	for range conns {
		c := (&service{addr: addr}).open(t, "")
		defer func() { _ = c.Close() }()
		fds += 2 // both ends are in this process
		if alwaysBlocking.Load() {
			goroutines++ // reads
		}
	}
	wantNothingLeft(t, fds, goroutines)
}

func TestAClientThatTakesNoResponseIsGivenUp(t *testing.T) {
	failed := make(chan error, 1)
	addr := serving(t, &http.Server{WriteTimeout: 100 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				failed <- err
				return
			}
		}
	})}, true)
	nc, err := net.Dial("tcp", addr)
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

// Deadlines that a handler sets are for its response: they replace the server's, and end
// when the connection is accepted.
func TestAHandlerMaySetDeadlines(t *testing.T) {
	const short = 50 * time.Millisecond
	for _, own := range []bool{true, false} {
		addr, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
			control, soon := http.NewResponseController(w), time.Now().Add(short)
			if err := errors.Join(control.SetReadDeadline(soon), control.SetWriteDeadline(soon)); err != nil {
				t.Error(err)
			}
			d, err := AcceptDriver(w, r, nil)
			if err != nil {
				t.Errorf("a connection with deadlines can be accepted; got %v", err)
				return
			}
			d.Start(echo{})
		}, own)
		c := (&service{addr: addr}).open(t, "")
		time.Sleep(2 * short)
		c.send(t, textFrame("later"))
		c.wantFrame(t, received{protocol.Text, []byte("later")}.String())
	}
}

func TestAHandlersDeadlineReplacesTheServers(t *testing.T) {
	const short = 50 * time.Millisecond
	addr := serving(t, &http.Server{WriteTimeout: short, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Now().Add(time.Minute))
		_ = control.Flush()
		time.Sleep(2 * short)
		_, _ = io.WriteString(w, "in time")
	})}, true)
	if _, body, err := ask(t, addr, to("/")); err != nil || body != "in time" {
		t.Errorf("the response arrives; got %q, %v", body, err)
	}
}

func TestWhatHasBegunAsAResponseIsNoConnection(t *testing.T) {
	addr, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.Flush()
		if _, _, err := control.Hijack(); !errors.Is(err, errBegun) {
			t.Errorf("the connection is the response's; got %v", err)
		}
		if _, err := AcceptDriver(w, r, nil); !errors.Is(err, errBegun) {
			t.Errorf("it is too late for a 101; got %v", err)
		}
		_, _ = io.WriteString(w, "whole")
	}, true)
	if _, body, err := ask(t, addr, to("/")); err != nil || !strings.HasSuffix(body, "whole") { // behind the answer of AcceptDriver
		t.Errorf("the response arrives; got %q, %v", body, err)
	}
}

func TestARefusedClientThatStaysIsLeft(t *testing.T) {
	addr, _ := served(t, fails, true)
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_, _ = io.WriteString(nc, to("/refused"))
	_, _ = io.Copy(io.Discard, nc) // up to the server's FIN
	for ends := time.Now().Add(20 * leaveTime); err == nil && time.Now().Before(ends); time.Sleep(leaveTime / 10) {
		_, err = nc.Write([]byte("x"))
	}
	if err == nil {
		t.Error("the server closes a connection on which a refused client goes on")
	}
}
