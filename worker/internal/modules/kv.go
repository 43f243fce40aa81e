package modules

import (
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
)

// kvFunctions returns the functions of KV namespaces. Expirations are in seconds since 1970, 0 for none.
func (t *Table) kvFunctions() map[string]function {
	return map[string]function{
		// kvGet(namespace, key) returns the value as bytes and the metadata, undefined for no entry.
		"kvGet": func(a arguments) (engine.Value, error) {
			entry, err := t.host.KVGet(a.text(0), a.text(1))
			if entry == nil {
				return nothing, err
			}
			return engine.List(engine.Bytes(entry.Value), engine.String(entry.Metadata)), err
		},
		// kvList(namespace, prefix, after, limit) returns whether the list is complete, and then the key, expiration and metadata of each entry.
		"kvList": func(a arguments) (engine.Value, error) {
			entries, complete, err := t.host.KVList(a.text(0), a.text(1), a.text(2), a.int(3))
			list := []engine.Value{engine.Bool(complete)}
			for _, e := range entries {
				list = append(list, engine.String(e.Key), secondsOf(e.Expiration), engine.String(e.Metadata))
			}
			return engine.List(list...), err
		},
		// kvPut(number, from, namespace, key, value, metadata, expiration, ttl); kvWritten(number, …) is called later.
		"kvPut": attempt(func(a arguments) error {
			entry := script.KVEntry{Key: a.text(3), Value: a.at(4).Content(), Metadata: a.text(5)}
			switch expiration, ttl := a.int(6), a.int(7); {
			case expiration > 0:
				entry.Expiration = time.Unix(int64(expiration), 0)
			case ttl > 0:
				entry.Expiration = time.Unix(time.Now().Unix()+int64(min(ttl, maxTTL)), 0)
			}
			return t.host.KVPut(a.int(0), a.int(1), a.text(2), entry)
		}),
		// kvDelete(number, from, namespace, key); kvWritten(number, …) is called later.
		"kvDelete": attempt(func(a arguments) error { return t.host.KVDelete(a.int(0), a.int(1), a.text(2), a.text(3)) }),
	}
}

// maxTTL bounds the time to live of a value in seconds, so that its end is a valid time.
const maxTTL = 1 << 40

// secondsOf returns a time in seconds since 1970, 0 for the zero Time.
func secondsOf(t time.Time) engine.Value {
	if t.IsZero() {
		return engine.Int(0)
	}
	return engine.Number(float64(t.Unix()))
}
