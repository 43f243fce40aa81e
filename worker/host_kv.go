package worker

import (
	"cmp"
	"time"

	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// openNamespaces opens the KV namespaces of the bindings. Those with the same ID are one.
func (a *App) openNamespaces() error {
	a.namespaces = map[string]*storage.KV{}
	for _, b := range a.opts.Bindings.KV {
		id := b.namespace()
		if a.namespaces[id] != nil {
			continue
		}
		kv, err := a.store.KV(id)
		if err != nil {
			return problem("the KV namespace " + b.Name + ": " + err.Error())
		}
		a.namespaces[id] = kv
	}
	return nil
}

// namespace returns the ID of the namespace.
func (b *KVNamespace) namespace() string { return cmp.Or(b.ID, b.Name) }

// KVGet implements [script.KVRequests].
func (h *hostAPI) KVGet(namespace, key string) (*script.KVEntry, error) {
	entry, err := h.app.namespaces[namespace].Get(key, time.Now())
	if entry == nil || err != nil {
		return nil, kvError(err)
	}
	found := script.KVEntry(*entry)
	return &found, nil
}

// KVList implements [script.KVRequests].
func (h *hostAPI) KVList(namespace, prefix, after string, limit int) (entries []script.KVEntry, complete bool, err error) {
	list, complete, err := h.app.namespaces[namespace].List(prefix, after, limit, time.Now())
	for _, e := range list {
		entries = append(entries, script.KVEntry(e))
	}
	return entries, complete, kvError(err)
}

// KVPut implements [script.KVRequests].
func (h *hostAPI) KVPut(number, from int, namespace string, entry script.KVEntry) error {
	h.writeKV(number, from, func(done func(error)) error {
		return h.app.namespaces[namespace].Put(storage.Entry(entry), time.Now(), done)
	})
	return nil
}

// KVDelete implements [script.KVRequests].
func (h *hostAPI) KVDelete(number, from int, namespace, key string) error {
	h.writeKV(number, from, func(done func(error)) error { return h.app.namespaces[namespace].Delete(key, done) })
	return nil
}

// writeKV starts a write, through the output gate of the object that writes, and passes its end to the script.
func (h *hostAPI) writeKV(number, from int, start func(done func(error)) error) {
	h.kvWrites++
	settle := func(err error) {
		written := &script.KVWritten{Number: number}
		if err != nil {
			written.Failure = kvFailure
			h.app.opts.Logger.Error("KV namespace cannot be written", "error", err)
		}
		h.arrivals.Add(loop.Arrival{Drop: func() {}, Run: func() error {
			h.kvWrites--
			return h.caller.dispatchInTurn(written)
		}})
	}
	h.pass(from, func(err error) {
		if err == nil {
			err = start(settle)
		}
		if err != nil {
			settle(err)
		}
	})
}

// kvFailure is the message that a script gets if a KV namespace cannot be read or written. The log has the reason.
const kvFailure = "KV namespace is not available: its storage has failed"

// kvError returns the error that a script gets for a failure of the storage.
func kvError(err error) error {
	if err == nil {
		return nil
	}
	return &script.Throw{Name: "Error", Message: kvFailure + ": " + err.Error()}
}
