package deflate

// Prepare appends a whole message to dst, compressed once for many connections: the
// payload of one frame with RSV1 and FIN.
//
// It refers to nothing before the message, so it fits every connection on which
// compression is agreed and whose window for this direction ([Window].Bits) is at
// least as large as Options.WindowBits here; with 8 it fits all. It is the same with and without
// context takeover. Each Deflater it goes past must be told by [Deflater.Sent].
func Prepare(dst, payload []byte, o Options) []byte {
	alone := NewDeflater(Window{Bits: o.bits(), NoContextTakeover: true}, o)
	return alone.Deflate(dst, payload, true)
}
