package testclient

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/lingerws/linger/protocol"
)

// Leave sends messages of text and a Close, and ends this direction of TCP, all at once. What comes back can still be
// received.
func (c *Client) Leave(code protocol.CloseCode, texts ...string) error {
	for _, text := range texts {
		if err := c.machine.Send(protocol.Text, []byte(text)); err != nil {
			return err
		}
	}
	if err := c.Close(code, ""); err != nil {
		return err
	}
	tcp, ok := c.conn.(*net.TCPConn)
	if !ok {
		return fmt.Errorf("the connection must be one of TCP to end in one direction; it is a %T", c.conn)
	}
	c.left = true
	return tcp.CloseWrite()
}

// Rest returns all that Receive tells until the server has ended TCP.
func (c *Client) Rest() ([]string, error) {
	for all := []string{}; ; {
		told, err := c.Receive()
		if err != nil || told == "EOF" {
			return all, err
		}
		all = append(all, told)
	}
}

// Leavers opens n connections and has them [Client.Leave] with 3000, several at a time. When all have, it calls left
// (unless nil), and then compares what each has received with want. The error has the differences.
func Leavers(n int, url string, texts, want []string, left func()) error {
	clients, errs := make([]*Client, n), make([]error, n)
	each := func(step func(i int) error) {
		var wait sync.WaitGroup
		turns := make(chan struct{}, 16)
		for i := range n {
			turns <- struct{}{}
			wait.Go(func() {
				errs[i] = errors.Join(errs[i], step(i))
				<-turns
			})
		}
		wait.Wait()
	}
	each(func(i int) (err error) {
		if clients[i], err = Dial(url); err != nil {
			return err
		}
		return clients[i].Leave(3000, texts...)
	})
	if left != nil {
		left()
	}
	each(func(i int) error {
		if errs[i] != nil {
			return nil
		}
		defer clients[i].Cut()
		got, err := clients[i].Rest()
		if slices.Equal(got, want) {
			return err
		}
		return errors.Join(fmt.Errorf("client %d must receive %q; it got %q", i, want, got), err)
	})
	return errors.Join(errs...)
}
