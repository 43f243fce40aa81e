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
// nothing without context takeover. Measured for both directions of an idle
// connection: 64 KiB with 15 bits, 8 KiB with 12, 128 bytes without takeover.
//
// What compresses (0.9 MB at level 1, 1.5 MB at level 9) and what inflates (38 KiB)
// is shared by all connections and lent for one call. Idle states are freed by the
// garbage collector. No call waits for another, so as many states are in use as calls
// run at once: a caller with many goroutines bounds the calls of [Deflater.Deflate]
// and [Prepare], and does so before it takes a lock.
package deflate
