// Package latch lets goroutines wait for the next change of a state that a mutex guards.
package latch

// A Latch announces changes of a state. The zero value is ready to use. It has no channel while no goroutine waits.
//
// The mutex that guards the state must be held when a method is called. A goroutine that waits for a state calls Next
// with the mutex held, unlocks the mutex, and receives from the channel.
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

// Released is a closed channel. Functions return it instead of the channel of Next if there is nothing to wait for.
var Released = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
