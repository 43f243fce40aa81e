package linger

import "time"

// Opened returns when the connection was accepted, or the zero time without [Options.Stats].
func (s *Socket) Opened() time.Time {
	if s.traffic == nil {
		return time.Time{}
	}
	return s.traffic.began
}

// LastActivity returns when a message last came or went, [Socket.Opened] if none has, or the zero time without [Options.Stats].
func (s *Socket) LastActivity() time.Time {
	if s.traffic == nil {
		return time.Time{}
	}
	return s.traffic.began.Add(time.Duration(s.traffic.last.Load()))
}

// IsHalfOpen reports whether the peer's Close has come, on a connection that was accepted with HalfOpen, and the application has not
// closed yet.
func (s *Socket) IsHalfOpen() bool { return s.isFlagged(flagPeerClosed) && !s.closing.Load() }
