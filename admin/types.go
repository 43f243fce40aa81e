package admin

import "time"

// Status describes the server: GET /v1/status.
type Status struct {
	Version     string       `json:"version"` // of Linger
	Node        string       `json:"node"`    // the name of the server, with which the ids of its connections begin; "" for a proxy
	Runtime     string       `json:"runtime"` // what runs the application, such as "embedded" or "node"; "" for an application in Go
	App         string       `json:"app"`     // the path of the application's module; "" for an application in Go
	PID         int          `json:"pid"`
	Started     time.Time    `json:"started"`
	State       string       `json:"state"`   // "ready", "draining" or "unready"
	Reasons     []string     `json:"reasons"` // why the server is not ready; empty if it is
	Connections int          `json:"connections"`
	Generation  int          `json:"generation"` // the version of the application's code, from 1; 0 for an application in Go
	Drain       *DrainStatus `json:"drain"`      // null if there has been no drain
}

// Connection is a connection in a list. Durations are in seconds.
type Connection struct {
	ID        string  `json:"id"`
	URL       string  `json:"url"`     // the path; with the query only if Options.ShowQueries is set
	Address   string  `json:"address"` // of the client, as in Socket.RemoteAddr
	State     string  `json:"state"`   // "open", "halfOpen", "closing" or "closed"
	Protocol  string  `json:"protocol"`
	Age       float64 `json:"age"`
	Idle      float64 `json:"idle"`      // since a message last came or went
	RoundTrip float64 `json:"roundTrip"` // of the last keep-alive ping; 0 before the first
	Buffered  int     `json:"buffered"`  // bytes in the send queue
	Queued    int     `json:"queued"`    // messages that wait for the application
	Received  Traffic `json:"received"`
	Sent      Traffic `json:"sent"`
	Channels  int     `json:"channels"` // the number of subscriptions
}

// Traffic counts messages and the bytes of their payloads, without compression.
type Traffic struct {
	Messages int64 `json:"messages"`
	Bytes    int64 `json:"bytes"`
}

// ConnectionDetails is a connection with all that is recorded about it: GET /@connections/{id}. The first three fields are those
// of API Gateway.
type ConnectionDetails struct {
	ConnectedAt  time.Time `json:"connectedAt"`
	LastActiveAt time.Time `json:"lastActiveAt"`
	Identity     Identity  `json:"identity"`
	Connection
	Host         string          `json:"host"`
	Origin       string          `json:"origin"` // "" if the client is not a browser
	ChannelNames []string        `json:"channelNames"`
	Recent       []RecentMessage `json:"recent"` // the last 16 messages, oldest first
}

// Identity is who a client is.
type Identity struct {
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// RecentMessage is a message without its payload.
type RecentMessage struct {
	Time time.Time `json:"time"`
	Sent bool      `json:"sent"` // by the server
	Kind string    `json:"kind"` // "text" or "binary"
	Size int       `json:"size"` // bytes
}

// Worker is the status of a worker of the application. The counters count since the application was loaded.
type Worker struct {
	Worker       int     `json:"worker"` // its number, from 0
	State        string  `json:"state"`  // "running", "asleep" or "backing off"
	Reason       string  `json:"reason"` // what keeps it from sleeping, or why it backs off; "" if neither
	Generation   int     `json:"generation"`
	Process      int     `json:"process"` // the id of its child process; 0 if it has none
	Connections  int     `json:"connections"`
	Objects      int     `json:"objects"` // Durable Objects in memory
	Queued       int     `json:"queued"`  // events that wait for the worker
	Waited       float64 `json:"waited"`  // seconds that the first of them has waited
	Events       uint64  `json:"events"`
	Failures     uint64  `json:"failures"` // of its engines, each of which was replaced
	Sleeps       uint64  `json:"sleeps"`
	Wakes        uint64  `json:"wakes"` // constructions of Durable Objects
	DroppedPosts uint64  `json:"droppedPosts"`
}

// Entry is an entry of the timeline. Repetitions of an entry are counted instead of listed.
type Entry struct {
	Time       time.Time `json:"time"`       // of the first
	Last       time.Time `json:"last"`       // of the last repetition
	Count      int       `json:"count"`      // 1 without repetitions
	Kind       string    `json:"kind"`       // "start", "reload", "replacement", "failure", "drain" or "upgrade"
	OK         bool      `json:"ok"`         // false for a reload or an upgrade that failed, a replacement and a failure
	Text       string    `json:"text"`       // one or more lines
	Reason     string    `json:"reason"`     // of a replacement: "memory", "timeout", "exit", "crash" or "load"
	At         string    `json:"at"`         // of a failure: file:line:column in the sources; "" if it is not known
	Event      string    `json:"event"`      // of a failure: the kind of the event; "" outside of events
	Connection string    `json:"connection"` // of a failure: the id of the last connection; "" if there is none
	Worker     int       `json:"worker"`     // of a replacement or failure: the number of the worker; otherwise -1
	Generation int       `json:"generation"` // of a reload: the new generation; otherwise 0
	Took       float64   `json:"took"`       // of a reload: seconds
}

// Event is what /v1/tail sends: something that has happened, as one JSON object in one message. Fields that do not apply to the
// kind of event are omitted.
type Event struct {
	Time time.Time `json:"time"`

	// Event is "opened", "message" (from the client), "sent" (to it), "slow", "closed", "refused", "failure", "reload",
	// "replacement", "drain", "upgrade", or "dropped": as many events as Count were left out, because the reader or its rate was too slow.
	Event string `json:"event"`

	Connection string `json:"connection,omitempty"`
	URL        string `json:"url,omitempty"`
	Address    string `json:"address,omitempty"`

	Kind      string  `json:"kind,omitempty"` // of a message: "text" or "binary"
	Size      *int    `json:"size,omitempty"` // of a message: bytes
	Text      *string `json:"text,omitempty"` // the payload of a text message, with payloads=true
	Data      []byte  `json:"data,omitempty"` // the payload of a binary message in base64, with payloads=true
	Truncated bool    `json:"truncated,omitempty"`

	Close  *CloseInfo `json:"close,omitempty"`  // of "closed"
	Status int        `json:"status,omitempty"` // of "refused": of the response
	Reason string     `json:"reason,omitempty"` // of "refused", such as "origin"; of "slow", the policy
	Entry  *Entry     `json:"entry,omitempty"`  // of "failure", "reload", "replacement", "drain" and "upgrade"
	Count  int64      `json:"count,omitempty"`  // of "dropped"
}

// CloseInfo describes how a connection ended.
type CloseInfo struct {
	Code      int     `json:"code"`   // of the first Close frame; 1005 if that was empty, 1006 if there was none
	Reason    string  `json:"reason"` // of the first Close frame
	Initiator string  `json:"initiator"`
	Cause     string  `json:"cause"`
	Clean     bool    `json:"clean"`           // both Close frames have passed
	Received  int     `json:"received"`        // the code of the client's Close; 1006 if there was none
	Sent      int     `json:"sent"`            // the code of our Close; 1006 if there was none
	Error     string  `json:"error,omitempty"` // the violation, or the error of the transport
	Age       float64 `json:"age"`             // seconds
}
