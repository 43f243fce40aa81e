// Package deflate is permessage-deflate, RFC 7692: its negotiation as checks on
// parameters, and its compression as functions from bytes to bytes.
//
// A server reads an offer with [Accept]; a client makes one with [Offer] and judges
// the answer with [Confirm]. Each yields [Params]: one [Window] per direction. A
// [Deflater] is made from the window of the direction one sends in, an [Inflater]
// from the other:
//
//	params, answer, ok := deflate.Accept(offer, options)
//	out := deflate.NewDeflater(params.Server, options)
//	in := deflate.NewInflater(params.Client)
//
// # Memory
//
// Between two messages a Deflater or Inflater holds the last bytes of its
// direction, at most 1<<Window.Bits of them and only as many as have passed, and
// nothing without context takeover. What compresses and decompresses, half a
// megabyte and 45 KiB, is shared by all connections and lent for one call. No more
// than two per processor are ever lent; who comes later waits for a call to end.
package deflate
