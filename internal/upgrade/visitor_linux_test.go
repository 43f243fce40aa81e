package upgrade

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
)

// habit is how a visitor sends its messages.
type habit int

const (
	plain      habit = iota // text
	octets                  // binary messages
	fragmented              // text in fragments, with pauses between them
	torn                    // text in frames that are written in two parts, with a pause between them
	compressed              // text with permessage-deflate, each message compressed with those before it
	mixed                   // compressed, in fragments with pauses between them
	publishing              // text that the application publishes
	slow                    // text; now and then it asks for many messages, which it reads slowly
	halfOpen                // no messages after a Close; what is published still arrives
	allHabits
)

func (h habit) String() string {
	return [...]string{"plain", "octets", "fragmented", "torn", "compressed", "mixed", "publishing", "slow", "half-open"}[h]
}

// window is the number of unanswered messages of a visitor.
const window = 4

// visitor is a connection with traffic, which checks what it receives.
type visitor struct {
	c     *crowd
	name  string
	habit habit
	peer  *peer
	ended chan struct{} // closed when the connection has ended

	mu      sync.Mutex
	changed *sync.Cond // an answer has arrived or the connection has ended
	ledger  ledger
	news    map[string][]int // the numbers of published messages by the name of the publisher
	many    int              // the number of the next message of those that were asked for
	asked   int              // the number of the last message that asks for many
	got     []string         // other messages
	end     protocol.Outcome
	err     error // of the transport
	over    bool  // the connection has ended
	wrong   error // the first unexpected message
	last    error // why sending has failed
}

// visit opens a connection.
func (c *crowd) visit(name string, h habit) (*visitor, error) {
	d := endpoint{address: c.s.address, path: "?channel=news&name=" + name, compress: h == compressed || h == mixed, narrow: h == slow}
	if h == halfOpen {
		d.path += "&half"
		d.half = true
	}
	p, err := d.dial()
	if err != nil {
		return nil, err
	}
	v := &visitor{c: c, name: name, habit: h, peer: p, ended: make(chan struct{}), news: map[string][]int{}}
	v.changed = sync.NewCond(&v.mu)
	go v.read()
	return v, nil
}

// read handles what is received until the connection ends.
func (v *visitor) read() {
	defer close(v.ended)
	end, err := v.peer.read(v.handle)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.end, v.err, v.over = end, err, true
	v.changed.Broadcast()
}

// handle handles an event.
func (v *visitor) handle(e protocol.Event) {
	switch e.Kind {
	case protocol.EventMessage:
		v.mu.Lock()
		if err := v.receive(e.Opcode, e.Payload); err != nil && v.wrong == nil {
			v.wrong = err
		}
		v.changed.Broadcast()
		v.mu.Unlock()
		if v.habit == slow && strings.HasPrefix(string(e.Payload[:min(len(e.Payload), 4)]), "many") {
			time.Sleep(rand.N(4 * time.Millisecond))
		}
	case protocol.EventPeerClose:
		_ = v.peer.answerClose() // an error means that the connection has ended
	case protocol.EventPiece, protocol.EventPing, protocol.EventPong, protocol.EventFailing, protocol.EventClosed:
	}
}

// receive records a message. It returns an error if the message is unexpected. The caller holds mu.
func (v *visitor) receive(op protocol.Opcode, payload []byte) error {
	if op == protocol.Binary {
		if len(payload) < 8 {
			return fmt.Errorf("a binary message of %d bytes", len(payload))
		}
		return v.receiveEcho(int(binary.BigEndian.Uint32(payload)), int(binary.BigEndian.Uint32(payload[4:])), payload[8:])
	}
	text := string(payload)
	words := strings.SplitN(text, " ", 4)
	number := func(i int) int {
		if i < len(words) {
			if n, err := strconv.Atoi(words[i]); err == nil {
				return n
			}
		}
		return -1
	}
	switch {
	case words[0] == "echo" && len(words) == 4:
		return v.receiveEcho(number(1), number(2), []byte(words[3]))
	case words[0] == "news" && len(words) == 4:
		if before := v.news[words[1]]; len(before) > 0 && before[len(before)-1] >= number(2) {
			return fmt.Errorf("message %d of publisher %s arrives after message %d", number(2), words[1], before[len(before)-1])
		}
		v.news[words[1]] = append(v.news[words[1]], number(2))
	case words[0] == "many":
		if number(1) != v.many && (number(1) != 0 || v.c.slack() == 0) {
			return fmt.Errorf("message %d of many arrives, expected %d", number(1), v.many)
		}
		v.many = number(1) + 1
	default:
		v.got = append(v.got, text)
	}
	return nil
}

