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
//  1. Keep the machine behind one lock. No method waits for anything. With
//     Config.Compression, Next inflates and the Send methods compress, which takes
//     time in proportion to the message.
//  2. Hand bytes that arrive to Receive, then call Next until it returns false
//     and handle each event before the next. The payload of an event that is not
//     Owned lies in the bytes that were received: do not reuse them before that.
//  3. A driver may stop calling Next early, for an application that has paused.
//     Unparsed reports whether input is left; then do not read more, and call Keep
//     before reusing the buffer: the machine copies what it has not looked at.
//  4. At the end of the peer's direction call ReceiveEOF; when reading or writing
//     fails in another way call Abort with CauseTransport. Then Next again.
//  5. After every call take Output and write it, in order, one writer at a time.
//     Report what was written with Wrote. While Last reports true the output that
//     was taken is the last of the connection, and the end of your direction may
//     leave in the same segment.
//  6. After every call, Wrote and Expire among them, look at EndDue: if it is true
//     call Next until it has returned the terminal event.
//  7. For CloseDiscard, pass how much of what was taken need not be written: whole
//     frames, of which the transport has no byte. Do not write them any more.
//  8. After every call compare Timer with the timer that is armed. Leave an equal
//     one running; else stop it and arm the new one. When it fires call Expire,
//     and arm it again if it is still wanted.
//  9. With Config.DeferFailure, call Fail after EventFailing, once the replies to
//     the messages before it have been sent. The close timer calls it otherwise.
//  10. When ShouldCloseWrite reports true, end your direction of the transport once:
//     over TLS send close_notify and then the TCP FIN. Go on reading.
//  11. When Done reports true, close the transport. Until then keep reading, also
//     after the terminal event: unread input would become a reset that destroys our
//     Close.
//
// Three more are for drivers that need them. While AtBoundary reports true the next
// byte begins a frame, so a reader may wait for it without a buffer. While Idle
// reports true the machine is as New returned it: a driver of many connections may
// use it for another connection, and later call Reset on any machine, with the same
// Config, to go on. A proxy calls PassClose instead of Close to forward the status of
// another connection; it does not wait for the end of a message, whose rest cannot
// come any more.
package protocol
