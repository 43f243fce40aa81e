package script

// Value is a value that a call passes from one script to another.
type Value struct {
	Text  string // the serialized value, as JSON
	Plain bool   // Text is the JSON of the value itself, not of a tree that represents it
	// Bodies are the bytes and streams in the value, to which Text refers by their indexes. Those that a script gets have
	// Content or Received.
	Bodies []Body
	// References are the numbers of the references in the value, to which Text refers by their indexes.
	References []int
}

// Size returns the approximate number of bytes of a value without its streams.
func (v *Value) Size() int {
	size := len(v.Text)
	for _, b := range v.Bodies {
		size += len(b.Content)
	}
	return size
}

// Call is a call of a method, or the reading of a property, of a target.
type Call struct {
	Path []string // the names of the properties that lead from the target to the function; empty if the target is called
	Get  bool     // the property is read instead of called
	Args Value    // the arguments, as an array; the zero Value with Get
}

// Target is the receiver of a call or a request. One of its fields is set.
type Target struct {
	Object     *ObjectRef
	Entrypoint *Entrypoint
	Reference  int // a number of [References]
}

// Entrypoint names an export of the application that handles calls and requests.
type Entrypoint struct {
	Name  string // the name of the export
	Props string // the props of its context, as a serialized value
}

// ObjectCall is a call of an object. The Host gets the result with [ObjectCalls.Return].
type ObjectCall struct {
	Object Object
	Call   Call
}

// EntrypointCall is a call of an entry point. The Host gets the result with [ObjectCalls.Return].
type EntrypointCall struct {
	Entrypoint Entrypoint
	Call       Call
}

// EntrypointRequest is an HTTP request to an entry point. It is answered like a [Request].
type EntrypointRequest struct {
	Entrypoint Entrypoint
	Request    Request
}

// ReferenceCall is a call of what the Runtime has passed by reference. The Host gets the result with [ObjectCalls.Return].
type ReferenceCall struct {
	Reference int
	Call      Call
}

// ReferenceReleased reports that no other script holds a reference any more.
type ReferenceReleased struct{ Reference int }

// CallResult is the answer to a [ObjectRequests.Call].
type CallResult struct {
	Number  int // the number that the script has given to the call
	Outcome Outcome
}

// Outcome is what a call has returned or thrown.
type Outcome struct {
	Value  Value // the result or, with Thrown, the exception
	Thrown bool
	// Failure is why there is neither: the object or its worker was replaced before the call was complete. "" for nothing.
	Failure string
	Flags   []string // the names of the properties that are true of the error for Failure
}

func (*ObjectCall) isEvent()        {}
func (*EntrypointCall) isEvent()    {}
func (*EntrypointRequest) isEvent() {}
func (*ReferenceCall) isEvent()     {}
func (*ReferenceReleased) isEvent() {}
func (*CallResult) isEvent()        {}

// References are the calls about references: functions and other objects that one script passes to another, which calls them where they are.
type References interface {
	// NewReference returns the number of a new reference to something of this script that belongs to an object, 0 for none. The
	// error means that there are too many.
	NewReference(object int) (int, error)

	// HoldReference adds a holder to a reference, and ReleaseReference removes one. When there is none, the script of the reference gets
	// a ReferenceReleased event.
	HoldReference(number int)
	ReleaseReference(number int)

	// DropReference ends a reference to something of this script. Calls of it fail from now on.
	DropReference(number int)
}
