package websocket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/lingerws/linger/websocket"
)

// serve starts a server for an example. talk is called with each connection.
func serve(opts *websocket.AcceptOptions, talk func(ctx context.Context, c *websocket.Conn)) (url string, stop func()) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, opts)
		if err != nil {
			return
		}
		defer c.CloseNow()
		talk(context.Background(), c)
	}))
	return "ws" + strings.TrimPrefix(s.URL, "http"), s.Close
}

func dial(url string) *websocket.Conn {
	c, err := websocket.Dial(context.Background(), url, nil)
	if err != nil {
		log.Fatal(err)
	}
	return c
}

// echoAll sends every message back until the connection ends.
func echoAll(ctx context.Context, c *websocket.Conn) {
	for {
		kind, message, err := c.Read(ctx)
		if err != nil {
			return
		}
		if err := c.Write(ctx, kind, message); err != nil {
			return
		}
	}
}

func ExampleAccept() {
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return // the request has been answered
		}
		defer c.CloseNow()
		ctx := context.Background() // that of the request ends with this function
		for {
			kind, message, err := c.Read(ctx)
			if err != nil {
				log.Print(err)
				return
			}
			if err := c.Write(ctx, kind, message); err != nil {
				log.Print(err)
				return
			}
		}
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}

func ExampleAccept_options() {
	origins, err := websocket.NewOriginPolicy("https://*.example.com")
	if err != nil {
		log.Fatal(err)
	}
	opts := &websocket.AcceptOptions{
		Options:      websocket.Options{MaxMessage: 64 << 10, KeepAlive: time.Minute},
		Origins:      origins,
		Subprotocols: []string{"chat.v2", "chat.v1"},
	}
	http.HandleFunc("/chat", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, opts)
		if err != nil {
			return
		}
		defer c.CloseNow()
		log.Print(c.RemoteAddr(), " speaks ", c.Subprotocol())
	})
}

func ExampleConn() {
	url, stop := serve(nil, echoAll)
	defer stop()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(ctx, websocket.Text, []byte("hello")); err != nil {
		log.Fatal(err)
	}
	kind, message, err := c.Read(ctx)
	fmt.Println(kind, string(message), err)
	fmt.Println(c.Close(websocket.CloseNormal, "done"))
	// Output:
	// text hello <nil>
	// <nil>
}

func ExampleConn_Read() {
	url, stop := serve(nil, echoAll)
	defer stop()
	c := dial(url)
	defer c.CloseNow()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, _, err := c.Read(ctx)
	fmt.Println(err)

	// The connection is as good as before.
	fmt.Println(c.Ping(context.Background()))
	// Output:
	// context deadline exceeded
	// <nil>
}

func ExampleConn_Writer() {
	url, stop := serve(nil, echoAll)
	defer stop()
	c := dial(url)
	defer c.CloseNow()
	ctx := context.Background()

	w, err := c.Writer(ctx, websocket.Text)
	if err != nil {
		log.Fatal(err)
	}
	_, err = io.Copy(w, strings.NewReader("a message in pieces"))
	if err := errors.Join(err, w.Close()); err != nil {
		log.Fatal(err)
	}

	_, r, err := c.Reader(ctx)
	if err != nil {
		log.Fatal(err)
	}
	_, err = io.Copy(os.Stdout, r)
	fmt.Println(err)
	// Output: a message in pieces<nil>
}

func ExampleConn_Ping() {
	url, stop := serve(nil, func(_ context.Context, c *websocket.Conn) { <-c.Done() }) // never reads
	defer stop()
	c := dial(url)
	defer c.CloseNow()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Ping(ctx); err == nil {
		fmt.Println("the peer is there")
	}
	// Output: the peer is there
}

// A server closes with a reason, which the client reads.
func ExampleConn_Close() {
	url, stop := serve(nil, func(ctx context.Context, c *websocket.Conn) {
		if _, _, err := c.Read(ctx); err == nil {
			_ = c.Close(4001, "token expired")
		}
	})
	defer stop()
	c := dial(url)
	defer c.CloseNow()
	ctx := context.Background()
	_ = c.Write(ctx, websocket.Text, []byte("an old token"))

	_, _, err := c.Read(ctx)
	if closed, ok := errors.AsType[*websocket.PeerClosed](err); ok {
		fmt.Println(closed.Code, closed.Reason, closed.Clean)
	}
	// Output: 4001 token expired true
}

// Before it exits a program waits until the peer has received everything.
func ExampleConn_Linger() {
	url, stop := serve(nil, echoAll)
	defer stop()
	c := dial(url)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Close(websocket.CloseNormal, ""); err != nil {
		log.Print(err)
	}
	if err := c.Linger(ctx); err != nil {
		log.Print(err)
	}
	fmt.Println(c.State())
	// Output: CLOSED
}

