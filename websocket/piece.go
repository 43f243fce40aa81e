package websocket

// piece is part of a message.
type piece struct {
	op   MessageType
	data []byte
	last bool // the message ends with it
}

// pieces is a queue.
type pieces struct {
	items []piece
	head  int // of items, those before it are taken
}

// keptPieces is how long the array of an empty queue may be to be kept: enough for
// messages that come one by one, nothing to speak of in an idle connection.
const keptPieces = 8

func (q *pieces) empty() bool { return q.head == len(q.items) }

func (q *pieces) push(p piece) {
	if len(q.items) == cap(q.items) && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, p)
}

// pop takes the first piece; the queue must not be empty.
func (q *pieces) pop() piece {
	p := q.items[q.head]
	q.items[q.head] = piece{}
	q.head++
	if q.empty() {
		q.head = 0
		q.items = q.items[:0]
		if cap(q.items) > keptPieces {
			q.items = nil
		}
	}
	return p
}
