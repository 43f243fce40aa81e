package accept

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// TestServeRespondsAsNetHTTP compares every byte that a server sends, except for the date, with those of net/http.
func TestServeRespondsAsNetHTTP(t *testing.T) {
	ours, _ := served(t, pages, true)
	theirs, _ := served(t, pages, false)
	with := func(fields string) []string {
		return []string{strings.TrimSuffix(wiretest.To("/html"), "\r\n") + fields + "\r\n"}
	}
	asked := map[string][]string{
		"no host":                {strings.Replace(wiretest.To("/html"), "Host: localhost\r\n", "", 1)},
		"two hosts":              with("Host: b\r\n"),
		"strange host":           {strings.Replace(wiretest.To("/html"), "localhost", "local\x01host", 1)},
		"host of other letters":  {strings.Replace(wiretest.To("/html"), "localhost", "a{b", 1)},
		"no field":               with("nonsense\r\n"),
		"strange name":           with("a b: c\r\n"),
		"space before the colon": with("a : c\r\n"),
		"strange value":          with("a: \x00\r\n"),
		"continued":              with("a: b\r\n c\r\n"),
		"body":                   {strings.TrimSuffix(wiretest.To("/html"), "\r\n") + "Content-Length: 3\r\n\r\nabc"},
		"chunks":                 with("Transfer-Encoding: chunked\r\n\r\n0\r\n"),
		"expectation":            with("Expect: 100-continue\r\nContent-Length: 0\r\n"),
		"HTTP/1.0":               {strings.Replace(wiretest.To("/html"), "HTTP/1.1", "HTTP/1.0", 1)},
		"HTTP/9":                 {strings.Replace(wiretest.To("/html"), "HTTP/1.1", "HTTP/9", 1)},
		"POST":                   {strings.Replace(wiretest.To("/html"), "GET", "POST", 1)},
		"no upgrade":             {"GET /html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"},
		"another upgrade":        {"GET /html HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: upgrade, close\r\n\r\n"},
		"nonsense":               {"\x16\x03\x01\r\n\r\n"},
		"in pieces":              {wiretest.To("/html")[:30], wiretest.To("/html")[30:]},
		"long header":            with("Cookie: " + strings.Repeat("x", 5000) + "\r\n"),
		"absolute":               {wiretest.To("http://elsewhere/html")},
		"bad key":                {strings.Replace(wiretest.To("/"), "dGhlIHNhbXBsZSBub25jZQ==", "x", 1)},
	}
	for path := range responses {
		asked[path] = []string{wiretest.To(path)}
	}
	for name, parts := range asked {
		t.Run(name, func(t *testing.T) {
			want, wantOrdered := converse(t, theirs, parts...)
			if got, ordered := converse(t, ours, parts...); got != want || ordered != wantOrdered {
				t.Errorf("Serve must send what net/http sends, %.300q, and end as net/http does (without a reset: %v); got %.300q (%v)",
					want, wantOrdered, got, ordered)
			}
		})
	}
}

// converse sends bytes, reads the response and, if the connection stays open for another request, makes one more. It returns
// everything that the server has sent, without the date, and whether the server has closed the connection without a reset.
func converse(t *testing.T, addr string, parts ...string) (sent string, ordered bool) {
	t.Helper()
	nc := send(t, addr, parts...)
	defer func() { _ = nc.Close() }()
	var all bytes.Buffer
	from := bufio.NewReader(io.TeeReader(nc, &all))
	var answer *http.Response
	var err error
	for answer == nil || answer.StatusCode == http.StatusEarlyHints {
		if answer, err = http.ReadResponse(from, nil); err != nil {
			return date.ReplaceAllString(all.String(), ""), errors.Is(err, io.ErrUnexpectedEOF)
		}
	}
	if answer.StatusCode == http.StatusSwitchingProtocols {
		return date.ReplaceAllString(all.String(), ""), true
	}
	_, err = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	ordered = err == nil
	if ordered && !answer.Close {
		_, _ = io.WriteString(nc, again) // a reset if the server has closed the connection without notice
	}
	if _, err = io.Copy(io.Discard, from); answer.Close {
		ordered = ordered && err == nil
	}
	return date.ReplaceAllString(all.String(), ""), ordered
}

