// Package protocol is RFC 6455 as a state machine without I/O: frames, masking,
// UTF-8, messages and closing, for both roles and for half-open mode. It knows
// bytes, not sockets: a driver reads, writes, keeps time and calls a [Machine].
//
// # Closing
//
// A connection is two halves. Each is open (data may pass), finished (a Close
// frame has passed) or gone (EOF has passed).
//
//	     our half (out)                            their half (in)
//
//	         open                                       open
//	Close,     |                                          |     their Close:
//	answer,    |  a Close frame leaves                    |     answer it, or in
//	fail       v                                          v     half-open mode tell of it
//	       finished                                   finished
//	           |                                          |
//	both       |  server: half-close TCP at once          |     their EOF: from open
//	finished,  |  client: after their EOF                 |     it is 1006, and ours
//	or failed  v                                          v     is gone too
//	         gone                                       gone
//	           \                                         /
//	            `---------------> done <----------------'
//	                       close the transport
//
// The state of RFC 6455 is derived: both open is OPEN, both gone is CLOSED, all
// else is CLOSING. Ending means that nothing is left to say: both halves are
// finished, or the connection failed, or their EOF came without a Close. Input is
// then read and dropped, so that unread bytes never turn the transport's close into
// a reset that destroys our Close frame on its way.
//
//	input              our half open                       our half finished
//	-----              -------------                       -----------------
//	Close              send Close, finish                  nothing
//	CloseDiscard       drop what waits, send Close,        drop what waits
//	                   finish                              before our Close
//	their Close        answer with the same, finish        ending
//	  in half-open     tell, stay open until Close         ending
//	violation          send Close, finish, discard input,  discard input,
//	                   ending                              ending
//	  deferred         discard input, stay open until      the same
//	                   Fail
//	their EOF          half-close ours, done               half-close ours, done
//	  after a Close    nothing: ours stays open            half-close ours, done
//	transport error    done                                done
//	timer              half-open, or after a deferred      cut off, done
//	                   violation: finish for the
//	                   application; else cut off, done
//
// The terminal event, [EventClosed], comes out once its content is certain: both
// Close frames have passed and ours is written, or the connection failed, or the
// transport is gone. Nothing follows it. [Machine.Outcome] has the facts.
//
// # The duties of a driver
//
//  1. Keep the machine behind one lock. No method blocks.
//  2. Hand bytes that arrive to Receive, then call Next until it returns false
//     and handle each event before the next. The payload of an event that is not
//     Owned lies in the bytes that were received: do not reuse them before that.
//  3. At the end of the peer's direction call ReceiveEOF; when reading or writing
//     fails in another way call Abort with CauseTransport. Then Next again.
//  4. After every call take Output and write it, in order, one writer at a time.
//     Report what was written with Wrote, then call Next again: the terminal event
//     may have waited for it.
//  5. For CloseDiscard, tell how much of what was taken need not be written: whole
//     frames, of which the transport has no byte. Do not write them any more.
//  6. After every call compare Timer with the timer that is armed. Leave an equal
//     one running; else stop it and arm the new one. When it fires call Expire,
//     and arm it again if it is still wanted.
//  7. When HalfClose says so, end your direction of the transport once: over TLS
//     send close_notify and then the TCP FIN. Go on reading.
//  8. When Done says so, close the transport. Until then keep reading, also when
//     the terminal event is out: that is what keeps a reset away.
package protocol
