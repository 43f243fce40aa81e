package worker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The flags of the Workers runtime that Options.CompatibilityFlags may contain.
const (
	autoReply     = "web_socket_auto_reply_to_close"
	manualReply   = "web_socket_manual_reply_to_close"
	navigations   = "assets_navigation_prefers_asset_serving"
	noNavigations = "assets_navigation_has_no_effect"
)

// The compatibility dates from which the newest behaviour applies.
const (
	blobsSince     = "2026-03-17" // binary messages are Blobs by default
	autoReplySince = "2026-04-07" // WebSocket objects answer a peer's Close

	navigationsSince = "2025-04-01" // the requests with which a browser loads a page get the page for files that do not exist
)

// compatibility is the behaviour that the compatibility date and flags select.
type compatibility struct {
	manualReply bool   // WebSocket objects do not answer a peer's Close; the script does
	binaryType  string // the initial binaryType of WebSocket objects
	navigations bool   // the requests with which a browser loads a page get the page for files that do not exist, before the script
	undated     bool   // no date is given, so the script may expect another binaryType
}

// compatibilityFlags are the flags in pairs that exclude each other.
var compatibilityFlags = [][2]string{{autoReply, manualReply}, {navigations, noNavigations}}

// IsCompatibilityFlag reports whether name is a flag of the Workers runtime that Options.CompatibilityFlags may contain.
func IsCompatibilityFlag(name string) bool {
	return slices.ContainsFunc(compatibilityFlags, func(pair [2]string) bool { return slices.Contains(pair[:], name) })
}

// newCompatibility returns the behaviour for a date and flags. Without a date it is the newest.
func newCompatibility(date string, flags []string) (compatibility, error) {
	c := compatibility{binaryType: "blob", navigations: true, undated: date == ""}
	if date != "" {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return c, problem(fmt.Sprintf("the compatibility date %q is not a date: write it as 2026-11-01", date))
		}
		c.manualReply = date < autoReplySince
		c.navigations = date >= navigationsSince
		if date < blobsSince {
			c.binaryType = "arraybuffer"
		}
	}
	for _, flag := range flags {
		switch flag {
		case autoReply, manualReply:
			c.manualReply = flag == manualReply
		case navigations, noNavigations:
			c.navigations = flag == navigations
		default:
			return c, problem(fmt.Sprintf("the compatibility flag %q is not known: there are %s", flag, knownFlags()))
		}
	}
	for _, pair := range compatibilityFlags {
		if slices.Contains(flags, pair[0]) && slices.Contains(flags, pair[1]) {
			return c, problem(fmt.Sprintf("the compatibility flags %s and %s exclude each other: give one of them", pair[0], pair[1]))
		}
	}
	return c, nil
}

// knownFlags returns all flags as text.
func knownFlags() string {
	var all []string
	for _, pair := range compatibilityFlags {
		all = append(all, pair[:]...)
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// varsText returns variables as JSON. The error contains no values.
func varsText(vars map[string]any) (string, error) {
	if len(vars) == 0 {
		return "{}", nil
	}
	for name, value := range vars {
		if _, err := json.Marshal(value); err != nil {
			return "", problem("the variable " + name + " has a value that JSON cannot represent: use strings, numbers, booleans, arrays and objects")
		}
	}
	text, err := json.Marshal(vars)
	return string(text), err
}
