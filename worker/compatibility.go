package worker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The flags that Options.CompatibilityFlags may have, as the Workers runtime names them.
const (
	autoReply   = "web_socket_auto_reply_to_close"
	manualReply = "web_socket_manual_reply_to_close"
)

// The first compatibility dates with the behaviour of today.
const (
	blobsSince     = "2026-03-17" // binary messages are Blobs unless binaryType says otherwise
	autoReplySince = "2026-04-07" // a peer's Close is answered
)

// compatibility is the behaviour that the compatibility date and flags select.
type compatibility struct {
	manualReply bool // the script answers a peer's Close
	binaryType  string
	undated     bool // there is no date, so the binary type may not be the one that the script expects
}

// IsCompatibilityFlag reports whether a flag of the Workers runtime has a meaning here and may be in
// Options.CompatibilityFlags.
func IsCompatibilityFlag(name string) bool { return name == autoReply || name == manualReply }

// newCompatibility reads date and flags. Without a date the behaviour is that of today.
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

// varsText returns variables as JSON. The error contains no values.
func varsText(vars map[string]any) (string, error) {
	if len(vars) == 0 {
		return "{}", nil
	}
	for name, value := range vars {
		if _, err := json.Marshal(value); err != nil {
			return "", problem("the variable " + name + " has a value that JSON cannot carry: use strings, numbers, booleans, arrays and objects")
		}
	}
	text, err := json.Marshal(vars)
	return string(text), err
}
