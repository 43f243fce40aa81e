package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lingerws/linger/internal/ident"
)

// subjects are the NATS subjects of a cluster. All of them begin with its name:
//
//	NAME.topic.TOPIC                               publications
//	NAME.service.NODE.INCARNATION.SERVICE          records for a service
//	NAME.response.NODE.INCARNATION.NUMBER          responses to calls
//	NAME.answer.NODE.INCARNATION.NUMBER            answers of the storage
//	NAME.members                                   heartbeats
//	NAME.log.NAME OF A LOG                         the stream of logs
//	$KV.NAME.KEY                                   the bucket of the store
type subjects struct{ prefix string }

func (s subjects) members() string { return s.prefix + ".members" }

func (s subjects) topic(topic string) string { return s.prefix + ".topic." + escape(topic) }

func (s subjects) service(to address, service string) string {
	return s.prefix + ".service." + to.String() + "." + service
}

func (s subjects) response(to address, number string) string {
	return s.prefix + ".response." + to.String() + "." + number
}

func (s subjects) answer(to address, number string) string {
	return s.prefix + ".answer." + to.String() + "." + number
}

func (s subjects) log(name string) string { return s.prefix + ".log." + escapePath(name) }

func (s subjects) key(key string) string { return s.keys() + escapePath(key) }

// keys is what the subjects of all keys begin with.
func (s subjects) keys() string { return "$KV." + s.prefix + "." }

func (s subjects) bucketStream() string { return "KV_" + s.prefix }

func (s subjects) logStream() string { return s.prefix + "-log" }

// keysBelow returns a pattern for all keys with a prefix. It may have others too.
func (s subjects) keysBelow(prefix string) string {
	i := strings.LastIndexByte(prefix, '/')
	if i < 0 {
		return s.keys() + ">"
	}
	return s.key(prefix[:i]) + ".>"
}

// address identifies a process of a node. A process that replaces another one has the same node and another incarnation.
type address struct {
	node        string
	incarnation uint64 // random, not 0
}

func (a address) String() string { return a.node + "." + strconv.FormatUint(a.incarnation, 36) }

// escape returns any text as one token of a subject. ASCII letters, digits, '-', '_', '/' and ':' stay as they are.
func escape(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := range len(text) {
		if c := text[i]; isLetterOrDigit(c) || strings.IndexByte("-_/:", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

func isLetterOrDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// escapePath returns a key, or the name of a log, as tokens of a subject, one for each of its parts between '/'.
func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if parts[i] = escape(part); part == "" {
			parts[i] = "=" // a token is not empty
		}
	}
	return strings.Join(parts, ".")
}

// unescapePath is the inverse of escapePath.
func unescapePath(tokens string) (string, bool) {
	parts := strings.Split(tokens, ".")
	for i, token := range parts {
		if token == "=" {
			parts[i] = ""
			continue
		}
		part, ok := unescape(token)
		if !ok {
			return "", false
		}
		parts[i] = part
	}
	return strings.Join(parts, "/"), true
}

func unescape(token string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(token); i++ {
		if token[i] != '=' {
			b.WriteByte(token[i])
			continue
		}
		if i+3 > len(token) {
			return "", false
		}
		c, err := strconv.ParseUint(token[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		b.WriteByte(byte(c))
		i += 2
	}
	return b.String(), true
}

// checkPath returns ErrName unless a key or the name of a log has the characters and the length that are allowed.
func checkPath(path string) error {
	ok := len(path) >= 1 && len(path) <= 200
	for i := range len(path) {
		ok = ok && (isLetterOrDigit(path[i]) || strings.IndexByte("-_=/.", path[i]) >= 0)
	}
	if !ok {
		return fmt.Errorf("%w: %.210q, expected 1 to 200 ASCII letters, digits, '-', '_', '=', '/' and '.'", ErrName, path)
	}
	return nil
}

func checkTopic(topic string) error {
	if len(topic) < 1 || len(topic) > 300 {
		return fmt.Errorf("%w: a topic has 1 to 300 bytes, not %d", ErrName, len(topic))
	}
	return nil
}

func checkService(service string) error {
	if len(service) < 1 || len(service) > 32 || strings.Trim(service, "abcdefghijklmnopqrstuvwxyz") != "" {
		return fmt.Errorf("%w: a service has 1 to 32 lower-case letters, unlike %.40q", ErrName, service)
	}
	return nil
}

// checkNode reports whether a name that another node has sent may be that of a node.
func checkNode(name string) bool { return ident.IsNode(name) }
