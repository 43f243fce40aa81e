package worker

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/worker/internal/script"
)

// recordKind is what a record of the service objects is about.
type recordKind uint64

// The kinds of records. Their numbers must not change, because nodes may have different versions.
const (
	recordCall          recordKind = iota + 1 // a call of an object
	recordFetch                               // a request to an object
	recordReferenceCall                       // a call of what was passed by reference
	recordResult                              // the outcome of one of these
	recordResponse                            // the response to a request
	recordMoved                               // the receiver does not have the object; nothing was begun
	recordCancel                              // the answer to a request is not needed any more
	recordLong                                // a record that follows as a stream, because it is long
	recordChunk                               // a part of a stream, or its end
	recordCredit                              // the bytes of a stream that may be sent
	recordStreamEnded                         // the rest of a stream is not needed
	recordRelease                             // holders of a reference have ended
	recordCheck                               // the calls and streams that the sender waits for
	recordUnknown                             // those of them that the receiver does not have
	recordLeft                                // the sender has ended; what it has not answered was not begun
)

// The fields of a record.
const (
	recordFieldKind = iota + 1
	recordFieldProcess
	recordFieldSession
	recordFieldReceiver
	recordFieldNumber
	recordFieldClass
	recordFieldID
	recordFieldName
	recordFieldReference
	recordFieldPath
	recordFieldGet
	recordFieldValue
	recordFieldMethod
	recordFieldURL
	recordFieldStatus
	recordFieldHeader
	recordFieldBody
	recordFieldOffer
	recordFieldFailure
	recordFieldThrown
	recordFieldOffset
	recordFieldData
	recordFieldEnd
	recordFieldCount
	recordFieldCalls
	recordFieldStreams
)

// sessionID identifies the state that a node has about another one.
type sessionID struct {
	process uint64 // a random number of the process
	number  uint64 // rises when the process has given up the state
}

// objectRecord is a record of the service objects. Its kind decides which fields are used.
type objectRecord struct {
	kind     recordKind
	sender   sessionID
	receiver uint64 // the process of the receiver; 0 if the sender has received nothing from it
	number   uint64 // of the call or the stream

	object    script.ObjectRef
	reference int // a number of the receiver
	path      []string
	get       bool
	value     recordValue // arguments, or a result or an exception

	method, url string
	status      int
	header      http.Header
	body        recordBody
	offer       []byte
	failure     string
	thrown      bool

	offset uint64 // of data in the stream; of a credit, the end of what may be sent
	data   []byte
	end    bool   // the stream is complete, or has failed if failure is set
	count  uint64 // the holders that have ended

	calls, streams []uint64
}

// recordValue is a value in a record.
type recordValue struct {
	text       string
	plain      bool
	bodies     []recordBody
	references []recordReference
}

// recordBody is a body in a record: its content, or the number of a stream.
type recordBody struct {
	content []byte // nil if there is none
	stream  uint64 // 0 for none
	length  int64  // of the stream in bytes; -1 if it is unknown
}

// recordReference is a reference in a record: a number of the sender or, with home, of the receiver.
type recordReference struct {
	number int
	home   bool
}

const (
	maxRecordList    = 16384   // bounds the entries of each list in a record
	maxRecordFailure = 2000    // bounds the text of a failure, in bytes
	maxRecordNumber  = 1 << 53 // bounds the numbers of references
)

// errRecord is the error of a record that cannot be read.
var errRecord = errors.New("worker: a record of another node is malformed")

