// Command half-close streams a file to a server, closes its half of the connection, and
// then reads the server's response, a digest and a summary of the whole file.
// docs/half-close.md specifies the extension that makes this possible.
//
//	go run ./examples/half-close README.md
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/lingerws/linger/websocket"
)

// options offer half-close. The file is one message, which is streamed and not held in
// memory, so it may be large.
var options = websocket.Options{OfferHalfClose: true, MaxMessage: 1 << 40}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: half-close FILE")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(listener, http.HandlerFunc(digest))) }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := upload(ctx, "ws://"+listener.Addr().String(), os.Args[1], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// upload streams a file and prints the server's response.
func upload(ctx context.Context, url, name string, out io.Writer) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	c, err := websocket.Dial(ctx, url, &websocket.DialOptions{Options: options})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	if !c.HalfCloseNegotiated() {
		return errors.New("the server does not support half-close: its response might be lost")
	}
	if err := send(ctx, c, file); err != nil {
		return err
	}
	if err := c.CloseWrite(1000, "that was all"); err != nil { // reading is still possible
		return err
	}
	for {
		_, line, err := c.Read(ctx)
		if websocket.IsNormal(err) { // the server has closed too
			return c.Linger(ctx) // until the server has received our Close
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n", line); err != nil {
			return err
		}
	}
}

// send streams r as one binary message.
func send(ctx context.Context, c *websocket.Conn, r io.Reader) error {
	w, err := c.Writer(ctx, websocket.Binary)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

// digest reads until the client's Close, and then sends the digest and closes.
func digest(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Options: options})
	if err != nil {
		return // Accept has sent a response
	}
	defer c.CloseNow()
	ctx := context.Background() // the context of the request ends with the handshake
	began := time.Now()
	sum, size, err := receive(ctx, c)
	if !websocket.IsNormal(err) {
		log.Print(err)
		return
	}
	for _, line := range []string{
		fmt.Sprintf("sha256 %x", sum),
		fmt.Sprintf("%d bytes in %v", size, time.Since(began).Round(time.Millisecond)),
	} {
		if err := c.Write(ctx, websocket.Text, []byte(line)); err != nil {
			log.Print(err)
			return
		}
	}
	if err := c.Close(1000, ""); err != nil {
		log.Print(err)
	}
}

// receive computes the digest of everything up to the client's Close, which is returned as
// the error.
func receive(ctx context.Context, c *websocket.Conn) (sum []byte, size int64, err error) {
	hash := sha256.New()
	for {
		_, message, err := c.Reader(ctx)
		if err != nil {
			return hash.Sum(nil), size, err
		}
		n, err := io.Copy(hash, message)
		size += n
		if err != nil {
			return nil, size, err
		}
	}
}
