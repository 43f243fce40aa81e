package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// greeter answers each name with a greeting, until the client closes.
func greeter(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil { // the request has been answered
		return
	}
	for {
		_, name, err := c.Read(context.Background())
		if err != nil {
			return
		}
		_ = c.Write(context.Background(), websocket.Text, append([]byte("hello "), name...))
	}
}

func ExampleDial() {
	server := httptest.NewServer(http.HandlerFunc(greeter))
	defer server.Close()

	ctx := context.Background()
	c, err := websocket.Dial(ctx, server.URL, nil) // ws and wss, or http and https
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.CloseNow()
	if err := c.Write(ctx, websocket.Text, []byte("world")); err != nil {
		fmt.Println(err)
	}
	_, message, err := c.Read(ctx)
	fmt.Println(string(message), err)
	fmt.Println(c.Close(protocol.CloseNormal, "done"))
	// Output:
	// hello world <nil>
	// <nil>
}

func ExampleDialError() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such room", http.StatusNotFound)
	}))
	defer server.Close()

	_, err := websocket.Dial(context.Background(), server.URL, nil)
	if failure, ok := errors.AsType[*websocket.DialError](err); ok {
		fmt.Printf("%s: %d %s", failure.Phase, failure.Status, failure.Body)
	}
	// Output: check: 404 no such room
}
