package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// sample is what one measurement found.
type sample struct {
	cost time.Duration // of the server's processor, per message
	rate float64       // messages a second
}

// measure loads a server for a window.
func measure(s server, w work) (sample, error) {
	process, address, err := s.start()
	if err != nil {
		return sample{}, err
	}
	defer func() {
		_ = process.Kill()
		_, _ = process.Wait()
	}()
	var all sync.WaitGroup
	var echoes atomic.Int64
	var over atomic.Bool
	failed := make(chan error, *clients)
	defer all.Wait()
	defer over.Store(true)
	for range *clients {
		conn, err := open(address)
		if err != nil {
			return sample{}, err
		}
		all.Go(func() {
			if err := echo(conn, w, &echoes, &over); err != nil {
				failed <- err
			}
			_ = conn.Close()
		})
	}
	time.Sleep(*window / 4) // until it is warm
	return count(process, &echoes, failed)
}

// count takes the time and the echoes of a window.
func count(process *os.Process, echoes *atomic.Int64, failed <-chan error) (sample, error) {
	before, err := cpu(process.Pid)
	began, first := time.Now(), echoes.Load()
	time.Sleep(*window)
	after, err2 := cpu(process.Pid)
	n := echoes.Load() - first
	select {
	case err := <-failed:
		return sample{}, err
	default:
	}
	if n == 0 {
		return sample{}, errors.New("nothing was echoed")
	}
	return sample{(after - before) / time.Duration(n), float64(n) / time.Since(began).Seconds()}, errors.Join(err, err2)
}

// open opens a WebSocket.
func open(address string) (net.Conn, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", address)
	if err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
	if err == nil && response.StatusCode != http.StatusSwitchingProtocols {
		err = errors.New(response.Status)
	}
	return conn, err
}

// echo keeps messages in flight until it is over. What comes back is compared once; after
// that only its length counts, so that the load costs little.
func echo(conn net.Conn, w work, echoes *atomic.Int64, over *atomic.Bool) error {
	payload := bytes.Repeat([]byte("x"), w.size)
	request := bytes.Repeat(frame(0x80, payload), w.inFlight)
	answer := bytes.Repeat(frame(0, payload), w.inFlight)
	got := make([]byte, len(answer))
	for checked := false; !over.Load(); {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, got); err != nil {
			return err
		}
		if !checked && !bytes.Equal(got, answer) {
			return errors.New("what comes back is not what was sent")
		}
		checked = true
		echoes.Add(int64(w.inFlight))
	}
	return nil
}

// frame makes a text message of one frame; a client masks, here with zeros.
func frame(mask byte, payload []byte) []byte {
	b := []byte{0x81}
	switch n := len(payload); {
	case n < 126:
		b = append(b, mask|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), uint64(n))
	}
	if mask != 0 {
		b = append(b, 0, 0, 0, 0)
	}
	return append(b, payload...)
}
