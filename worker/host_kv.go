package worker

import (
	"cmp"
	"errors"
	"time"

	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// openNamespaces opens the KV namespaces of the bindings. Those with the same ID are one.
func (a *App) openNamespaces(d *openedData) error {
	d.namespaces = map[string]*storage.KV{}
	for _, b := range a.opts.Bindings.KV {
		id := b.namespace()
		if d.namespaces[id] != nil {
			continue
		}
		kv, err := d.store.KV(id)
		if err != nil {
			return problem("the KV namespace " + b.Name + ": " + err.Error())
		}
		d.namespaces[id] = kv
	}
	return nil
}

// namespace returns the ID of the namespace.
func (b *KVNamespace) namespace() string { return cmp.Or(b.ID, b.Name) }

// KVGet implements [script.KVRequests].
func (h *hostAPI) KVGet(namespace, key string) (*script.KVEntry, error) {
	data, err := h.app.data.acquire(h.app.isLoaded())
	if err != nil {
		return nil, err
	}
	defer h.app.data.release()
	entry, err := data.namespaces[namespace].Get(key, time.Now())
	if entry == nil || err != nil {
		return nil, kvError(err)
	}
	found := script.KVEntry(*entry)
	return &found, nil
}

// KVList implements [script.KVRequests].
func (h *hostAPI) KVList(namespace, prefix, after string, limit int) (entries []script.KVEntry, complete bool, err error) {
	data, err := h.app.data.acquire(h.app.isLoaded())
	if err != nil {
		return nil, false, err
	}
	defer h.app.data.release()
	list, complete, err := data.namespaces[namespace].List(prefix, after, limit, time.Now())
	for _, e := range list {
		entries = append(entries, script.KVEntry(e))
	}
	return entries, complete, kvError(err)
}

// KVPut implements [script.KVRequests].
func (h *hostAPI) KVPut(number, from int, namespace string, entry script.KVEntry) error {
	h.writeKV(number, from, namespace, func(kv *storage.KV, done func(error)) error { return kv.Put(storage.Entry(entry), time.Now(), done) })
	return nil
}

// KVDelete implements [script.KVRequests].
func (h *hostAPI) KVDelete(number, from int, namespace, key string) error {
	h.writeKV(number, from, namespace, func(kv *storage.KV, done func(error)) error { return kv.Delete(key, done) })
	return nil
}

// writeKV starts a write, through the output gate of the object that writes, and passes its end to the script.
func (h *hostAPI) writeKV(number, from int, namespace string, write func(kv *storage.KV, done func(error)) error) {
	h.kvWrites++
	settle := func(err error) {
		written := &script.KVWritten{Number: number}
		if moved, isThrow := errors.AsType[*script.Throw](err); isThrow {
			written.Failure = moved.Message
		} else if err != nil {
			written.Failure = kvFailure
			h.app.opts.Logger.Error("KV namespace cannot be written", "error", err)
		}
		h.arrivals.Add(loop.Arrival{Drop: func() {}, Run: func() error {
			h.kvWrites--
			return h.caller.dispatchInTurn(written)
		}})
	}
	start := func(patient bool) error {
		data, err := h.app.data.acquire(patient)
		if err != nil {
			return err
		}
		defer h.app.data.release()
		return write(data.namespaces[namespace], settle)
	}
	h.pass(from, func(err error) {
		if err == nil {
			err = start(false)
		}
		switch {
		case err == nil:
		case errors.Is(err, errDataLoading) && h.app.isLoaded(): // the gate must not wait
			go func() {
				if err := start(true); err != nil {
					settle(err)
				}
			}()
		default:
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
