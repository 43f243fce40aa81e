package testclient

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/lingerws/linger/protocol"
)

// sendCloseFIN sends text messages and a Close and closes the connection for writing. Received messages can still be
// read with Receive.
func (c *Client) sendCloseFIN(code protocol.CloseCode, texts ...string) error {
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
		return fmt.Errorf("the connection is a %T, which cannot be closed for writing", c.conn)
	}
	c.closedWrite = true
	return tcp.CloseWrite()
}

// receiveAll returns the results of Receive until EOF, without EOF itself.
func (c *Client) receiveAll() ([]string, error) {
	for all := []string{}; ; {
		text, err := c.Receive()
		if err != nil || text == "EOF" {
			return all, err
		}
		all = append(all, text)
	}
}

// RunCloseFIN opens n connections, several at a time, and sends the texts and a Close with the code 3000 on each,
// and closes them for writing. It then calls sent, unless that is nil, and compares what each client receives with want. The error describes the
// differences.
func RunCloseFIN(n int, url string, texts, want []string, sent func()) error {
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
		return clients[i].sendCloseFIN(3000, texts...)
	})
	if sent != nil {
		sent()
	}
	each(func(i int) error {
		if errs[i] != nil {
			return nil
		}
		defer clients[i].Abort()
		got, err := clients[i].receiveAll()
		if slices.Equal(got, want) {
			return err
		}
		return errors.Join(fmt.Errorf("client %d receives %q, expected %q", i, got, want), err)
	})
	return errors.Join(errs...)
}
