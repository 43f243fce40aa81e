package linger_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"testing"

	"github.com/lingerws/linger"
)

// visit connects a client to the server of an example.
func visit(web *httptest.Server, lines ...string) *client {
	nc, err := net.Dial("tcp", web.Listener.Addr().String())
	if err != nil {
		panic(err)
	}
	c := newClient(new(testing.T), nc)
	c.request(lines...)
	return c
}

// A program serves an address until a signal arrives, and then closes its connections.
func ExampleServer_ListenAndServe() {
	server := linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{}) },
		OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) },
	}, linger.Options{})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.Background())
	}()
	fmt.Println(server.ListenAndServe("127.0.0.1:8080")) // returns after Shutdown has returned
}

// An application handles three events.
func ExampleServer() {
	left := make(chan bool)
	server := linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			name := u.Request.URL.Query().Get("room")
			socket, err := u.Accept(linger.AcceptOptions{Data: name})
			if err == nil {
				_ = socket.Send(linger.Text("welcome to room " + name)) // leaves after the 101
			}
		},
		OnMessage: func(m *linger.Message) {
			_ = m.Socket.Send(linger.Text(strings.ToUpper(m.String())))
		},
		OnClose: func(c *linger.Close) {
			room, _ := linger.Data[string](c.Socket)
			fmt.Println("left room", room, "with", c.Received, "clean:", c.Clean)
			close(left)
		},
	}, linger.Options{})
	web := httptest.NewServer(server)
	defer web.Close()

	visitor := visit(web)
	fmt.Println(visitor.next())
	visitor.text("hello")
	fmt.Println(visitor.next())
	visitor.close(4001, "bye")
	<-left
	fmt.Println(visitor.next())
	// Output:
	// text welcome to room 1
	// text HELLO
	// left room 1 with 4001 "bye" clean: true
	// close 4001 bye
}

// In half-open mode the application answers the peer's Close when it has sent all
// that it has to send.
func ExamplePeerCloser() {
	server := linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			_, _ = u.Accept(linger.AcceptOptions{HalfOpen: true, Data: 0})
		},
		OnMessage: func(m *linger.Message) {
			received, _ := linger.Data[int](m.Socket)
			_ = m.Socket.SetData(received + len(m.Data))
		},
		OnPeerClose: func(p *linger.PeerClose) { // that was the last of the upload
			received, _ := linger.Data[int](p.Socket)
			_ = p.Socket.Send(linger.Text(fmt.Sprint("received ", received, " bytes")))
			_ = p.Socket.Close(p.Status.Code, "thank you")
		},
	}, linger.Options{})
	web := httptest.NewServer(server)
	defer web.Close()

	visitor := visit(web)
	visitor.text("one")
	visitor.text("two")
	visitor.close(1000, "")
	fmt.Println(visitor.next())
	fmt.Println(visitor.next())
	// Output:
	// text received 6 bytes
	// close 1000 thank you
}

// A request is declined with any HTTP response.
func ExampleUpgrade_Respond() {
	server := linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			if _, err := u.Request.Cookie("session"); err != nil {
				_ = u.Respond(func(w http.ResponseWriter, _ *http.Request) {
					http.Error(w, "sign in first", http.StatusForbidden)
				})
				return
			}
			_, _ = u.Accept(linger.AcceptOptions{})
		},
	}, linger.Options{})
	web := httptest.NewServer(server)
	defer web.Close()

	fmt.Println(visit(web).response.Status)
	fmt.Println(visit(web, "Cookie: session=1").response.Status)
	// Output:
	// 403 Forbidden
	// 101 Switching Protocols
}

// What is published on a channel reaches every connection that is subscribed.
func ExampleServer_Publish() {
	server := linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			_, _ = u.Accept(linger.AcceptOptions{Channels: []string{"news"}})
		},
		OnMessage: func(m *linger.Message) {
			n, err := m.Server.Publish("news", m.Payload, m.Socket) // to all but the sender
			fmt.Println("published to", n, err)
			_ = m.Socket.Send(linger.Text("published"))
		},
	}, linger.Options{})
	web := httptest.NewServer(server)
	defer web.Close()

	reporter, reader := visit(web), visit(web)
	reporter.text("rain tomorrow")
	fmt.Println(reader.next())
	fmt.Println(reporter.next())
	// Unordered output:
	// published to 1 <nil>
	// text rain tomorrow
	// text published
}

// Shutdown closes every connection with 1001 and waits for the close events.
func ExampleServer_Shutdown() {
	server := linger.NewServer(linger.HandlerFuncs{
		OnClose: func(c *linger.Close) { fmt.Println("sent", c.Sent, "clean:", c.Clean) },
	}, linger.Options{})
	web := httptest.NewServer(server)
	defer web.Close()

	visitor := visit(web)
	go visitor.answerClose() // as a browser does
	fmt.Println(server.Shutdown(context.Background()), server.Count())
	// Output:
	// sent 1001 "server shutting down" clean: true
	// <nil> 0
}

// Pages of other hosts may connect only if their origin matches a pattern.
func ExampleOrigins() {
	policy, err := linger.Origins("https://*.example.com")
	if err != nil {
		panic(err)
	}
	web := httptest.NewServer(linger.NewServer(linger.HandlerFuncs{}, linger.Options{Origins: policy}))
	defer web.Close()

	fmt.Println(visit(web, "Origin: https://app.example.com").response.Status)
	fmt.Println(visit(web, "Origin: https://example.net").response.Status)
	// Output:
	// 101 Switching Protocols
	// 403 Forbidden
}
