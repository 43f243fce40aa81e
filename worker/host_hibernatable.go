package worker

import (
	"slices"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// ObjectNames implements [script.ObjectCalls].
func (h *hostAPI) ObjectNames(object int) script.ObjectRef {
	if o := h.app.objects.find(object); o != nil {
		return o.target().ObjectRef
	}
	return script.ObjectRef{}
}

// Hibernate implements [script.ObjectSocketCalls].
func (h *hostAPI) Hibernate(object int, tags []string) (socket, offer int, err error) {
	o := h.app.objects.find(object)
	if o == nil {
		return 0, 0, &script.Throw{Name: "Error", Message: objectUpdated}
	}
	s, offer, err := o.hibernate(tags)
	if err != nil {
		return 0, 0, err
	}
	return s.number, offer, nil
}

// Hibernatables implements [script.ObjectSocketCalls].
func (h *hostAPI) Hibernatables(object int, tag string, tagged bool) (numbers []int) {
	o := h.app.objects.find(object)
	if o == nil {
		return nil
	}
	for _, s := range o.sockets.list() {
		if incoming, outgoing := s.halves(); (incoming || outgoing) && (!tagged || slices.Contains(s.tags, tag)) {
			numbers = append(numbers, s.number)
		}
	}
	return numbers
}

// Halves implements [script.ObjectSocketCalls].
func (h *hostAPI) Halves(socket int) (incoming, outgoing bool) {
	if s := h.app.objects.hibernatables.find(socket); s != nil {
		return s.halves()
	}
	return false, false
}

// Tags implements [script.ObjectSocketCalls].
func (h *hostAPI) Tags(socket int) []string {
	if s := h.app.objects.hibernatables.find(socket); s != nil {
		return s.tags
	}
	return nil
}

// Attachment implements [script.ObjectSocketCalls].
func (h *hostAPI) Attachment(socket int) (string, bool) {
	s := h.app.objects.hibernatables.find(socket)
	if s == nil {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attachment == nil {
		return "", false
	}
	return *s.attachment, true
}

// SetAttachment implements [script.ObjectSocketCalls].
func (h *hostAPI) SetAttachment(socket int, text string) {
	if s := h.app.objects.hibernatables.find(socket); s != nil {
		s.setAttachment(&text)
		if d := s.late.distantConnection(); d != nil {
			d.setAttachment(text)
		}
	}
}

// SetObjectAutoResponse implements [script.ObjectSocketCalls].
func (h *hostAPI) SetObjectAutoResponse(object int, response *script.AutoResponse) {
	if o := h.app.objects.find(object); o != nil {
		if last := o.sockets.autoResponse.Swap(response); last == nil || response == nil || *last != *response {
			o.shareSettings()
		}
	}
}

// ObjectAutoResponse implements [script.ObjectSocketCalls].
func (h *hostAPI) ObjectAutoResponse(object int) *script.AutoResponse {
	if o := h.app.objects.find(object); o != nil {
		return o.sockets.autoResponse.Load()
	}
	return nil
}

// AutoResponseTime implements [script.ObjectSocketCalls].
func (h *hostAPI) AutoResponseTime(socket int) time.Time {
	s := h.app.objects.hibernatables.find(socket)
	if s == nil || s.respondedAt.Load() == 0 {
		return time.Time{}
	}
	return time.UnixMilli(s.respondedAt.Load())
}

// SetSocketEventTimeout implements [script.ObjectSocketCalls].
func (h *hostAPI) SetSocketEventTimeout(object int, timeout time.Duration) {
	if o := h.app.objects.find(object); o != nil {
		if o.sockets.eventTimeout.Swap(int64(timeout)) != int64(timeout) {
			o.shareSettings()
		}
	}
}

// SocketEventTimeout implements [script.ObjectSocketCalls].
func (h *hostAPI) SocketEventTimeout(object int) time.Duration {
	if o := h.app.objects.find(object); o != nil {
		return time.Duration(o.sockets.eventTimeout.Load())
	}
	return 0
}

// AbortSockets implements [script.ObjectSocketCalls].
func (h *hostAPI) AbortSockets(object int) {
	if o := h.app.objects.find(object); o != nil {
		for _, s := range o.sockets.list() {
			s.abort()
		}
	}
}
