package handover

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	readSize = 256 << 10 // room for one read
	// maxHeldRights is how many descriptors may have been received before the messages to which they belong.
	maxHeldRights = 4096
)

// reader is the part of a link that one goroutine reads with.
type reader struct {
	buffer  []byte
	in      []byte // part of buffer: bytes that have not been parsed
	control []byte
	rights  []int // descriptors that have been received before their messages
	last    message
}

// receive returns the next message, which is valid until the next call. The caller owns its file. At the end of the link the error is [io.EOF], or
// [io.ErrUnexpectedEOF] within a message.
func (l *link) receive() (*message, error) {
	r := &l.reader
	for {
		if m, n, err := r.parse(); m != nil || err != nil {
			r.in = r.in[n:]
			return m, err
		}
		if err := l.fill(); err != nil {
			if err == io.EOF && len(r.in) > 0 { //nolint:errorlint // ReadMsgUnix returns it so
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// parse returns the message at the beginning of in and its size, or nil if it is not complete.
func (r *reader) parse() (*message, int, error) {
	if len(r.in) < headerSize {
		return nil, 0, nil
	}
	length, k, files := binary.BigEndian.Uint32(r.in), kind(r.in[4]), r.in[5]
	if length > MaxMessage || files > 1 || k == 0 || k > kindBye {
		return nil, 0, &Error{Reason: ReasonLink, Text: fmt.Sprintf("the header of a message is %x, which is malformed", r.in[:headerSize])}
	}
	end := headerSize + int(length)
	if len(r.in) < end {
		return nil, 0, nil
	}
	m := &r.last
	if err := m.parse(k, r.in[headerSize:end]); err != nil {
		return nil, 0, &Error{Reason: ReasonLink, Text: fmt.Sprintf("a message of kind %d is malformed", k), Err: err}
	}
	if files == 1 {
		if len(r.rights) == 0 {
			return nil, 0, &Error{Reason: ReasonLink, Text: fmt.Sprintf("the descriptor of a message of kind %d has not arrived", k)}
		}
		m.rights, m.file, r.rights = true, r.rights[0], r.rights[1:]
	}
	return m, end, nil
}

// fill reads more bytes. The room grows with what has arrived, not with what a header promises.
func (l *link) fill() error {
	r := &l.reader
	if r.control == nil {
		r.control = make([]byte, rightsSize)
	}
	if room := cap(r.in) - len(r.in); room < readSize/2 {
		if need := len(r.in) + readSize; need > len(r.buffer) {
			r.buffer = make([]byte, max(need, 2*len(r.in)))
		}
		r.in = r.buffer[:copy(r.buffer, r.in)]
	}
	n, controls, flags, _, err := l.conn.ReadMsgUnix(r.in[len(r.in):cap(r.in)], r.control)
	if controls > 0 || flags != 0 {
		files, err := parseRights(r.control[:controls], flags)
		if err != nil {
			return &Error{Reason: ReasonLink, Err: err}
		}
		r.rights = append(r.rights, files...)
	}
	switch {
	case err != nil:
		return err
	case n == 0:
		return io.EOF
	case len(r.rights) > maxHeldRights:
		return &Error{Reason: ReasonLink, Text: fmt.Sprintf("%d descriptors have arrived without messages to which they belong", len(r.rights))}
	}
	r.in = r.in[:len(r.in)+n]
	return nil
}

// closeRights closes the descriptors that belong to no message. It is called after the last read.
func (r *reader) closeRights() {
	for _, file := range r.rights {
		closeFile(file)
	}
	r.rights = nil
}

// close closes the descriptor of a message, unless the descriptor has been taken.
func (m *message) close() {
	if m.file >= 0 {
		closeFile(m.file)
		m.file = -1
	}
}
