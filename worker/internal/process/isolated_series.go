package process

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
)

// series are messages of a connection that are one event: each begins when the listeners to the last one are done, in a turn of its own.
type series struct {
	connection string
	messages   []engine.Value
	begun      int  // the number of messages that have begun
	running    bool // a turn of a message runs
	done       bool // the listeners to the last message that has begun are done
}

// message is the function of the modules for a message.
var message = &exposedFunction{name: "message", ofEvent: true, endsByResult: true}

// beginSeries handles the call messages(event, connection, list).
func (s *isolated) beginSeries(began time.Time, args []engine.Value) {
	event := at(args, 0).Int()
	one := &series{connection: at(args, 1).String(), messages: at(args, 2).List()}
	s.series[event] = one
	if s.advance(began, event, one); one.begun < len(one.messages) {
		one.keep()
	}
}

// keep copies what is part of the frame of the call.
func (m *series) keep() {
	m.connection = strings.Clone(m.connection)
	m.messages = slices.Clone(m.messages)
	for i, payload := range m.messages {
		if payload.Kind() == engine.KindBytes {
			m.messages[i] = engine.Bytes(bytes.Clone(payload.Content()))
		} else {
			m.messages[i] = engine.Text(bytes.Clone(payload.Content()))
		}
	}
}

// advance handles the messages of a series up to the first one whose listeners are not done. At the end the event is done.
func (s *isolated) advance(began time.Time, event int, m *series) {
	for m.done = true; m.done; began = time.Now() {
		if m.begun == len(m.messages) {
			delete(s.series, event)
			s.isolatedConnections.done(event)
			return
		}
		payload := m.messages[m.begun]
		m.begun++
		m.running, m.done = true, false
		s.seriesArgs = append(s.seriesArgs[:0], engine.Int(event), engine.String(m.connection), payload)
		s.run(began, event, modules.Call{Function: message.name, Args: s.seriesArgs, Done: true})
		m.running = false
	}
	s.timers.Set(-event, s.limits.EventTimeout, false)
}

// abandonMessage begins the next message of a series, because the listeners to the last one are not done in time.
func (s *isolated) abandonMessage(event int) {
	if m := s.series[event]; m != nil {
		s.Overdue(event)
		s.advance(time.Now(), event, m)
	}
}

// done ends an event or, if it is a series, a message of it.
func (s *isolated) done(event int) {
	m, ok := s.series[event]
	switch {
	case !ok:
		s.isolatedConnections.done(event)
	case m.running:
		m.done = true
	default:
		s.timers.Clear(-event)
		s.advancing = append(s.advancing, event)
	}
}

// advanceSeries continues the series whose listeners have been done outside of a turn of theirs.
func (s *isolated) advanceSeries() {
	for len(s.advancing) > 0 {
		events := s.advancing
		s.advancing = nil
		for _, event := range events {
			if m := s.series[event]; m != nil {
				s.advance(time.Now(), event, m)
			}
		}
	}
}

// reportSeries reports how many messages of each series have begun.
func (s *isolated) reportSeries() {
	for event, m := range s.series {
		s.call("reached", engine.Int(event), engine.Int(m.begun))
	}
}
