// Package protocol implements RFC 6455 as a state machine without I/O: frames,
// masking, UTF-8, messages and closing, for both roles and with half-open mode. A
// driver connects a [Machine] to a transport: it reads, writes and runs the timers.
//
// # Closing
//
// A connection has two halves, one for each direction. Each half is open (data may
// pass), finished (a Close frame has passed) or gone (the transport has ended in
// this direction).
//
//	     our half (out)                            the peer's half (in)
//
//	         open                                       open
//	Close,     |                                          |     peer's Close:
//	answer,    |  Close frame sent                        |     answer it, or in
//	fail       v                                          v     half-open mode report it
//	       finished                                   finished
//	           |                                          |
//	both       |  server: close for writing immediately   |     peer's EOF: from open
//	finished,  |  client: after the peer's EOF            |     it is 1006, and our
//	or failed  v                                          v     half is gone too
//	         gone                                       gone
//	           \                                         /
//	            `---------------> done <----------------'
//	                       close the transport
//
// The state of RFC 6455 is derived from the halves: OPEN if both are open, CLOSED if
// both are gone, CLOSING otherwise. A connection is ending when neither end has
// anything left to send: both halves are finished, or the connection has failed, or
// the peer's EOF came without a Close. Input is then read and discarded, because
// unread input would make the operating system reset the transport when it is
// closed, and a reset can destroy our Close frame in transit.
//
//	input              our half open                       our half finished
//	-----              -------------                       -----------------
//	Close              send Close, finish                  no effect
//	CloseDiscard       drop queued output, send Close,     drop the output queued
//	                   finish                              before our Close
//	peer's Close       answer with the same, finish        ending
//	  in half-open     report, stay open until Close       ending
//	violation          send Close, finish, discard input,  discard input,
//	                   ending                              ending
//	  deferred         discard input, stay open until      the same
//	                   Fail
//	peer's EOF         close for writing, done             close for writing, done
//	  after a Close    no effect, our half stays open      close for writing, done
//	transport error    done                                done
//	timer              half-open, or after a deferred      abort, done
//	                   violation: close for the
//	                   application; else abort, done
//
// The terminal event, [EventClosed], is returned once its content is certain: both
// Close frames have passed and ours is written, or the connection has failed, or the
// transport has ended. It is the last event. [Machine.Outcome] returns its content.
//
// # The duties of a driver
//
//  1. Guard the machine with one lock. No method blocks. With Config.Compression,
//     Next inflates and the Send methods compress, which takes time in proportion to
//     the message.
//  2. Pass received bytes to Receive, then call Next until it returns false, and
//     handle each event before the next. The payload of an event that is not Owned
//     lies in the received bytes: do not reuse them before that.
//  3. A driver may stop calling Next early, for an application that has paused.
//     Unparsed reports whether input is left; then do not read more, and call Keep
//     before reusing the buffer: the machine copies the input it has not parsed.
//  4. At the end of the peer's direction call ReceiveEOF; when reading or writing
//     fails in another way call Abort with CauseTransport. Then call Next again.
//  5. After every call take Output and write it, in order, one writer at a time.
//     Report the number of written bytes with Wrote. While Last reports true the
//     output that was taken is the last of the connection, and the end of your
//     direction may be sent in the same segment.
//  6. After every call, Wrote and Expire included, check EndDue: if it is true call
//     Next until it has returned the terminal event.
//  7. For CloseDiscard, pass how many bytes of the taken output need not be written:
//     whole frames, of which the transport has no byte. Do not write them.
//  8. After every call compare Timer with the timer that is armed. Leave an equal
//     one running; otherwise stop it and arm the new one. When it fires call Expire,
//     and arm it again if Timer still returns it.
//  9. With Config.DeferFailure, call Fail after EventFailing, once the replies to
//     the messages before it have been sent. Otherwise the close timer does.
//  10. When ShouldCloseWrite reports true, close the transport for writing, once:
//     over TLS send close_notify and then the TCP FIN. Continue to read.
//  11. When Done reports true, close the transport. Until then continue to read, also
//     after the terminal event: unread input would cause a reset that can destroy
//     our Close.
//
// More methods are optional. While AtBoundary reports true the next byte begins
// a frame, so a reader may wait for it without a buffer. While Idle reports true the
// machine is as New returned it: a driver of many connections may use it for another
// connection, and later call Reset on any machine, with the same Config, to resume
// this one. A proxy calls PassClose instead of Close to forward the status of another
// connection; it does not wait for the end of a message whose remaining fragments can
// no longer arrive.
//
// # Moving to another process
//
// AppendState writes the state of a machine as bytes, and Restore continues from them, in
// another process too. It may be called at any moment between two calls. The driver
// passes on what the machine does not have: the descriptor of the transport, the modes
// of Config with the parameters of compression, the output that it has taken and not
// written, and how much time the armed timer has left. An event that Next has returned
// is not part of the state: it must have been handled. The format is versioned and
// described in docs/dev/handover.md of the repository.
package protocol