// again is a request that ends its connection.
const again = "GET /html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

var date = regexp.MustCompile(`Date: [^\r]*\r\n`)

// pages calls the function of responses for the path of a request.
func pages(w http.ResponseWriter, r *http.Request) {
	if page := responses[r.URL.Path]; page != nil {
		page(w, r)
		return
	}
	http.NotFound(w, r)
}

// responses are handlers by path. They use a ResponseWriter in all possible ways.
var responses = map[string]http.HandlerFunc{
	"/":     startEcho,
	"/late": func(w http.ResponseWriter, r *http.Request) { time.Sleep(afterPromotion); startEcho(w, r) },
	"/refused": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		http.Error(w, "not you", http.StatusForbidden)
		w.Header().Set("Too", "late")
		w.WriteHeader(http.StatusTeapot)
	},
	"/refused late": func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header() // kept since before the request was promoted
		header.Set("Gone", "soon")
		time.Sleep(afterPromotion)
		header.Del("Gone")
		header.Set("Stays", "here")
		http.Error(w, "not you", http.StatusForbidden)
	},
	"/closed": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusForbidden)
	},
	"/nothing": func(http.ResponseWriter, *http.Request) {},
	"/empty": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
			panic(err)
		}
	},
	"/html": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
	"/long": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("long ", 10_000))
	},
	"/copy": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.(io.ReaderFrom).ReadFrom(struct{ io.Reader }{strings.NewReader(strings.Repeat("long ", 10_000))})
	},
	"/stream": func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			_, _ = io.WriteString(w, "piece ")
			_ = http.NewResponseController(w).Flush()
		}
	},
	"/declared": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "6")
		_, _ = io.WriteString(w, "piece ")
	},
	"/short": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "60")
		_, _ = io.WriteString(w, "piece ")
	},
	"/too long": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "6")
		for _, want := range []error{nil, http.ErrContentLength} {
			if _, err := io.WriteString(w, "piece "); !errors.Is(err, want) {
				panic(err)
			}
		}
	},
	"/trailers": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Declared")
		_, _ = io.WriteString(w, "piece ")
		w.Header().Set("Declared", "yes")
		w.Header().Set(http.TrailerPrefix+"Undeclared", "too")
	},
	"/hints": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		_, _ = io.WriteString(w, "<html>")
	},
	"/duplex": func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			panic(err)
		}
		_, _ = io.WriteString(w, "<html>")
	},
	"/deadline": func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now())
		<-r.Context().Done() // with this deadline net/http regards the client as gone
		_, _ = io.WriteString(w, "<html>")
	},
	"/hijacked":      func(w http.ResponseWriter, _ *http.Request) { hijack(w, "early") },
	"/hijacked late": func(w http.ResponseWriter, _ *http.Request) { time.Sleep(afterPromotion); hijack(w, "late") },
	"/hijacked begun": func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		hijack(w, "begun")
	},
	"/panic": func(http.ResponseWriter, *http.Request) { panic("secret") },
	"/panic accepted": func(w http.ResponseWriter, r *http.Request) {
		if d, err := AcceptByDriver(w, r); err == nil {
			d.CloseNow()
		}
		panic("secret")
	},
	"/write deadline": func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
		_, _ = io.WriteString(w, "never")
	},
	"/panic late": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("secret")
	},
	"/aborted": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	},
	"/goexit": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "40")
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		runtime.Goexit()
	},
	"/context": func(w http.ResponseWriter, r *http.Request) {
		server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.Host, r.RequestURI, r.Proto, host,
			map[bool]string{true: "server"}[server != nil], map[bool]string{true: "address"}[local != nil && r.Host == local.String()]}, " "))
	},
}

// hijack writes to the connection of a request, and closes it.
func hijack(w http.ResponseWriter, text string) {
	nc, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+text)
	_ = nc.Close()
}
