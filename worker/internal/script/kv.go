package script

import "time"

// KVRequests are the functions of KV namespaces. Reads return at once; writes are answered with a [KVWritten] event. An error that is a *[Throw]
// is thrown in the script.
type KVRequests interface {
	// KVGet returns the entry of a key, nil if there is none.
	KVGet(namespace, key string) (*KVEntry, error)

	// KVList returns the keys that begin with prefix and come after a key, in the order of their bytes: at most limit, without values.
	// complete means that there are no more.
	KVList(namespace, prefix, after string, limit int) (keys []KVEntry, complete bool, err error)

	// KVPut sets the entry of a key. number identifies the write in the answer, and from is the number of the object that writes, 0 for none.
	KVPut(number, from int, namespace string, entry KVEntry) error

	// KVDelete deletes a key. A key that does not exist is not an error.
	KVDelete(number, from int, namespace, key string) error
}

// KVEntry is a key of a KV namespace with its value.
type KVEntry struct {
	Key        string
	Value      []byte
	Metadata   string    // JSON; "" for none
	Expiration time.Time // when the entry ends; the zero Time for never
}

// KVWritten reports that a write of a KV namespace is durable, or has failed.
type KVWritten struct {
	Number  int
	Failure string // "" for none
}

func (*KVWritten) isEvent() {}
