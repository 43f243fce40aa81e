package process

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/lingerws/linger/worker/internal/engine"
)

// protocolVersion is the version of the worker protocol (docs/dev/worker-protocol.md).
const protocolVersion = 1

// frameKind is the first byte of a frame.
type frameKind byte

// The kinds of frames.
const (
	frameHello     frameKind = iota // the version and values
	frameCall                       // the number of a function and its arguments
	frameAsk                        // a frameCall whose sender waits for the answer
	frameResult                     // the answer to a frameAsk: a value
	frameException                  // the answer to a frameAsk: the name and the message of an error
	frameHandled                    // a number of bytes that the child has handled
)

// The tags of values.
const (
	tagUndefined = iota
	tagNull
	tagFalse
	tagTrue
	tagInt
	tagFloat
	tagString
	tagBytes
	tagList
	tagBigInt
)

const (
	frameHead = 4  // the length of a frame
	maxDepth  = 64 // lists within lists
)

// appendFrame appends a frame whose content is appended by content.
func appendFrame(b []byte, kind frameKind, content func(b []byte) []byte) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, byte(kind))
	b = content(b)
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start-frameHead)) //nolint:gosec // checked by checkFrame
	return b
}

// appendCall appends a frameCall.
func appendCall(b []byte, function uint16, args []engine.Value) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, byte(frameCall))
	b = binary.LittleEndian.AppendUint16(b, function)
	for _, v := range args {
		b = appendValue(b, v)
	}
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start-frameHead)) //nolint:gosec // messages and bodies have limits far below
	return b
}

// appendHandled appends a frameHandled.
func appendHandled(b []byte, n int) []byte {
	b = append(b, 5, 0, 0, 0, byte(frameHandled))
	return binary.LittleEndian.AppendUint32(b, uint32(n)) //nolint:gosec // at most what was read at once
}

// frameLength returns the length of the frame that begins with b.
func frameLength(b []byte) int { return int(binary.LittleEndian.Uint32(b)) }

// appendValue appends a value. A kind that cannot be sent becomes undefined.
func appendValue(b []byte, v engine.Value) []byte {
	switch v.Kind() {
	case engine.KindNull:
		return append(b, tagNull)
	case engine.KindBool:
		if v.Bool() {
			return append(b, tagTrue)
		}
		return append(b, tagFalse)
	case engine.KindNumber:
		return appendNumber(b, v.Float())
	case engine.KindString:
		return appendContent(append(b, tagString), v.Content())
	case engine.KindBytes:
		return appendContent(append(b, tagBytes), v.Content())
	case engine.KindList:
		list := v.List()
		b = binary.LittleEndian.AppendUint32(append(b, tagList), uint32(len(list))) //nolint:gosec // as above
		for _, element := range list {
			b = appendValue(b, element)
		}
		return b
	case engine.KindBigInt:
		return binary.LittleEndian.AppendUint64(append(b, tagBigInt), uint64(v.BigInt())) //nolint:gosec // the bits
	case engine.KindUndefined, engine.KindFunction, engine.KindBuffer:
	}
	return append(b, tagUndefined)
}

// appendNumber appends a number in the shorter form.
func appendNumber(b []byte, f float64) []byte {
	if n := int32(f); float64(n) == f && (n != 0 || !math.Signbit(f)) {
		return binary.LittleEndian.AppendUint32(append(b, tagInt), uint32(n)) //nolint:gosec // the bits
	}
	return binary.LittleEndian.AppendUint64(append(b, tagFloat), math.Float64bits(f))
}

func appendContent(b, content []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content))) //nolint:gosec // as above
	return append(b, content...)
}

// errFrame is the error for a frame that does not follow the protocol.
var errFrame = errors.New("a frame does not follow the worker protocol")

// content reads the content of a frame. Strings and bytes refer to data. After an error all results are zero.
type content struct {
	data []byte
	err  error
}

// take returns the next n bytes, nil if there are fewer.
func (c *content) take(n int) []byte {
	if n < 0 || n > len(c.data) {
		c.fail("it ends early")
		return nil
	}
	b := c.data[:n:n]
	c.data = c.data[n:]
	return b
}

func (c *content) fail(what string) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s", errFrame, what)
	}
	c.data = nil
}

func (c *content) uint16() uint16 {
	b := c.take(2)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint16(b)
}

func (c *content) uint32() uint32 {
	b := c.take(4)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

func (c *content) uint64() uint64 {
	b := c.take(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// values appends the values up to the end of the frame to list.
func (c *content) values(list []engine.Value) []engine.Value {
	for len(c.data) > 0 {
		list = append(list, c.value(0))
	}
	return list
}

// value reads a value within depth lists.
func (c *content) value(depth int) engine.Value {
	tag := c.take(1)
	if tag == nil {
		return engine.Undefined()
	}
	switch tag[0] {
	case tagUndefined:
		return engine.Undefined()
	case tagNull:
		return engine.Null()
	case tagFalse:
		return engine.Bool(false)
	case tagTrue:
		return engine.Bool(true)
	case tagInt:
		return engine.Int(int(int32(c.uint32()))) //nolint:gosec // the bits
	case tagFloat:
		return engine.Number(math.Float64frombits(c.uint64()))
	case tagString:
		return engine.Text(c.take(int(c.uint32())))
	case tagBytes:
		return engine.Bytes(c.take(int(c.uint32())))
	case tagList:
		return c.list(depth + 1)
	case tagBigInt:
		return engine.BigInt(int64(c.uint64())) //nolint:gosec // the bits
	}
	c.fail(fmt.Sprintf("there is no value with the tag %d", tag[0]))
	return engine.Undefined()
}

func (c *content) list(depth int) engine.Value {
	n := int(c.uint32())
	switch {
	case depth > maxDepth:
		c.fail("lists are nested too deeply")
	case n > len(c.data): // each element has a byte at least
		c.fail("it ends early")
	}
	if c.err != nil {
		return engine.Undefined()
	}
	list := make([]engine.Value, 0, n)
	for range n {
		list = append(list, c.value(depth))
	}
	return engine.List(list...)
}
