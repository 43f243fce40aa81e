package script

import (
	"net/http"
	"time"

	"github.com/lingerws/linger/worker/internal/storage"
)

// ObjectRef names a Durable Object.
type ObjectRef struct {
	Class string // the name of its class
	ID    string // 64 hexadecimal digits
	Name  string // the name from which the ID was derived; "" if there is none, or if it is not known
}

// Object is a Durable Object as the target of an event. A Runtime constructs it before its first event.
type Object struct {
	Number int // identifies the object until it is evicted
	ObjectRef
}

// ObjectRequest is an HTTP request to an object. It is answered like a [Request].
type ObjectRequest struct {
	Object  Object
	Request Request
}

// ObjectIdle reports that an object has had no event for a time. A Runtime evicts the object with [Calls.Evicted] unless the object
// has work in progress.
type ObjectIdle struct{ Object int }

// ObjectReset makes a Runtime drop an object, whose events in progress fail with an error that has Message. It calls [Calls.Evicted] if it
// has the object.
type ObjectReset struct {
	Object  int
	Message string
}

// ObjectAlarm is the alarm of an object. The Host gets the result with [Calls.Return].
type ObjectAlarm struct {
	Object    Object
	Scheduled time.Time // the time for which the alarm was set
	Retries   int       // the number of times that the alarm was delivered before and failed
}

// ObjectFetch is a request that a script sends to a [Target].
type ObjectFetch struct {
	Method, URL string
	Header      http.Header
	Redirected  bool // the request follows a redirect
}

func (*ObjectRequest) isEvent() {}
func (*ObjectIdle) isEvent()    {}
func (*ObjectReset) isEvent()   {}
func (*ObjectAlarm) isEvent()   {}

// ObjectCalls are the calls about Durable Objects.
type ObjectCalls interface {
	// ObjectID returns the ID of an object of a class as 64 hexadecimal digits: the one derived from a name, a new one, or
	// text itself if it is an ID of the class.
	ObjectID(class string, kind IDKind, text string) (string, error)

	// Return ends the event of a call with what the method has returned or thrown.
	// The error is about its size; then the event has not ended.
	Return(event int, outcome Outcome) error

	// ObjectNames returns the names of the object with a number.
	ObjectNames(object int) ObjectRef

	// HasCaller reports whether what the handler of an event of an object has thrown goes to a caller. The events of WebSockets have none.
	HasCaller(event int) bool

	// Evicted reports that the Runtime has dropped an object: its next event constructs it again.
	Evicted(object int)
}

// IDKind is a way to get the ID of an object.
type IDKind int

// The ways to get an ID.
const (
	NamedID  IDKind = iota // derived from a name
	UniqueID               // a new one
	ParsedID               // from its text
)

// ObjectRequests are calls and requests to other parts of the application. from is the number of the object that sends them, 0 for none.
type ObjectRequests interface {
	// Call calls a method of a target. The answer is a [CallResult] event with the same number.
	Call(number, from int, target Target, call Call) error

	// FetchFrom sends a request to an object or an entry point. The answer is a [Fetched] event with the same number, and
	// CancelFetch cancels it.
	FetchFrom(number, from int, target Target, r *ObjectFetch, body Body) error
}

// StorageCalls give access to the storage of objects.
type StorageCalls interface {
	// UseStorage calls use with the storage of an object. What use writes is durable before anything that the object sends later leaves, unless
	// unconfirmed is true. The error is that of use, or a *[Throw] if the Runtime does not have the object any more.
	UseStorage(object int, unconfirmed bool, use func(*storage.Object) error) error

	// EndTurn commits what objects have written since the last turn of the application. A Runtime that reports MidTurn calls it.
	EndTurn()

	// Sync requests a Synced event when everything that an object has written is durable.
	Sync(number, object int)

	// AlarmChanged reports that an object sets or deletes its alarm.
	AlarmChanged(object int)

	// IsAlarmHandled reports whether an object handles the alarm that is stored, so that for the script no alarm is set.
	IsAlarmHandled(object int) bool
}

// Synced is the answer to a [StorageCalls.Sync].
type Synced struct {
	Number  int
	Failure string // why what was written is lost; "" if it is durable
}

func (*Synced) isEvent() {}
