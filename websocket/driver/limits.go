package driver

// SetLimits replaces those options of the connection that are limits: MaxMessage, MaxFragments,
// HighWater, WriteTimeout, CloseTimeout, HalfOpenTimeout, LingerTimeout, MaxLinger and KeepAlive.
// The others, which are modes, stay. A lower limit applies to the message that is being
// received, too. The timers for closing that run end when they would have ended; those of
// WriteTimeout and KeepAlive begin again if their duration has changed. On a frozen connection the rests of the timers are limited to
// the new durations when it is thawed.
func (d *Driver) SetLimits(o Options) {
	next := d.settings().withLimits(o)
	d.mu.Lock()
	defer d.mu.Unlock()
	last := d.opts.Swap(next)
	live := d.state.live()
	if next.KeepAlive != last.KeepAlive && d.handler != nil && live {
		d.disarmKeepAlive()
		d.armKeepAlive()
	}
	if d.parked() || d.state.handover == handoverReleased {
		return // the machine gets its limits when it is needed
	}
	d.m.SetLimits(next.MaxMessage, next.MaxFragments, next.MaxLinger)
	d.noteHigh()
	if next.WriteTimeout != last.WriteTimeout && d.state.writing == writeWaiting && live {
		d.unwatchWriter()
		d.watchWriter()
	}
}

// withLimits returns settings with the limits of o and the modes of s.
func (s *settings) withLimits(o Options) *settings {
	limited := s.Options
	limited.MaxMessage, limited.MaxFragments = o.MaxMessage, o.MaxFragments
	limited.HighWater, limited.MaxLinger = o.HighWater, o.MaxLinger
	limited.WriteTimeout, limited.KeepAlive = o.WriteTimeout, o.KeepAlive
	limited.CloseTimeout, limited.HalfOpenTimeout, limited.LingerTimeout = o.CloseTimeout, o.HalfOpenTimeout, o.LingerTimeout
	if s.machine.Compression != nil { // they are the connection's own
		own := &settings{limited.WithDefaults(), s.machine}
		own.machine.MaxMessage, own.machine.MaxFragments, own.machine.MaxLinger = o.MaxMessage, o.MaxFragments, o.MaxLinger
		return own
	}
	return s.loopGroup().settings.of(limited, s.machine.Role, terms{halfClose: s.machine.HalfCloseNegotiated})
}