// The client closes its direction when it has sent everything, and reads the reply.
func ExampleConn_CloseWrite() {
	opts := &websocket.AcceptOptions{Options: websocket.Options{HalfOpen: true}}
	url, stop := serve(opts, func(ctx context.Context, c *websocket.Conn) {
		total := 0
		for {
			_, message, err := c.Read(ctx)
			if websocket.IsNormal(err) {
				break // the client has finished
			}
			total += len(message)
		}
		_ = c.Write(ctx, websocket.Text, fmt.Appendf(nil, "%d bytes", total))
		_ = c.Close(websocket.CloseNormal, "")
	})
	defer stop()
	c := dial(url)
	defer c.CloseNow()
	ctx := context.Background()

	_ = c.Write(ctx, websocket.Binary, make([]byte, 1000))
	_ = c.Write(ctx, websocket.Binary, make([]byte, 234))
	if err := c.CloseWrite(websocket.CloseNormal, ""); err != nil {
		log.Fatal(err)
	}
	_, summary, err := c.Read(ctx)
	fmt.Println(string(summary), err)
	// Output: 1234 bytes <nil>
}

func ExampleConn_Outcome() {
	url, stop := serve(nil, func(_ context.Context, c *websocket.Conn) { _ = c.Close(websocket.CloseGoingAway, "restart") })
	defer stop()
	c := dial(url)
	defer c.CloseNow()

	<-c.Done()
	end, _ := c.Outcome()
	fmt.Println(end.Received, end.Sent, end.First, end.Clean, end.Cause)
	// Output: 1001 "restart" 1001 "restart" remote true close
}

func ExampleNetConn() {
	url, stop := serve(nil, func(_ context.Context, c *websocket.Conn) {
		s := websocket.NetConn(c, websocket.Binary)
		_, _ = io.Copy(s, strings.NewReader("bytes, cut somehow"))
		_ = s.Close()
	})
	defer stop()
	c := dial(url)
	defer c.CloseNow()

	var conn net.Conn = websocket.NetConn(c, websocket.Binary)
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b, err := io.ReadAll(conn)
	fmt.Printf("%s, %v\n", b, err)
	// Output: bytes, cut somehow, <nil>
}

func ExamplePrepare() {
	url, stop := serve(nil, echoAll)
	defer stop()
	ctx := context.Background()
	audience := []*websocket.Conn{dial(url), dial(url)}

	prepared, err := websocket.Prepare(websocket.Text, []byte("to all"))
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range audience {
		if err := c.WritePrepared(ctx, prepared); err != nil {
			log.Print(err)
		}
	}

	for _, c := range audience {
		_, message, _ := c.Read(ctx)
		fmt.Println(string(message))
		c.CloseNow()
	}
	// Output:
	// to all
	// to all
}

func ExampleIsNormal() {
	url, stop := serve(nil, echoAll)
	defer stop()
	c := dial(url)
	ctx := context.Background()
	c.CloseNow()
	_, _, err := c.Read(ctx)

	switch {
	case websocket.IsNormal(err):
		fmt.Println("a normal end")
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Println("nothing came in time; the connection is fine")
	default:
		if peer, ok := errors.AsType[*websocket.PeerClosed](err); ok {
			fmt.Println("the peer closed:", peer.Code, peer.Reason)
		}
		if ours, ok := errors.AsType[*websocket.LocalClosed](err); ok {
			fmt.Println("we closed; broken rule:", ours.Violation)
		}
		if broken, ok := errors.AsType[*websocket.TransportError](err); ok {
			fmt.Println("it broke:", broken.Cause)
		}
	}
	// Output: it broke: abort
}

func ExampleMisuse() {
	url, stop := serve(nil, echoAll)
	defer stop()
	c := dial(url)
	defer c.CloseNow()

	err := c.Close(websocket.CloseAbnormal, "")
	if misuse, ok := errors.AsType[*websocket.Misuse](err); ok {
		fmt.Println(misuse.ID)
	}
	err = c.Write(context.Background(), websocket.Text, bytes.Repeat([]byte{0xFF}, 3))
	if misuse, ok := errors.AsType[*websocket.Misuse](err); ok {
		fmt.Println(misuse.ID)
	}
	// Output:
	// close.code
	// send.utf8
}

// A server whose connections come from load balancers with the PROXY protocol.
func ExampleProxyProtocol() {
	listener, failure := net.Listen("tcp", ":8080")
	if failure != nil {
		log.Fatal(failure)
	}
	server := websocket.NewHTTPServer(http.NotFoundHandler())
	balancers := websocket.ProxyProtocol{From: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	err := websocket.Serve(server, balancers.Listener(listener)) // or tls.NewListener(balancers.Listener(listener), config)
	log.Fatal(err)
}
