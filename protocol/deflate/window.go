package deflate

// The smallest and largest window (RFC 7692, section 7.1.2).
const (
	minBits = 8
	maxBits = 15
)

// Window is the negotiated LZ77 sliding window of one direction.
type Window struct {
	// Bits is the base-2 logarithm of the size in bytes, 8 to 15; 0 means 15.
	Bits int
	// NoContextTakeover means that each message starts with an empty window.
	NoContextTakeover bool
}

func (w Window) bits() int {
	if w.Bits == 0 {
		return maxBits
	}
	return min(max(w.Bits, minBits), maxBits)
}

func (w Window) size() int { return 1 << w.bits() }

// history is the content of a window: the last bytes of the direction.
type history struct {
	data  []byte
	limit int // the maximum length of data
}

// write appends data and drops the oldest bytes beyond the limit. Memory grows with the
// content, so that a connection with little traffic uses little.
func (h *history) write(data []byte) {
	if over := len(data) - h.limit; over > 0 {
		data = data[over:]
	}
	if over := len(h.data) + len(data) - h.limit; over > 0 {
		h.data = h.data[:copy(h.data, h.data[over:])]
	}
	h.grow(len(h.data) + len(data))
	h.data = append(h.data, data...)
}

func (h *history) grow(need int) {
	if need <= cap(h.data) {
		return
	}
	larger := make([]byte, len(h.data), min(h.limit, max(need, 2*cap(h.data))))
	copy(larger, h.data)
	h.data = larger
}

// last returns the newest n bytes, or all if there are fewer.
func (h *history) last(n int) []byte {
	return h.data[max(0, len(h.data)-n):]
}

// reset empties the window and releases its memory.
func (h *history) reset() { h.data = nil }
