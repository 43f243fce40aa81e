package cluster

import "github.com/lingerws/linger/internal/wire"

// beat is the heartbeat of a process, which it sends once a second and when its state changes.
type beat struct {
	from    address
	kind    beatKind
	term    uint64 // one more than that of the process that this one replaces
	serving bool   // it serves the services of its node
	replace bool   // it replaces the process that has the same name
	joined  bool   // Join has returned
	version string // of the program
}

type beatKind uint8

const (
	beatAlive beatKind = iota
	beatHello          // the process has come, and asks the others to send a beat
	beatLeave          // the process leaves
)

// maxVersion bounds the version of a program, and maxBeat the record of a beat, in bytes.
const (
	maxVersion = 100
	maxBeat    = 512
)

func (b beat) record() []byte {
	r := wire.AppendUint(nil, 1, uint64(b.kind))
	r = wire.AppendString(r, 2, b.from.node)
	r = wire.AppendUint(r, 3, b.from.incarnation)
	r = wire.AppendUint(r, 4, b.term)
	r = wire.AppendBool(r, 5, b.serving)
	r = wire.AppendBool(r, 6, b.replace)
	r = wire.AppendBool(r, 7, b.joined)
	return wire.AppendString(r, 8, b.version)
}

// parseBeat parses what another node has sent.
func parseBeat(record []byte) (b beat, ok bool) {
	if len(record) > maxBeat {
		return beat{}, false
	}
	r := wire.NewReader(record)
	for field, more := r.Next(); more; field, more = r.Next() {
		switch field {
		case 1:
			if r.Uint() > uint64(beatLeave) {
				return beat{}, false
			}
			b.kind = beatKind(r.Uint())
		case 2:
			b.from.node = r.String()
		case 3:
			b.from.incarnation = r.Uint()
		case 4:
			b.term = r.Uint()
		case 5:
			b.serving = r.Bool()
		case 6:
			b.replace = r.Bool()
		case 7:
			b.joined = r.Bool()
		case 8:
			b.version = r.String()
		}
	}
	valid := r.Err() == nil && checkNode(b.from.node) && b.from.incarnation != 0 && len(b.version) <= maxVersion
	return b, valid
}
