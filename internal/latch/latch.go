// Package latch lets goroutines wait for the next change of a state that a mutex guards.
package latch

// A Latch announces changes of a state. The zero value is ready to use, and holds no channel while nothing waits.
//
// The mutex of the state guards its latch too: it is held when a method is called. A goroutine that finds, under the
// mutex, that the state is not yet what it needs calls Next, unlocks, and waits for the channel.
type Latch struct {
	next chan struct{} // nil unless a goroutine has called Next since the last Release
}

// Next returns a channel that the next call of Release closes.
func (l *Latch) Next() <-chan struct{} {
	if l.next == nil {
		l.next = make(chan struct{})
	}
	return l.next
}

// Release closes the channels that Next has returned.
func (l *Latch) Release() {
	if l.next != nil {
		close(l.next)
		l.next = nil
	}
}

// Released is a closed channel, to be returned in place of that of Next where nothing is left to wait for.
var Released = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
