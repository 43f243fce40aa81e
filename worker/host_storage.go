package worker

import (
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// UseStorage implements [script.StorageCalls].
func (h *hostAPI) UseStorage(object int, unconfirmed bool, use func(*storage.Object) error) error {
	return h.caller.useStorage(object, unconfirmed, use)
}

// AlarmChanged implements [script.StorageCalls].
func (h *hostAPI) AlarmChanged(object int) { h.caller.alarmChanged(object) }

// IsAlarmHandled implements [script.StorageCalls].
func (h *hostAPI) IsAlarmHandled(object int) bool { return h.caller.isAlarmHandled(object) }

// EndTurn implements [script.StorageCalls].
func (h *hostAPI) EndTurn() { h.caller.commitWrites(nil) }

// Sync implements [script.StorageCalls].
func (h *hostAPI) Sync(number, object int) {
	h.pass(object, func(err error) {
		synced := &script.Synced{Number: number}
		if err != nil {
			synced.Failure = objectLost
		}
		h.Enqueue(func() error { return h.caller.dispatchInTurn(synced) })
	})
}