// manyMessages is the number of messages of 1 KiB that a slow visitor asks for at a time.
const manyMessages = 200

func (v *visitor) receiveEcho(handled, number int, rest []byte) error {
	if want := filler(number); string(rest) != want {
		return fmt.Errorf("the answer to message %d has %d bytes that begin with %.40q, expected %d bytes", number, len(rest), rest, len(want))
	}
	if v.many != 0 && (number == v.asked) {
		if v.many != manyMessages {
			return fmt.Errorf("of %d messages only %d arrive before the answer", manyMessages, v.many)
		}
		v.many = 0
	}
	return v.ledger.answer(number, handled, v.c.slack(), time.Now())
}

// filler is the text of a message after its number. It depends on the number, and is longer than a read for some.
func filler(number int) string {
	const words = "the quick brown fox jumps over the lazy dog while the binary is replaced "
	size := 20 + number*37%200
	if number%50 == 49 {
		size = 40 << 10
	}
	at := number % len(words)
	return strings.Repeat(words, size/len(words)+2)[at : at+size]
}

// talk sends messages, several at a time, until the traffic ends.
func (v *visitor) talk() {
	for !v.c.stopped() {
		n := 1 + rand.IntN(window)
		for range n {
			if !v.awaitWindow() {
				return
			}
			v.say()
		}
		select {
		case <-time.After(rand.N(2 * time.Duration(n) * v.c.pace)):
		case <-v.c.stop:
		}
	}
}

// awaitWindow waits until there are fewer than window unanswered messages. It returns false if that does not happen.
func (v *visitor) awaitWindow() bool {
	late := time.AfterFunc(timeout, v.changed.Broadcast)
	defer late.Stop()
	began := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.ledger.waiting) >= window && !v.over && time.Since(began) < timeout {
		v.changed.Wait()
	}
	return len(v.ledger.waiting) < window && !v.over
}

// say sends the next message.
func (v *visitor) say() {
	v.mu.Lock()
	number := v.ledger.send(time.Now())
	many := v.habit == slow && number%20 == 7
	if many {
		v.asked = number
	}
	v.mu.Unlock()
	text := []byte(fmt.Sprintf("echo %d %s", number, filler(number)))
	pause := func() { time.Sleep(rand.N(30 * time.Millisecond)) }
	third := len(text) / 3
	if many {
		text = []byte(fmt.Sprintf("many %d %s", number, filler(number)))
	}
	var err error
	switch v.habit {
	case octets:
		data := binary.BigEndian.AppendUint32(make([]byte, 4), uint32(number))
		err = v.peer.send(protocol.Binary, append(data, filler(number)...))
	case fragmented, mixed:
		err = v.peer.sendFragments(protocol.Text, pause, text[:third], text[third:2*third], text[2*third:])
	case torn:
		err = v.peer.sendTorn(protocol.Text, text, pause)
	case publishing:
		err = v.peer.send(protocol.Text, []byte(fmt.Sprintf("publish %d %s", number, filler(number))))
	case plain, compressed, slow, halfOpen, allHabits:
		err = v.peer.send(protocol.Text, text)
	}
	v.note(err)
}

// note records why sending has failed.
func (v *visitor) note(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.last == nil {
		v.last = err
	}
}

// settled reports whether all messages were answered.
func (v *visitor) settled() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.ledger.waiting) == 0
}
