// Package deflate implements permessage-deflate (RFC 7692): the negotiation of its
// parameters, and the compression of messages.
//
// A server answers an offer with [Accept]; a client makes one with [Offer] and checks
// the answer with [Confirm]. The result is [Params], which has one [Window] for each
// direction. Each end creates a [Deflater] for the direction in which it sends and an
// [Inflater] for the other. On a server:
//
//	params, answer, ok := deflate.Accept(offer, options)
//	out := deflate.NewDeflater(params.Server, options)
//	in := deflate.NewInflater(params.Client)
//
// # Memory
//
// Between two messages a Deflater or Inflater keeps the last bytes of its direction, at
// most 1<<Window.Bits, and none without context takeover. An idle connection uses, for
// both directions, 64 KiB with 15 bits, 8 KiB with 12 bits, and 128 bytes without
// context takeover.
//
// The state of a compressor (0.9 MB at level 1, 1.5 MB at level 9) or decompressor
// (38 KiB) is taken from a pool for each call. The garbage collector frees idle ones.
// Calls do not wait for each other, so each concurrent call uses a state. A caller with
// many goroutines should limit concurrent calls of [Deflater.Deflate] and [Prepare],
// and wait before it acquires a lock.
package deflate
