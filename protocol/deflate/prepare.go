package deflate

// Prepare appends the compressed form of a complete message to dst, for sending on many
// connections, and returns the extended slice. It is the payload of one frame with RSV1
// and FIN.
//
// The result does not refer to earlier messages, so it can be sent on every connection
// with compression whose window in this direction ([Window].Bits) is at least
// o.WindowBits, with or without context takeover. With 8 it can be sent on all. After
// sending it call [Deflater.Sent] of the connection's Deflater.
func Prepare(dst, payload []byte, o Options) []byte {
	alone := NewDeflater(Window{Bits: o.bits(), NoContextTakeover: true}, o)
	return alone.Deflate(dst, payload, true)
}