// encode returns the record as bytes.
func (r *objectRecord) encode() []byte {
	b := wire.AppendUint(nil, recordFieldKind, uint64(r.kind))
	b = wire.AppendUint(b, recordFieldProcess, r.sender.process)
	b = wire.AppendUint(b, recordFieldSession, r.sender.number)
	b = wire.AppendUint(b, recordFieldReceiver, r.receiver)
	b = wire.AppendUint(b, recordFieldNumber, r.number)
	b = appendText(b, recordFieldClass, r.object.Class)
	b = appendText(b, recordFieldID, r.object.ID)
	b = appendText(b, recordFieldName, r.object.Name)
	b = wire.AppendUint(b, recordFieldReference, uint64(r.reference)) //nolint:gosec // is not negative
	for _, name := range r.path {
		b = wire.AppendString(b, recordFieldPath, name)
	}
	b = wire.AppendBool(b, recordFieldGet, r.get)
	b = wire.AppendRecord(b, recordFieldValue, r.value.append)
	b = r.appendRequest(b)
	b = appendText(b, recordFieldFailure, truncate(r.failure, maxRecordFailure))
	b = wire.AppendBool(b, recordFieldThrown, r.thrown)
	b = wire.AppendUint(b, recordFieldOffset, r.offset)
	b = appendBytes(b, recordFieldData, r.data)
	b = wire.AppendBool(b, recordFieldEnd, r.end)
	b = wire.AppendUint(b, recordFieldCount, r.count)
	for _, number := range r.calls {
		b = wire.AppendUint(b, recordFieldCalls, number)
	}
	for _, number := range r.streams {
		b = wire.AppendUint(b, recordFieldStreams, number)
	}
	return b
}

// appendRequest appends what belongs to requests and responses.
func (r *objectRecord) appendRequest(b []byte) []byte {
	b = appendText(b, recordFieldMethod, r.method)
	b = appendText(b, recordFieldURL, r.url)
	b = wire.AppendUint(b, recordFieldStatus, uint64(r.status)) //nolint:gosec // is not negative
	for name, values := range r.header {
		for _, value := range values {
			b = wire.AppendString(b, recordFieldHeader, name)
			b = wire.AppendString(b, recordFieldHeader, value)
		}
	}
	b = wire.AppendRecord(b, recordFieldBody, r.body.append)
	return appendBytes(b, recordFieldOffer, r.offer)
}

// appendText appends a field unless it is empty.
func appendText(b []byte, field int, text string) []byte {
	if text == "" {
		return b
	}
	return wire.AppendString(b, field, text)
}

// appendBytes appends a field unless it is empty.
func appendBytes(b []byte, field int, data []byte) []byte {
	if len(data) == 0 {
		return b
	}
	return wire.AppendBytes(b, field, data)
}

// parseObjectRecord returns a record, whose texts and bytes are parts of b. A kind that is not known is not an error.
func parseObjectRecord(b []byte) (*objectRecord, error) {
	r := &objectRecord{}
	fields := wire.NewReader(b)
	var names []string // of header fields, and their values
	for field, ok := fields.Next(); ok; field, ok = fields.Next() {
		if field == recordFieldHeader {
			if names = append(names, fields.String()); len(names) > maxRecordList {
				return nil, fmt.Errorf("%w: it has too many header fields", errRecord)
			}
			continue
		}
		if err := r.set(field, fields); err != nil {
			return nil, err
		}
	}
	if fields.Err() != nil || r.kind == 0 || len(names)%2 != 0 || r.kind == recordResponse && r.status < 100 {
		return nil, errRecord
	}
	r.header = make(http.Header, len(names)/2)
	for i := 0; i < len(names); i += 2 {
		r.header[names[i]] = append(r.header[names[i]], names[i+1])
	}
	return r, nil
}

// set sets a field from its value. Fields that are not known are ignored.
func (r *objectRecord) set(field int, v *wire.Reader) error {
	switch field {
	case recordFieldKind:
		r.kind = recordKind(v.Uint())
	case recordFieldProcess:
		r.sender.process = v.Uint()
	case recordFieldSession:
		r.sender.number = v.Uint()
	case recordFieldReceiver:
		r.receiver = v.Uint()
	case recordFieldNumber:
		r.number = v.Uint()
	case recordFieldOffset:
		r.offset = v.Uint()
	case recordFieldData:
		r.data = v.Bytes()
	case recordFieldEnd:
		r.end = v.Bool()
	case recordFieldCount:
		r.count = v.Uint()
	case recordFieldCalls:
		return appendNumber(&r.calls, v.Uint())
	case recordFieldStreams:
		return appendNumber(&r.streams, v.Uint())
	case recordFieldFailure:
		r.failure = truncate(v.String(), maxRecordFailure)
	case recordFieldThrown:
		r.thrown = v.Bool()
	default:
		return r.setCall(field, v)
	}
	return nil
}

