package worker

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
)

// The flags that Options.CompatibilityFlags may have, as the Workers runtime names them.
const (
	autoReply   = "web_socket_auto_reply_to_close"
	manualReply = "web_socket_manual_reply_to_close"
)

// From these days on WebSocket objects behave as they do now.
const (
	blobsSince     = "2026-03-17" // binary messages are Blobs unless binaryType says otherwise
	autoReplySince = "2026-04-07" // a peer's Close is answered
)

// compatibility is what the date and the flags come to.
type compatibility struct {
	manualReply bool // the script answers a peer's Close
	binaryType  string
	undated     bool // there is no date, so that the binary type may not be what the script expects
}

// IsCompatibilityFlag reports whether Options.CompatibilityFlags may have a flag of the Workers runtime. The others have no
// meaning here.
func IsCompatibilityFlag(name string) bool { return name == autoReply || name == manualReply }

// newCompatibility reads date and flags. Without a date everything is as it is now.
func newCompatibility(date string, flags []string) (compatibility, error) {
	c := compatibility{binaryType: "blob", undated: date == ""}
	if date != "" {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return c, problem(fmt.Sprintf("the compatibility date %q is not a date: write it as 2026-11-01", date))
		}
		c.manualReply = date < autoReplySince
		if date < blobsSince {
			c.binaryType = "arraybuffer"
		}
	}
	for _, flag := range flags {
		switch flag {
		case autoReply:
			c.manualReply = false
		case manualReply:
			c.manualReply = true
		default:
			return c, problem(fmt.Sprintf("the compatibility flag %q is not known: there are %s", flag, strings.Join([]string{autoReply, manualReply}, " and ")))
		}
	}
	if slices.Contains(flags, autoReply) && slices.Contains(flags, manualReply) {
		return c, problem(fmt.Sprintf("the compatibility flags %s and %s exclude each other: give one of them", autoReply, manualReply))
	}
	return c, nil
}

// configure tells the modules what they have to know before the application's code runs.
func (in *instance) configure() error {
	c := in.app.compatibility
	return in.turn(func() error {
		return in.dispatch("configure", engine.Bool(c.manualReply), engine.String(c.binaryType),
			engine.Bool(in.app.opts.Overlap), engine.Int(int(in.app.opts.EventTimeout.Milliseconds())),
			engine.String(in.app.vars), engine.Bool(c.undated), engine.String(in.app.opts.atReload()))
	})
}

// warnOfBlob() logs, once, that a socket whose binaryType was never set has got a binary message as a Blob, although no
// compatibility date says that this is what the script expects.
func (in *instance) warnOfBlob(arguments) (engine.Value, error) {
	in.app.blobs.Do(func() {
		in.app.opts.Logger.Warn("a WebSocket got a binary message as a Blob, as in browsers: if the script expects an ArrayBuffer, set its binaryType to \"arraybuffer\"," +
			" or give the compatibility date of the project with --compatibility-date, before " + blobsSince + " for ArrayBuffers")
	})
	return nothing, nil
}
