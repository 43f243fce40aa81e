package admin

import (
	"slices"
	"sync"
	"time"
)

const (
	maxTimeline   = 500
	maxFailures   = 100
	maxEntryText  = 4 << 10 // bytes
	similarWithin = 32      // entries, among which a repetition is searched
)

// history is a bounded list of entries. Beyond the bound the oldest is removed.
type history struct {
	bound int

	mu      sync.Mutex
	entries []Entry // in the order of their last repetition
}

// add adds an entry, or counts it if a similar one is among the last. It returns what the list has then.
func (h *history) add(e Entry) Entry {
	e.Time = time.Now()
	e.Last, e.Count = e.Time, 1
	e.Text = cut(e.Text, maxEntryText)
	h.mu.Lock()
	defer h.mu.Unlock()
	first := max(0, len(h.entries)-similarWithin)
	if i := slices.IndexFunc(h.entries[first:], e.isSimilar); i >= 0 {
		last := h.entries[first+i]
		e.Time, e.Count = last.Time, last.Count+1
		h.entries = slices.Delete(h.entries, first+i, first+i+1)
	}
	if len(h.entries) == h.bound {
		h.entries = slices.Delete(h.entries, 0, 1)
	}
	h.entries = append(h.entries, e)
	return e
}

// isSimilar reports whether two entries are repetitions of the same. The worker and the connection may differ.
func (e Entry) isSimilar(other Entry) bool {
	return e.Kind == other.Kind && e.OK == other.OK && e.Text == other.Text && e.Reason == other.Reason && e.At == other.At &&
		e.Event == other.Event && e.Generation == other.Generation
}

// newest returns the last entries, newest first.
func (h *history) newest(n int) []Entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := slices.Clone(h.entries[max(0, len(h.entries)-n):])
	slices.Reverse(list)
	if list == nil {
		return []Entry{} // [] in JSON, not null
	}
	return list
}

// cut returns the first bytes of a text, without a part of a character at the end.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && text[limit]&0xc0 == 0x80 { // a byte of a character that begins before
		limit--
	}
	return text[:limit]
}
