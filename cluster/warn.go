package cluster

import (
	"time"

	"github.com/lingerws/linger/internal/loglimit"
)

// warnings limits the log lines about what other nodes and the network do: some of each kind in a minute.
type warnings struct {
	limiter loglimit.Limiter[warningKind]
}

type warningKind uint8

const (
	_ warningKind = iota
	kindFull
	kindResponse
	kindMembers
	kindConnection
	kindServer
	kindStorage
	kindFaults // and the faults after it
)

const (
	warningPeriod = time.Minute
	warningLines  = 3
)

// warn logs a line, unless there were too many of its kind.
func (n *Node) warn(kind warningKind, text string, values ...any) {
	if n.warnings.limiter.Allow(kind, func(suppressed int) { n.logger.Warn(text, append(values, "suppressed", suppressed)...) }) {
		n.logger.Warn(text, values...)
	}
}

// faultTexts are the log lines about what was received and dropped.
var faultTexts = [...]string{
	faultMalformed: "a message of another node was dropped because it is malformed",
	faultOrder:     "a record of another node was dropped because it came twice, or after later ones",
	faultGap:       "a record of another node was dropped because a part of it was lost",
	faultSize:      "a record of another node was dropped because it is too large",
	faultOverrun:   "a record of another node was dropped because too many wait to be delivered",
	faultUnserved:  "", // usual at the end of a subscription
}

// drop counts and logs a record that is not delivered.
func (n *Node) drop(why fault, subject string) {
	switch why {
	case faultNone:
		return
	case faultMalformed:
		n.counts.malformed.Add(1)
	case faultOrder:
		n.counts.disordered.Add(1)
	case faultGap:
		n.counts.incomplete.Add(1)
	case faultSize:
		n.counts.oversized.Add(1)
	case faultOverrun:
		n.counts.overrun.Add(1)
	case faultUnserved:
		n.counts.unserved.Add(1)
	}
	if text := faultTexts[why]; text != "" {
		n.warn(kindFaults+warningKind(why), text, "subject", subject)
	}
}
