package upgrade

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// flows is a load of many connections with little overhead: one goroutine, one epoll instance. Busy connections send a numbered
// message at an interval, unless the last one is not answered yet; others are idle, or send one message during an upgrade.
type flows struct {
	every time.Duration // the interval of busy connections
	epoll int
	all   []*flow
	byFD  []*flow
	slots [slotCount][]*flow // the busy connections by the millisecond in which they send
	slot  int64              // the number of the last slot that was handled
	began time.Time

	late     atomic.Int32 // the number of idle connections that send one message from now on
	stopping atomic.Bool
	err      error // valid when run has returned
}

// slotCount is the number of milliseconds until a slot is used again. It exceeds every.
const slotCount = 4096

// flow is a connection.
type flow struct {
	fd     int
	sent   uint32 // the number of messages
	at     time.Time
	open   bool // the last message is not answered
	busy   bool
	got    []byte
	rounds []round
}

// round is a message and its answer.
type round struct {
	at   time.Time
	took time.Duration
}

// openFlows opens n connections, of which the first busy ones are busy.
func openFlows(address string, n, busy int, every time.Duration) (*flows, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	f := &flows{every: every, began: time.Now()}
	if f.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	for i := range n {
		c, err := f.add(to)
		if err != nil {
			return nil, fmt.Errorf("connection %d: %w", i, err)
		}
		c.busy = i < busy
	}
	return f, nil
}

const opening = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// add opens a connection.
func (f *flows) add(to netip.AddrPort) (*flow, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	wait := unix.NsecToTimeval(timeout.Nanoseconds())
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait)
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	if _, err := unix.Write(fd, []byte(opening)); err != nil {
		return nil, os.NewSyscallError("write", err)
	}
	var head []byte
	for buffer := make([]byte, 1024); !bytes.Contains(head, []byte("\r\n\r\n")); {
		n, err := unix.Read(fd, buffer)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return nil, fmt.Errorf("reading the response: %d bytes, %w", n, err)
		}
		head = append(head, buffer[:n]...)
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		return nil, fmt.Errorf("the response is %.60q", head)
	}
	for len(f.byFD) <= fd {
		f.byFD = append(f.byFD, nil)
	}
	c := &flow{fd: fd, got: make([]byte, 0, 32), rounds: make([]round, 0, 16)}
	f.byFD[fd], f.all = c, append(f.all, c)
	_ = unix.SetNonblock(fd, true)
	return c, os.NewSyscallError("epoll_ctl", unix.EpollCtl(f.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}))
}

// schedule makes a connection send after a time.
func (f *flows) schedule(c *flow, after time.Duration) {
	slot := max((time.Since(f.began)+after).Milliseconds(), f.slot+1) % slotCount
	f.slots[slot] = append(f.slots[slot], c)
}

// run sends and receives until stop is set and all messages are answered, or the timeout after that.
func (f *flows) run() {
	events := make([]unix.EpollEvent, 512)
	buffer := make([]byte, 4096)
	f.slot = time.Since(f.began).Milliseconds()
	for _, c := range f.all {
		if c.busy {
			f.schedule(c, rand.N(f.every))
		}
	}
	var ending time.Time
	for {
		n, err := unix.EpollWait(f.epoll, events, 1)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			f.err = os.NewSyscallError("epoll_wait", err)
			return
		}
		for _, e := range events[:max(n, 0)] {
			if err := f.receive(f.byFD[e.Fd], buffer); err != nil {
				f.err = err
				return
			}
		}
		if f.stopping.Load() {
			if ending.IsZero() {
				ending = time.Now()
			}
			if f.unanswered() == 0 {
				return
			}
			if time.Since(ending) > timeout {
				f.err = fmt.Errorf("%d messages are not answered", f.unanswered())
				return
			}
			continue
		}
		f.sendDue()
	}
}

func (f *flows) unanswered() (n int) {
	for _, c := range f.all {
		if c.open {
			n++
		}
	}
	return n
}

// sendDue sends the messages that are due.
func (f *flows) sendDue() {
	for i := f.late.Swap(0); i > 0; i-- {
		f.schedule(f.all[len(f.all)-int(i)], rand.N(time.Second))
	}
	now := time.Since(f.began).Milliseconds()
	for f.slot < now {
		f.slot++
		due := f.slots[f.slot%slotCount]
		f.slots[f.slot%slotCount] = nil
		for _, c := range due {
			if !c.open {
				f.send(c)
			}
			if c.busy {
				f.schedule(c, f.every)
			}
		}
	}
}

// send sends the next message: its number as 8 digits, in a masked frame (RFC 6455, section 5.2). The masking key is 0.
func (f *flows) send(c *flow) {
	frame := append([]byte{0x81, 0x88, 0, 0, 0, 0}, fmt.Sprintf("%08d", c.sent)...)
	c.open, c.at = true, time.Now()
	if n, err := unix.Write(c.fd, frame); err != nil || n != len(frame) {
		f.err = fmt.Errorf("writing a message: %d bytes, %w", n, err)
		f.stopping.Store(true)
	}
	c.sent++
}

// receive reads an answer.
func (f *flows) receive(c *flow, buffer []byte) error {
	n, err := unix.Read(c.fd, buffer)
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return nil
	case err != nil:
		return fmt.Errorf("message %d of a connection (busy: %v): %w", c.sent, c.busy, err)
	case n == 0:
		return fmt.Errorf("the server has closed a connection after %d messages (busy: %v)", c.sent, c.busy)
	}
	c.got = append(c.got, buffer[:n]...)
	want := append([]byte{0x81, 8}, fmt.Sprintf("%08d", c.sent-1)...)
	if !c.open || len(c.got) > len(want) || !bytes.Equal(c.got, want[:len(c.got)]) {
		return fmt.Errorf("a connection receives %q, expected %q, or nothing if that was answered: %v", c.got, want, !c.open)
	}
	if len(c.got) == len(want) {
		c.got, c.open = c.got[:0], false
		c.rounds = append(c.rounds, round{c.at, time.Since(c.at)})
	}
	return nil
}

// close closes all connections.
func (f *flows) close() {
	for _, c := range f.all {
		_ = unix.Close(c.fd)
	}
	_ = unix.Close(f.epoll)
}

// longest returns the longest time until an answer in a period for each connection that has sent a message in it, in order.
func longest(flows []*flow, in span) (all []time.Duration) {
	for _, c := range flows {
		var most time.Duration
		for _, r := range c.rounds {
			if in.overlaps(span{r.at, r.at.Add(r.took)}) {
				most = max(most, r.took)
			}
		}
		if most > 0 {
			all = append(all, most)
		}
	}
	return all
}
