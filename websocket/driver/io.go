package driver

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/lingerws/linger/websocket/internal/uring"
)

// IO is a way to read and write transports; docs/io.md describes them. A way that the transport or the system does not have
// is replaced by the next one in this order: ring, readiness, blocking. All of them have the same behaviour.
type IO uint8

const (
	// IOAuto is the way of the loop group, or, if that has none, the one that costs least.
	IOAuto IO = iota

	// IORing is IOReadiness with an io_uring, which carries out many system calls of an event loop at once. It is
	// for plain TCP on Linux 5.6 and later, if io_uring is permitted.
	IORing

	// IOReadiness has event loops, which read when the kernel reports that there is something to read. It is for
	// plain TCP on Linux.
	IOReadiness

	// IOBlocking has a goroutine for each connection, which blocks until there is something to read.
	IOBlocking
)

var ioNames = [...]string{IOAuto: "auto", IORing: "ring", IOReadiness: "readiness", IOBlocking: "blocking"}

// String returns the name that UnmarshalText accepts.
func (io IO) String() string {
	if int(io) < len(ioNames) {
		return ioNames[io]
	}
	return fmt.Sprintf("IO(%d)", uint8(io))
}

// MarshalText implements [encoding.TextMarshaler].
func (io IO) MarshalText() ([]byte, error) { return []byte(io.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. The names are auto, ring, readiness and blocking.
func (io *IO) UnmarshalText(text []byte) error {
	for i, name := range ioNames {
		if name == string(text) {
			*io = IO(i) //nolint:gosec // there are four
			return nil
		}
	}
	return fmt.Errorf("driver: unknown way of input and output %q: expected %s", text, strings.Join(ioNames[:], ", "))
}

// CheckRings reports whether this process can use [IORing]. The error contains what prevents it and what can be done; it wraps
// [errors.ErrUnsupported] on other systems than Linux.
func CheckRings() error { return uring.Available() }

// bestIO is what IOAuto stands for.
const bestIO = IORing

// blocking reports whether a connection with these options does without event loops.
func (o *Options) blocking() bool { return o.io() == IOBlocking }

// io returns the selected way, which is not IOAuto.
func (o *Options) io() IO { return cmp.Or(o.IO, o.loopGroup().IO, bestIO) }
