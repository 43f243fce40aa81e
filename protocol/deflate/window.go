package deflate

// The bounds of a window: RFC 7692, section 7.1.2.
const (
	minBits = 8
	maxBits = 15
)

// Window is the LZ77 sliding window of one direction, as agreed.
type Window struct {
	// Bits is the base-2 logarithm of its size in bytes, 8 to 15; 0 means 15.
	Bits int
	// NoContextTakeover says that each message starts with an empty window.
	NoContextTakeover bool
}

func (w Window) bits() int {
	if w.Bits == 0 {
		return maxBits
	}
	return w.Bits
}

func (w Window) size() int { return 1 << w.bits() }

// history is the content of a window: the last bytes that went through it.
type history struct {
	data  []byte
	limit int
}

// add moves the window on over data. Its memory grows with what has passed and
// stays at the limit, so a connection that says little costs little.
func (h *history) add(data []byte) {
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

// last returns at most n of the newest bytes.
func (h *history) last(n int) []byte {
	return h.data[max(0, len(h.data)-n):]
}

// forget empties the window and gives its memory back.
func (h *history) forget() { h.data = nil }