// setCall is set for the fields of calls, requests and their answers.
func (r *objectRecord) setCall(field int, v *wire.Reader) error {
	switch field {
	case recordFieldClass:
		r.object.Class = v.String()
	case recordFieldID:
		r.object.ID = v.String()
	case recordFieldName:
		r.object.Name = v.String()
	case recordFieldReference:
		if v.Uint() > maxRecordNumber {
			return errRecord
		}
		r.reference = int(v.Uint()) //nolint:gosec // is bounded
	case recordFieldPath:
		if r.path = append(r.path, v.String()); len(r.path) > maxRecordList {
			return fmt.Errorf("%w: its path is too long", errRecord)
		}
	case recordFieldGet:
		r.get = v.Bool()
	case recordFieldValue:
		return r.value.parse(v.Bytes())
	default:
		return r.setRequest(field, v)
	}
	return nil
}

// setRequest is set for the fields of requests and their responses.
func (r *objectRecord) setRequest(field int, v *wire.Reader) error {
	switch field {
	case recordFieldMethod:
		r.method = v.String()
	case recordFieldURL:
		r.url = v.String()
	case recordFieldStatus:
		if v.Uint() > 999 {
			return fmt.Errorf("%w: its status is larger than 999", errRecord)
		}
		r.status = int(v.Uint()) //nolint:gosec // is bounded
	case recordFieldBody:
		return r.body.parse(v.Bytes())
	case recordFieldOffer:
		r.offer = v.Bytes()
	}
	return nil
}

// appendNumber appends a number to a list of bounded length.
func appendNumber(list *[]uint64, number uint64) error {
	if len(*list) >= maxRecordList {
		return fmt.Errorf("%w: a list in it is too long", errRecord)
	}
	*list = append(*list, number)
	return nil
}

// The fields of a value and of a body in a record.
const (
	valueFieldText = iota + 1
	valueFieldPlain
	valueFieldBody
	valueFieldReference     // a number of the sender
	valueFieldHomeReference // a number of the receiver

	bodyFieldContent = 1
	bodyFieldStream  = 2
	bodyFieldLength  = 3
)

func (v *recordValue) append(b []byte) []byte {
	b = appendText(b, valueFieldText, v.text)
	b = wire.AppendBool(b, valueFieldPlain, v.plain)
	for i := range v.bodies {
		b = wire.AppendRecord(b, valueFieldBody, v.bodies[i].append)
	}
	for _, reference := range v.references {
		field := valueFieldReference
		if reference.home {
			field = valueFieldHomeReference
		}
		b = wire.AppendUint(b, field, uint64(reference.number)) //nolint:gosec // is not negative
	}
	return b
}

func (v *recordValue) parse(b []byte) error {
	fields := wire.NewReader(b)
	for field, ok := fields.Next(); ok; field, ok = fields.Next() {
		switch field {
		case valueFieldText:
			v.text = fields.String()
		case valueFieldPlain:
			v.plain = fields.Bool()
		case valueFieldBody:
			var body recordBody
			if err := body.parse(fields.Bytes()); err != nil {
				return err
			}
			if v.bodies = append(v.bodies, body); len(v.bodies) > maxRecordList {
				return fmt.Errorf("%w: its value has too many bodies", errRecord)
			}
		case valueFieldReference, valueFieldHomeReference:
			if fields.Uint() > maxRecordNumber || len(v.references) >= maxRecordList {
				return fmt.Errorf("%w: its value has too many references", errRecord)
			}
			number := int(fields.Uint()) //nolint:gosec // is bounded
			v.references = append(v.references, recordReference{number, field == valueFieldHomeReference})
		}
	}
	if fields.Err() != nil {
		return errRecord
	}
	return nil
}

func (v *recordBody) append(b []byte) []byte {
	if v.stream == 0 {
		if v.content == nil {
			return b
		}
		return wire.AppendBytes(b, bodyFieldContent, v.content)
	}
	b = wire.AppendUint(b, bodyFieldStream, v.stream)
	return wire.AppendInt(b, bodyFieldLength, v.length)
}

func (v *recordBody) parse(b []byte) error {
	fields := wire.NewReader(b)
	for field, ok := fields.Next(); ok; field, ok = fields.Next() {
		switch field {
		case bodyFieldContent:
			v.content = fields.Bytes()
		case bodyFieldStream:
			v.stream = fields.Uint()
		case bodyFieldLength:
			v.length = fields.Int()
		}
	}
	if fields.Err() != nil || v.length < -1 {
		return errRecord
	}
	return nil
}
