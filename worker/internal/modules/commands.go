package modules

import (
	"maps"
	"slices"
	"strings"
)

// IsCommand reports whether a function that the modules call has no result and cannot fail, so that a runtime in another process need
// not wait for it.
func IsCommand(name string) bool { return commands[name] }

// Commands returns the names of these functions.
func Commands() []string { return slices.Sorted(maps.Keys(commands)) }

// commands has the names of the functions that are made with command.
var commands = set(
	"refusePlain", "done", "extend", "unanswered", "ignored", "warnOfBlob", "evicted", "unsubscribe",
	"countConnections", "listMembers",
	"cancelFetch", "cancelBody", "endBody", "abortBody", "publish", "listen",
	"socketSend", "socketClose", "socketAnswerClose", "socketAbort",
	"setObjectAutoResponse", "setSocketEventTimeout", "abortSockets", "setAttachment", "storageSync", "sqlClose",
	"holdReference", "releaseReference", "dropReference",
)

// UsesStorage reports whether a function that the modules call uses the storage of an object. What a turn has written is committed at its
// end.
func UsesStorage(name string) bool {
	return !commands[name] && (strings.HasPrefix(name, "storage") || strings.HasPrefix(name, "sql"))
}

// BelongsToEvent reports whether the first argument of a function that the modules expose is the number of an event, which ends if the
// function throws.
func BelongsToEvent(function string) bool { return ofEvents[function] }

// OfEvents returns the names of these functions.
func OfEvents() []string { return slices.Sorted(maps.Keys(ofEvents)) }

var ofEvents = set(
	"message", "messages", "upgrade", "fetch", "peerclose", "drain", "close", "lifecycle", "scheduled", "presenceChanged",
	"socketOpen", "socketMessage", "socketPeerClose", "socketEnd", "hibernatableMessage", "hibernatableClose",
	"objectFetch", "objectCall", "objectAlarm", "entrypointCall", "entrypointFetch", "referenceCall",
)

// EndsByResult reports whether the result true of a function that the modules expose means that the listeners of its event are done.
func EndsByResult(function string) bool { return endsByResult[function] }

// EndingByResult returns the names of these functions.
func EndingByResult() []string { return slices.Sorted(maps.Keys(endsByResult)) }

var endsByResult = set("message", "hibernatableMessage", "hibernatableClose")

func set(names ...string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, name := range names {
		all[name] = true
	}
	return all
}
